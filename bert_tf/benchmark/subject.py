"""What is measured: an architecture, the rows that go through it, and the options of the run."""

import dataclasses

import numpy as np

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import RunConfig
from bert_tf.data.table import TokenTable, table_of
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.task import Task
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import REQUIRED, Vocabulary

BERT_BASE = EncoderConfig(vocab_size=30522, type_vocab_size=2)  # As uncased_L-12_H-768_A-12 of google-research/bert.
RANDOM = Task(
    name="random",
    title="Rows of random word pieces with two labels",
    answers=OneLabel(("0", "1")),
    metrics=("accuracy",),
)
_RANDOM_ROWS = 10_000  # About as many as CoLA has, so that a run on them has as many steps as one on real data.


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
        encoder: The architecture.
        task: Decides head and loss.
        table: The training set.
        text_step: The text step that the rows came from; for random rows one that was not used.
        config: The options.
    """

    encoder: EncoderConfig
    task: Task
    table: TokenTable
    text_step: TextStep
    config: RunConfig


def random_subject(encoder: EncoderConfig, config: RunConfig, shortest_row: int) -> Subject:
    """Returns a subject with random rows, which need neither data nor a vocabulary.

    Args:
        encoder: The architecture.
        config: The options.
        shortest_row: Lengths are drawn from this to `max_seq_length`; 0 for rows that are all of the latter.
    """
    longest = config.data.max_seq_length
    table = random_table(encoder.vocab_size, shortest_row or longest, longest, config.train.seed)
    vocabulary = Vocabulary((*REQUIRED, "a"))  # No text is read, but a tokenizer must have something to look for.
    text_step = TextStep(vocabulary, lower_case=True, max_seq_length=longest)
    return Subject(encoder, RANDOM, table, text_step, config)


def random_table(vocab_size: int, shortest: int, longest: int, seed: int) -> TokenTable:
    """Returns rows whose lengths, ids and labels are all equally likely.

    Args:
        vocab_size: Entries of the vocabulary.
        shortest: Pieces of the shortest rows.
        longest: Pieces of the longest rows.
        seed: Decides them.
    """
    rng = np.random.default_rng(seed)
    row_splits = np.concatenate([[0], np.cumsum(rng.integers(shortest, longest + 1, _RANDOM_ROWS))])
    ids = rng.integers(0, vocab_size, row_splits[-1], dtype=np.int32)
    labels = rng.integers(0, len(RANDOM.labels), _RANDOM_ROWS, dtype=np.int32)
    return table_of(ids, np.zeros_like(ids), row_splits, labels)
