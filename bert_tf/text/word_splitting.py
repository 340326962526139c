"""The words of a text, as the tokenizer of BERT splits it: by white space, punctuation and Chinese characters."""

import dataclasses

import tensorflow as tf

from bert_tf.text.offsets import Pieces


@dataclasses.dataclass(frozen=True)
class Words:
    """The words of N texts.

    Attributes:
        pieces: int32 [N, (words), (pieces)].
        starts: int32 [N, (words)], the first character of each word, in the text as written.
        ends: int32 [N, (words)], the one after its last.
    """

    pieces: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


def words_of(pieces: Pieces, continues: tf.Tensor) -> Words:
    """Puts pieces together to words: a piece begins one unless the vocabulary marks it as the rest of one.

    Args:
        pieces: Of N texts.
        continues: bool [V], which entries of the vocabulary continue a word.
    """
    ids = pieces.ids
    is_first = tf.logical_not(tf.gather(continues, ids.values))
    starts = tf.where(is_first)[:, 0]
    ends = tf.concat([starts[1:], tf.shape(ids.values, tf.int64)], axis=0)[: tf.size(starts)]
    by_text = tf.searchsorted(starts, ids.row_splits, out_type=tf.int64)

    def of_text(values: tf.Tensor) -> tf.RaggedTensor:
        return tf.RaggedTensor.from_row_splits(values, by_text, validate=False)

    splits = tf.concat([starts, tf.shape(ids.values, tf.int64)], axis=0)
    by_word = tf.RaggedTensor.from_row_splits(ids.values, splits, validate=False)
    return Words(
        tf.RaggedTensor.from_row_splits(by_word, by_text, validate=False),
        of_text(tf.gather(pieces.starts.values, starts)),
        of_text(tf.gather(pieces.ends.values, ends - 1)),
    )
