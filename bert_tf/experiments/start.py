"""`bert-tf classifier`, which is `run_classifier.py`: train, evaluate, predict, export."""

from bert_tf.experiments.folds import cross_validate
from bert_tf.experiments.seeds import run_seeds
from bert_tf.host import console
from bert_tf.host.workers import count_workers, worker_index
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.runs.run import run_once
from bert_tf.training.devices.membership import watching
from bert_tf.training.devices.strategy import make_strategy


def run(inputs: ClassifierInputs) -> int:
    """Does what the config says: one run, one a fold, or one a seed."""
    strategy = make_strategy(inputs.config.device, inputs.cluster)  # Before TensorFlow does anything else.
    console.set_worker(worker_index(strategy), count_workers(strategy))
    with watching(strategy, inputs.cluster):
        if inputs.config.own_data.k_folds:
            return cross_validate(inputs, lambda fold: run_once(fold, strategy))
        if inputs.config.train.num_seeds > 1:
            return run_seeds(inputs, lambda part: run_once(part, strategy))
        return run_once(inputs, strategy)
