"""The windows of a long text make one answer."""

import tensorflow as tf

from bert_tf.text.excerpts import LongText


def pool(logits: tf.Tensor, text_index: tf.Tensor, texts: tf.Tensor | int, way: LongText) -> tf.Tensor:
    """Makes one row of logits a text out of those of its windows.

    Args:
        logits: float32 [R, C].
        text_index: int64 [R], the text that each row is of; every text has a row.
        texts: How many texts there are, N.
        way: `WINDOW_MEAN` and `WINDOW_MAX` say how; the others have no windows.

    Returns:
        float32 [N, C].
    """
    if way is LongText.WINDOW_MEAN:
        return tf.math.unsorted_segment_mean(logits, text_index, texts)
    if way is LongText.WINDOW_MAX:
        return tf.math.unsorted_segment_max(logits, text_index, texts)
    return logits
