"""Small training runs for tests, in this process or, as a script, in one with several logical devices.

python -m tests.training.runs DEVICES OUTPUT.npz CASE... trains each case and writes the weights that result.
CASE=FOLDER goes on with the run in that folder.
"""

import dataclasses
import sys

import numpy as np
import tensorflow as tf

from bert_tf.config import RunConfig, replace
from bert_tf.data.tokens import TokenTable
from bert_tf.encoder_config import EncoderConfig
from bert_tf.tasks.demo import DEMO
from bert_tf.tasks.modelling import build_model, start_weights
from bert_tf.tasks.objective import OBJECTIVES
from bert_tf.training.loop import TrainingJob
from bert_tf.training.plan import make_plan
from bert_tf.training.strategy import make_strategy

ENCODER = EncoderConfig(
    vocab_size=50,
    hidden_size=16,
    num_hidden_layers=2,
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
    "packed": {"train_batch_size": 7, "batching": "packed"},
    "packed-accumulated": {"train_batch_size": 7, "batching": "packed", "gradient_accumulation_steps": 3},
}
STEPS = 20


def make_table(examples: int = 90) -> TokenTable:
    """Random rows of 3 to 16 pieces, whose label is whether the second piece is odd."""
    rng = np.random.default_rng(4)
    lengths = rng.integers(3, 17, examples)
    ids = rng.integers(1, 50, lengths.sum()).astype(np.int32)
    row_splits = np.concatenate([[0], np.cumsum(lengths)])
    return TokenTable(ids, np.zeros_like(ids), row_splits, (ids[row_splits[:-1] + 1] % 2).astype(np.int32), 0)


def make_job(
    strategy=None, *, dropout: float = 0.0, table: TokenTable | None = None, evaluate=None, **options
) -> TrainingJob:
    """A run of 20 steps with clipping that is active, on new weights."""
    table = table or make_table()
    batch_size = options.setdefault("train_batch_size", 8)
    options.setdefault("num_train_epochs", STEPS * batch_size / len(table) + 1e-9)
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
    encoder = dataclasses.replace(ENCODER, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
    with strategy.scope():
        model = build_model(DEMO, encoder, config.device.precision, recomputes=config.device.remat)
    start_weights(model, None, seed=config.train.seed, new_head=False)
    ids = [f"row-{index}" for index in range(len(table))]
    plan = make_plan(table.lengths, config, strategy.num_replicas_in_sync)
    return TrainingJob(model, OBJECTIVES[DEMO.kind], table, ids, plan, config, strategy, evaluate, "accuracy")


def weights_of(job: TrainingJob) -> dict[str, np.ndarray]:
    """The weights of a job's model by name."""
    return {variable.path: variable.numpy() for variable in job.model.variables}


def _main(devices: str, output: str, *cases: str) -> None:
    import tempfile

    from bert_tf.training.loop import TrainingRun
    from bert_tf.training.progress import Progress

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * int(devices))
    strategy = make_strategy(RunConfig().device)
    assert strategy.num_replicas_in_sync == int(devices)
    results = {}
    for entry in cases:
        case, _, begun = entry.partition("=")
        dropout = 0.1 if case.startswith("dropout-") else 0.0
        job = make_job(strategy, dropout=dropout, **CASES[case.removeprefix("dropout-")])
        with tempfile.TemporaryDirectory() as folder:
            run = TrainingRun(job, begun or folder)
            print(*run.notes, file=sys.stderr)
            run.train(Progress(STEPS, run.step))
        results.update({f"{case}:{name}": value for name, value in weights_of(job).items()})
    np.savez(output, **results)


if __name__ == "__main__":
    _main(*sys.argv[1:])
