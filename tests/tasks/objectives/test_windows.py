import numpy as np
import tensorflow as tf

from bert_tf.tasks.objectives.windows import pool
from bert_tf.text.excerpts import LongText

LOGITS = [[1.0], [3.0], [2.0], [5.0]]  # Three windows of the first text, one of the second.
INDEX = np.array([0, 0, 0, 1])


def test_windows_of_a_text_make_one_answer():
    mean = pool(tf.constant(LOGITS), tf.constant(INDEX), 2, LongText.WINDOW_MEAN)
    most = pool(tf.constant(LOGITS), tf.constant(INDEX), 2, LongText.WINDOW_MAX)
    np.testing.assert_allclose(mean, [[(1 + 3 + 2) / 3], [5]], rtol=1e-6)
    np.testing.assert_allclose(most, [[3], [5]], rtol=1e-6)
