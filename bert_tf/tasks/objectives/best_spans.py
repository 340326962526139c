"""The best span of each question in graph, for serving, by the rule of `tasks.answers.span_rule`.

R windows of L positions, N questions, K starts and ends that are looked at.
"""

import tensorflow as tf

from bert_tf.tasks.answers.span_rule import NO_SPAN_ODDS
from bert_tf.tasks.answers.spans import Spans
from bert_tf.text.context_rows import ContextRows

_NEVER, _LEAST = float("-inf"), -1e300  # Below every logit, and below every sum of two.


def served_spans(logits: tf.Tensor, rows: ContextRows, contexts: tf.Tensor, space: Spans) -> dict[str, tf.Tensor]:
    """Returns the answer to each question, decided.

    Args:
        logits: float32 [R, L, 2], that a span begins and that it ends at each position.
        rows: The windows.
        contexts: string [N], UTF-8.
        space: The rule.

    Returns:
        `answer` string [N], empty where there is none; `start` and `end` int32 [N], the characters of the context that
        it stands at, -1 where it is none; `start_logit` and `end_logit` float32 [N] of the best span, and where a
        question may have no answer `null_odds` float32 [N].
    """
    lengths = rows.input_ids.row_lengths()
    is_piece = tf.sequence_mask(lengths, tf.shape(logits)[1])
    reachable = tf.where(is_piece[:, :, tf.newaxis], logits, _NEVER)
    scores, starts, ends, start_logits, end_logits = _best_of_windows(reachable, rows, space)
    count = tf.size(contexts)
    top = tf.math.unsorted_segment_max(scores, rows.text_index, count)
    windows = tf.range(tf.size(scores))
    is_top = tf.equal(scores, tf.gather(top, rows.text_index))
    window = tf.math.unsorted_segment_min(tf.where(is_top, windows, tf.size(scores)), rows.text_index, count)
    start, end, start_logit, end_logit = (tf.gather(x, window) for x in (starts, ends, start_logits, end_logits))
    is_given = top > _LEAST
    found = {"start_logit": start_logit, "end_logit": end_logit}
    if space.version_2_with_negative:
        cls = tf.reduce_sum(tf.cast(logits[:, 0], tf.float64), axis=1)
        odds = tf.where(is_given, tf.math.unsorted_segment_min(cls, rows.text_index, count) - top, NO_SPAN_ODDS)
        found["null_odds"] = tf.cast(odds, tf.float32)
        is_given &= found["null_odds"] <= (space.null_threshold or 0.0)
    where = {"start": tf.where(is_given, start, -1), "end": tf.where(is_given, end, -1)}
    # Offsets count characters; bytes that are no UTF-8 are none.
    written = tf.strings.unicode_transcode(contexts, "UTF-8", "UTF-8", errors="ignore")
    begin = tf.where(is_given, start, 0)
    texts = tf.strings.substr(written, begin, tf.where(is_given, end, 0) - begin, unit="UTF8_CHAR")
    return {"answer": tf.where(is_given, texts, ""), **where, **found}


def _best_of_windows(logits: tf.Tensor, rows: ContextRows, space: Spans) -> tuple[tf.Tensor, ...]:
    """The best span of each window, the first of equal ones.

    Returns:
        Its score, float64 [R], `_LEAST` where no span is allowed; its characters, int32 [R] twice; its logits,
        float32 [R] twice.
    """
    size = tf.minimum(space.n_best_size, tf.shape(logits)[1])
    start_logits, starts = tf.math.top_k(logits[:, :, 0], size)
    end_logits, ends = tf.math.top_k(logits[:, :, 1], size)
    first_chars, end_chars = rows.starts.to_tensor(-1), rows.ends.to_tensor(-1)
    first = tf.gather(first_chars, starts, batch_dims=1)
    end = tf.gather(end_chars, ends, batch_dims=1)
    may_start = (first >= 0) & tf.gather(rows.is_best.to_tensor(default_value=False), starts, batch_dims=1)
    may_end = tf.gather(first_chars, ends, batch_dims=1) >= 0
    length = ends[:, tf.newaxis] - starts[:, :, tf.newaxis] + 1  # [R, K, K]
    is_allowed = may_start[:, :, tf.newaxis] & may_end[:, tf.newaxis] & (length >= 1)
    is_allowed &= (length <= space.max_answer_length) & (end[:, tf.newaxis] > first[:, :, tf.newaxis])
    sums = tf.cast(start_logits, tf.float64)[:, :, tf.newaxis] + tf.cast(end_logits, tf.float64)[:, tf.newaxis]
    flat = tf.reshape(tf.where(is_allowed, sums, _LEAST), [-1, size * size])
    place = tf.argmax(flat, axis=1, output_type=tf.int32)

    def at_start(values: tf.Tensor) -> tf.Tensor:
        return tf.gather(values, place // size, batch_dims=1)

    def at_end(values: tf.Tensor) -> tf.Tensor:
        return tf.gather(values, place % size, batch_dims=1)

    score = tf.gather(flat, place, batch_dims=1)
    return score, at_start(first), at_end(end), at_start(start_logits), at_end(end_logits)
