"""Small training runs for tests, here or, as a script, on several logical devices or as one worker of several.

python -m tests.training.runs LAYOUT OUTPUT.npz CASE... trains each case and writes the weights and scores that result.
LAYOUT is the number of devices, or INDEX@HOST:PORT,HOST:PORT for one worker of several. CASE=FOLDER trains in that
folder, which workers may share, and continues the run that is in it; evaluation-BATCHING-SIZE only evaluates.
"""

import dataclasses
import io
import sys
import tempfile
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.batches.batch import Batching
from bert_tf.data.table import TokenTable, table_of
from bert_tf.errors import InputError
from bert_tf.evaluation.evaluate import Evaluator, evaluate
from bert_tf.host.workers import wait_for_workers, worker_index
from bert_tf.tasks.known.demo import DEMO
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import LOGITS
from bert_tf.tasks.objectives.one_label import OneLabelObjective
from bert_tf.tasks.task import Task
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.training.devices.cluster import Cluster
from bert_tf.training.devices.strategy import make_strategy
from bert_tf.training.loop import TrainingJob, TrainingRun
from bert_tf.training.plan import make_plan
from bert_tf.training.progress import Progress
from bert_tf.training.step import TrainStep
from tests.tasks.kinds import made

ENCODER = EncoderConfig(
    vocab_size=60,  # Of which the examples hold 49.
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=24,
    max_position_embeddings=16,
    type_vocab_size=2,
    initializer_range=0.2,
)
# Batch size, accumulation steps and precision; 5 examples on 2 devices are 3 and 2.
CASES = {
    "even": {"train_batch_size": 8},
    "uneven": {"train_batch_size": 5},
    "even-accumulated": {"train_batch_size": 8, "gradient_accumulation_steps": 2},
    "uneven-accumulated": {"train_batch_size": 7, "gradient_accumulation_steps": 3},
    "padded": {"train_batch_size": 5, "batching": "padded"},
    "padded-accumulated": {"train_batch_size": 8, "batching": "padded", "gradient_accumulation_steps": 3},
    "packed": {"train_batch_size": 7, "batching": "packed"},
    "packed-accumulated": {"train_batch_size": 7, "batching": "packed", "gradient_accumulation_steps": 3},
}
LEAVING_OUT = ("skip", "rollback")  # Cases too.
KINDS = ("tags", "chain", "spans", "choices")  # `chain`: tags that are learnt together. With these options:
KIND_CASES = {
    f"{kind}-{name}": {"train_batch_size": 5, **options}
    for kind in KINDS
    for name, options in {
        "bucketed": {},
        "accumulated": {"gradient_accumulation_steps": 3},
        "packed": {"batching": "packed"},
        "packed-accumulated": {"batching": "packed", "gradient_accumulation_steps": 3},
    }.items()
}
STEPS = 20
# Of the cases: twenty times what BERT is fine-tuned with, and moderate for a new model this small. Adam divides by
# the size of a gradient, so that what rounding does to a small one becomes that part of the rate in each step.
LEARNING_RATE = 1e-3
RARE_WORD = 49


def make_table(examples: int = 90) -> TokenTable:
    """Random rows of 3 to 16 pieces, whose label is whether the second piece is odd."""
    rng = np.random.default_rng(4)
    lengths = rng.integers(3, 17, examples)
    ids = rng.integers(1, 50, lengths.sum()).astype(np.int32)
    row_splits = np.concatenate([[0], np.cumsum(lengths)])
    return table_of(ids, np.zeros_like(ids), row_splits, (ids[row_splits[:-1] + 1] % 2).astype(np.int32))


def make_task(name: str) -> tuple[Task, TokenTable]:
    """One of `KINDS`, and its data set."""
    task, table, _ = made("tags" if name == "chain" else name, crf=name == "chain")
    return task, table


def make_job(
    strategy=None,
    *,
    dropout: float = 0.0,
    layers: int = 1,
    task: Task = DEMO,
    table: TokenTable | None = None,
    evaluate=None,
    **options,
) -> TrainingJob:
    """A run of 20 steps with clipping that is active, on new weights."""
    table = table or make_table()
    count = len(table) if table.whole_examples is None else table.example_count
    batch_size = options.setdefault("train_batch_size", 8)
    options.setdefault("num_train_epochs", STEPS * batch_size / count + 1e-9)
    base = {
        "max_seq_length": 16,
        "learning_rate": 1e-2,
        "clip_norm": 0.5,
        "log_every": 5,
        "seed": 3,
        "precision": "float32",
    }
    config = replace(RunConfig(), **{**base, **options})
    strategy = strategy or make_strategy(config.device)
    rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    encoder = dataclasses.replace(ENCODER, num_hidden_layers=layers, **rates)
    with strategy.scope():
        model = build_model(task, encoder, config.device.precision, recomputes=config.device.remat)
    start_weights(model, None, seed=config.train.seed, new_head=False)
    ids = [f"row-{index}" for index in range(len(table))]
    plan = make_plan(table.lengths, config, strategy.num_replicas_in_sync, table.whole_examples)
    metric = "accuracy" if "accuracy" in task.metrics else task.metrics[0]
    return TrainingJob(model, objective_for(task.answers), table, ids, plan, config, strategy, evaluate, metric)


def make_job_with_a_rare_word(strategy=None, **options) -> TrainingJob:
    """A job of whose words one has an embedding that is no number; a single example has it, the last but one."""
    table = make_table()
    ids = table.columns[features.INPUT_IDS].values
    ids[ids == RARE_WORD] = RARE_WORD - 1
    ids[table.row_splits[88] + 2] = RARE_WORD
    job = make_job(strategy, table=table, **{"dropout": 0.1, "log_every": 1, **options})
    embeddings = job.model.encoder.embeddings.word_embeddings
    embeddings.assign(np.where(np.arange(ENCODER.vocab_size)[:, np.newaxis] == RARE_WORD, np.nan, embeddings.numpy()))
    return job


@dataclasses.dataclass(frozen=True)
class DisturbedObjective(OneLabelObjective):
    """The objective of the demonstration, to whose losses something is added that logits [B, 2] give."""

    added: Callable[[tf.Tensor], tf.Tensor] = tf.zeros_like

    def example_losses(self, logits, targets):
        return super().example_losses(logits, targets) + self.added(logits)


def add_to_losses(step: TrainStep, added: Callable[[tf.Tensor], tf.Tensor]) -> None:
    """Makes the losses of a step others from now on."""
    object.__setattr__(step, "objective", DisturbedObjective(step.objective.space, added=added))


def weights_of(job: TrainingJob) -> dict[str, np.ndarray]:
    """The weights of a job's model by name."""
    return {variable.path: variable.numpy() for variable in job.model.variables}


def train_case(strategy, case: str, folder: str) -> dict[str, np.ndarray]:
    """Trains a case, or continues it; returns the weights and, as `scores/...`, what an evaluation says of them."""
    name = case.removesuffix("-again").removeprefix("dropout-")
    dropout = 0.1 if case.startswith("dropout-") else 0.0
    task, table = make_task(name.partition("-")[0]) if name in KIND_CASES else (DEMO, make_table())
    options = {**CASES, **KIND_CASES}[name]
    job = make_job(strategy, dropout=dropout, task=task, table=table, learning_rate=LEARNING_RATE, **options)
    run = TrainingRun(job, folder)
    print(*run.notes, file=sys.stderr)
    run.train(Progress(STEPS, run.step, io.StringIO()))
    return {**weights_of(job), **_scores(job, 13, job.config.data.batching, task)}


def _scores(job: TrainingJob, batch_size: int, batching: str, task: Task = DEMO) -> dict[str, np.ndarray]:
    evaluator = Evaluator(
        job.model,
        job.objective,
        job.table,
        job.strategy,
        batch_size=batch_size,
        max_length=16,
        batching=Batching(batching),
    )
    outputs = evaluator.run()
    scores = evaluate(outputs, job.table, task)
    return {LOGITS: outputs.columns[LOGITS]} | {f"scores/{name}": np.asarray(value) for name, value in scores.items()}


def _evaluate(strategy, case: str) -> dict[str, np.ndarray]:
    """What weights that were never trained say, in batches of one kind and size."""
    _, batching, size = case.split("-")
    return _scores(make_job(strategy), int(size), batching)


def _leave_out(strategy, on_nan: str, folder: str) -> dict[str, np.ndarray]:
    """The weights of a run some of whose steps can't be done: they are skipped, or it goes back."""
    job = make_job_with_a_rare_word(
        strategy, dropout=0.0, on_nan=on_nan, save_checkpoints_steps=3, learning_rate=LEARNING_RATE
    )
    TrainingRun(job, folder).train(Progress(STEPS, 0, io.StringIO()))
    return weights_of(job)


def _act(strategy, case: str, folder: str) -> dict[str, np.ndarray]:
    if case.startswith("evaluation-"):
        return _evaluate(strategy, case)
    return (_leave_out if case in LEAVING_OUT else train_case)(strategy, case, folder)


def _disagreement(strategy) -> str:
    """What workers are told that begin with other weights: one line, the same on all of them."""
    job = make_job(strategy)
    job.model.head.output_bias.assign([float(worker_index(strategy)), 0.0])
    with tempfile.TemporaryDirectory() as folder:
        try:
            TrainingRun(job, folder)
        except InputError as error:
            return str(error)
    return ""


def _main(layout: str, output: str, *cases: str) -> None:
    index, _, hosts = layout.partition("@")
    cluster = Cluster(tuple(hosts.split(",")), int(index)) if hosts else None
    device = replace(RunConfig(), num_cpu_devices=0 if hosts else int(layout), worker_timeout=120).device
    strategy = make_strategy(device, cluster)
    assert strategy.num_replicas_in_sync == (len(cluster.hosts) if cluster else int(layout))
    results = {}
    for case, _, begun in (entry.partition("=") for entry in cases):
        found = _act(strategy, case, begun or f"{output}-{case}")
        results |= {f"{case}:{name}": value for name, value in found.items()}
    np.savez(output, **results, disagreement=_disagreement(strategy))
    wait_for_workers(strategy)


if __name__ == "__main__":
    _main(*sys.argv[1:])
