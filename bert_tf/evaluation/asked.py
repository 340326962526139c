"""What a model is asked, checked in the graph: a server tells what is wrong with it in the words of these messages."""

import contextlib
from collections.abc import Sequence

import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.choices import COUNT_RULE, FEWEST_CHOICES, MOST_CHOICES

_BLANK = r"[\t-\r\x1c-\x20\x{85}\pZ]+"  # What Python calls white space, and nothing else.


def as_table(questions: tf.Tensor, choices: tf.Tensor, names: Sequence[str]) -> tuple[tf.Tensor, tf.Tensor]:
    """Questions and choices as they came, string of any shape -> string [B] and [B, K].

    Raises:
        tf.errors.InvalidArgumentError: If they are no list and no table, not of as many questions, or a question has
            too few or too many choices, a blank one, or one behind an empty one.
    """
    one, many = names
    (listed,) = as_lists([questions], names)
    message = f'{many} must be lists of texts, "" behind the last of each'
    with _checked(tf.debugging.assert_equal(tf.rank(choices), 2, message)):
        shape = tf.shape(choices)
        table = tf.reshape(choices, [shape[0], shape[-1]])
    # Where there is no question, there may be no column of choices either.
    table = tf.pad(table, [[0, 0], [0, tf.maximum(FEWEST_CHOICES - tf.shape(table)[1], 0)]])
    is_blank = tf.strings.regex_full_match(table, _BLANK)
    is_given = tf.not_equal(table, "")
    counts = tf.reduce_sum(tf.cast(is_given, tf.int32), axis=1)
    is_before_end = tf.sequence_mask(counts, tf.shape(table)[1])
    with _checked(
        tf.debugging.assert_equal(tf.shape(table)[0], tf.size(listed), f"{many} must have a list for each {one}"),
        tf.debugging.assert_greater_equal(counts, FEWEST_CHOICES, COUNT_RULE),
        tf.debugging.assert_less_equal(counts, MOST_CHOICES, COUNT_RULE),
        tf.debugging.assert_equal(tf.reduce_any(is_blank), tf.constant(False), COUNT_RULE),
        tf.debugging.assert_equal(is_given, is_before_end, f'{many} must not be "" before another one'),
    ):
        return tf.identity(listed), tf.identity(table)


def as_rows(inputs: Sequence[tf.Tensor], config: EncoderConfig) -> dict[str, tf.Tensor]:
    """Word pieces as they came -> the features of `features.MODEL_INPUTS` by name, int32 [B, L] each.

    Raises:
        tf.errors.InvalidArgumentError: If they have different shapes, rows are longer than the model has positions
            for, or a number is none that the model knows.
    """
    limits = (config.vocab_size, 2, config.type_vocab_size)  # Of pieces, of a mask, and of the texts of a pair.
    names = [feature.name for feature in features.MODEL_INPUTS]
    most = config.max_position_embeddings
    message = f"A row of {names[0]} must have at most {most} word pieces"
    checks = [tf.debugging.assert_less_equal(tf.shape(inputs[0])[1], most, message)]
    for name, values, limit in zip(names, inputs, limits, strict=True):
        same = f"{name} must have the shape of {names[0]}"
        checks.append(tf.debugging.assert_equal(tf.shape(values), tf.shape(inputs[0]), same))
        is_known = tf.reduce_all((values >= 0) & (values < limit))
        known = f"{name} must be whole numbers from 0 to {limit - 1}"
        checks.append(tf.debugging.assert_equal(is_known, tf.constant(True), known))
    with _checked(*checks):
        return {name: tf.identity(values) for name, values in zip(names, inputs, strict=True)}


def _checked(*checks: tf.Operation | None) -> contextlib.AbstractContextManager:
    """What is computed in the block comes after checks, of which those that need no graph are done."""
    return tf.control_dependencies([check for check in checks if check is not None])


def as_lists(texts: Sequence[tf.Tensor], names: Sequence[str]) -> list[tf.Tensor]:
    """Texts as they came, string of any shape -> string [B] each.

    Args:
        texts: One or two tensors.
        names: What they are called.

    Raises:
        tf.errors.InvalidArgumentError: If they are no lists, or not as many second texts as first ones.
    """
    checks = [
        tf.debugging.assert_equal(tf.rank(text), 1, f"{name} must be a list of texts, such as [text] for one")
        for name, text in zip(names, texts, strict=False)
    ]
    if len(texts) > 1:
        message = f"{names[1]} must have as many texts as {names[0]}"
        checks.append(tf.debugging.assert_equal(tf.size(texts[1]), tf.size(texts[0]), message))
    with _checked(*checks):
        return [tf.reshape(text, [-1]) for text in texts]
