"""bert_tf from the inside: a training step and predictions. All that the comparison knows of its modules is here.

python -m tests.peers.ours step-16x128 --precision=bfloat16
"""

import dataclasses
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from bert_tf.host.environment import light_imports

with light_imports():  # As the commands do.
    import tensorflow as tf

    from bert_tf.training.loop import Training, TrainingJob

from bert_tf.config.encoder import VOCABULARY_FILE, EncoderConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.batches.batch import Batching
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV
from bert_tf.data.table import TokenTable, table_of
from bert_tf.data.tokens import tokenize
from bert_tf.evaluation.evaluate import Evaluator
from bert_tf.host import files
from bert_tf.models.model import BertModel
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.registry import get_task, read_split
from bert_tf.tasks.task_model import build_model, start_weights
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import parse_vocabulary
from bert_tf.training.devices.strategy import make_strategy
from bert_tf.training.plan import make_plan
from tests.peers import contestant
from tests.peers.contestant import Figures, Settings
from tests.peers.works import (
    BFLOAT16,
    ENGLISH_VOCABULARY,
    EVALUATION,
    SCALING_CORES,
    SCALING_LENGTH,
    STEP_SHAPES,
    StepShape,
)

_STEPS_OF_THE_RUN = 1000  # As many as real runs have, so that what pays in them is compiled.
_DISTINCT_BATCHES = 16
_TASK = get_task("sst-2")


def train_step(work: str, settings: Settings) -> Figures:
    """The step as a run takes it: through Orbit's loop, from batches of the input pipeline."""
    return _time(STEP_SHAPES[work], settings) | _versions()


def scaling(work: str, settings: Settings) -> Figures:
    """Steps of several sizes."""
    return contestant.time_scaling(lambda rows: _time(StepShape(rows, SCALING_LENGTH), settings)) | _versions()


def _time(shape: StepShape, settings: Settings) -> Figures:
    table = _random_table(shape, settings.seed)
    config = _config(
        settings,
        train_batch_size=shape.rows,
        max_seq_length=shape.length,
        batching="padded",
        num_train_epochs=float(_STEPS_OF_THE_RUN / _DISTINCT_BATCHES),
        learning_rate=contestant.LEARNING_RATE,
        weight_decay_rate=contestant.WEIGHT_DECAY,
        clip_norm=contestant.CLIP_NORM,
    )
    strategy = make_strategy(config.device)
    ids = [str(index) for index in range(len(table))]
    plan = make_plan(table.lengths, config, strategy.num_replicas_in_sync)
    model, objective = _model(config, settings, strategy, shape.vocabulary), objective_for(_TASK.answers)
    training = Training(TrainingJob(model, objective, table, ids, plan, config, strategy, None, "accuracy"))
    trainer, one = training.trainer(plan.batches(0, training.total_steps)), tf.constant(1)
    return contestant.time_steps(lambda: trainer.train(one)["loss"], settings, shape.tokens)


def _random_table(shape: StepShape, seed: int) -> TokenTable:
    rows, generator = shape.rows * _DISTINCT_BATCHES, np.random.default_rng(seed)
    ids = generator.integers(1, shape.pieces, rows * shape.length).astype(np.int32)
    labels = generator.integers(0, 2, rows).astype(np.int32)
    return table_of(ids, np.zeros_like(ids), np.arange(rows + 1) * shape.length, labels)


def _config(settings: Settings, **options: object) -> RunConfig:
    precision = "mixed_bfloat16" if settings.precision == BFLOAT16 else "float32"
    return replace(RunConfig(), precision=precision, seed=settings.seed, **options)


def _model(config: RunConfig, settings: Settings, strategy: tf.distribute.Strategy, vocabulary: int) -> BertModel:
    """A model of BERT-base's size with random weights."""
    encoder = EncoderConfig(vocabulary, num_hidden_layers=settings.layers, type_vocab_size=2)
    assert encoder.hidden_dropout_prob == encoder.attention_probs_dropout_prob == contestant.DROPOUT
    with strategy.scope():
        model = build_model(_TASK, encoder, config.device.precision)
    start_weights(model, None, seed=settings.seed, new_head=True)
    return model


def evaluation(work: str, settings: Settings) -> Figures:
    """Predicts the dev set of SST-2: first from strings, then again from word pieces."""
    data_dir = os.path.join(settings.glue_dir, "SST-2")
    config = _config(settings, data_dir=data_dir, max_seq_length=contestant.MAX_LENGTH, batching=settings.variant)
    examples = _first(read_split(_TASK, DEV, config), settings.rows)
    vocabulary_path = os.path.join(settings.minilm, VOCABULARY_FILE)
    vocabulary = parse_vocabulary(files.read_bytes(vocabulary_path, "the vocabulary", ""), vocabulary_path)
    text_step = TextStep(vocabulary, lower_case=True, max_seq_length=contestant.MAX_LENGTH)
    strategy = make_strategy(config.device)
    model = _model(config, settings, strategy, ENGLISH_VOCABULARY)
    started = time.perf_counter()
    table = tokenize(examples, _TASK.answers.place(examples), text_step.rows)
    evaluator = Evaluator(
        model,
        objective_for(_TASK.answers),
        table,
        strategy,
        batch_size=contestant.BATCH_SIZE,
        max_length=contestant.MAX_LENGTH,
        batching=Batching(settings.variant),
    )
    evaluator.run()
    first = time.perf_counter() - started
    later = []
    for _ in range(settings.passes):
        started = time.perf_counter()
        evaluator.run()
        later.append(time.perf_counter() - started)
    return contestant.passes(first, later, int(table.lengths.sum())) | _versions()


def _first(examples: Examples, limit: int) -> Examples:
    end = limit or None
    assert examples.labels is not None
    return dataclasses.replace(
        examples,
        first=examples.first[:end],
        labels=examples.labels[:end],
        ids=examples.ids[:end],
        lines=examples.lines[:end] if examples.lines else examples.lines,
    )


def _versions() -> Figures:
    return {"versions": contestant.versions(("tensorflow", "keras"))}


if __name__ == "__main__":
    steps = {**dict.fromkeys(STEP_SHAPES, train_step), **dict.fromkeys(SCALING_CORES, scaling)}
    contestant.main({**steps, EVALUATION: evaluation})
