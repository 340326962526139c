"""A small data set of each kind of answers: rows as they are written, the targets by hand, a task and its tokens."""

import dataclasses
import functools

import numpy as np

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.examples import Examples
from bert_tf.data.tokens import tokenize
from bert_tf.tasks.answers.kinds import empty_space
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.custom import CUSTOM
from bert_tf.text.excerpts import LongText, Reading
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import REQUIRED, Vocabulary

TEXTS = ["a", "b a", "", "c c a b", "a b c a b c", "b", "c a", "a a a", "b b", "c", "c b a"]
# Labels as written, and targets by hand.
ROWS = {
    "classification": (["x", "z", "y"], [0, 2, 1]),
    "ordinal": (["1", "10", "2"], [0, 2, 1]),
    "multi_label": (["x|y", "", "y | x|z"], [[1, 1, 0], [0, 0, 0], [1, 1, 1]]),
    "regression": (["-1", "3", "1e0"], [0.0, 1.0, 0.5]),
    "tags": (["O B-x", "B-x I-x", "B-y O"], [[0, 1], [1, 2], [3, 0]]),
    "choices": (["1", "0", "1"], [1, 0, 1]),
    "spans": (['[["b", 2]]', '[["c a", 4]]', "[]"], [["b"], ["c a"], []]),
}
CONTEXT = "a b c a b c"  # Of every question; its second and third answers need two and no piece.
# Of the questions, which have from two to four, some longer than a row.
CHOICES = [
    (("a", "b c"), ("c", "b", "a a a"), ("c a b", "a b c b a b c", "b", "b b"))[i % 3] for i in range(len(TEXTS))
]
ENCODER = EncoderConfig(
    vocab_size=8,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=16,
    initializer_range=0.5,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)


@functools.cache  # And not at once: TensorFlow computes then, and its devices can't be chosen any more.
def text_step(template: Template) -> TextStep:
    """What makes rows of at most 8 pieces of texts."""
    of_contexts = {"reading": Reading(LongText.HEAD, 2), "template": template, "max_query_length": 2}
    return TextStep(
        Vocabulary((*REQUIRED, "a", "b", "c")),
        lower_case=True,
        max_seq_length=8,
        **(of_contexts if template is Template.CONTEXT else {}),
    )


def made(kind, *, crf=False):
    """A task, its tokens and targets, from rows as they are read; with `crf` tags are learnt together."""
    labels, targets = ROWS[kind]
    count = len(TEXTS)
    examples = Examples("x", TEXTS, None, [labels[i % 3] for i in range(count)], [str(i) for i in range(count)])
    if kind == "tags":
        return made_of_words(examples, targets, crf)
    space = empty_space(kind, "|").completed(examples)
    if kind == "choices":
        examples = dataclasses.replace(examples, choices=CHOICES)
    if kind == "spans":
        examples = dataclasses.replace(examples, second=[CONTEXT] * count)
        space = dataclasses.replace(space, version_2_with_negative=True, max_answer_length=2)
    task = dataclasses.replace(CUSTOM, answers=space, metrics=space.own_metrics())
    table = tokenized(examples, space)
    wanted = [targets[i % 3] for i in range(count)]
    return task, table, np.array(wanted, object if kind == "spans" else None)


def tokenized(examples, space):
    table = tokenize(examples, space.place(examples), text_step(space.template).rows, columns=space.columns)
    return table if features.LABEL_IDS in table.columns else dataclasses.replace(table, truth=space.place(examples))


def made_of_words(examples, targets, crf):
    """The same with as many tags as words: what is lacking is O, and what is too much is left out."""
    words = [tuple(text.split()) for text in examples.first]
    tags = [(f"{label} O O O O".split())[: len(each)] for label, each in zip(examples.labels, words, strict=True)]
    examples = dataclasses.replace(examples, words=words, labels=[" ".join(each) for each in tags])
    space = Tags(("O", "B-x", "I-x", "B-y", "I-y"), crf=crf)
    task = dataclasses.replace(CUSTOM, answers=space, metrics=space.own_metrics())
    table = tokenized(examples, space)
    expected = [place for i, each in enumerate(words) for place in [*targets[i % 3], 0, 0, 0, 0][: len(each)]]
    return task, table, np.array(expected)
