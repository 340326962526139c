"""A run whose input never comes, to be started as a process: it has to be ended from outside of the main thread.

python -m tests.training.stalled FOLDER
"""

import sys

import tensorflow as tf

from bert_tf.host import process
from bert_tf.training.journal import Journal
from bert_tf.training.loop import TrainingRun
from bert_tf.training.progress import Progress
from tests.training.runs import STEPS, make_job
from tests.training.test_trainer import slow_dataset


def _main(folder: str) -> None:
    job = make_job(stall_seconds=0.5, save_checkpoints_steps=1, log_every=1)
    run = TrainingRun(job, folder, Journal(f"{folder}/events.jsonl"))
    run._trainer.train(tf.constant(1))  # Tracing takes much longer than a step.
    run._save()
    run._trainer.train_dataset = slow_dataset(job, seconds=3600)
    with process.owned():  # As a command does: a guest would only warn.
        run.train(Progress(STEPS, 1))


if __name__ == "__main__":
    _main(*sys.argv[1:])
