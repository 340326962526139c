import numpy as np
import pytest
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batching
from bert_tf.data.batches.evaluation import evaluation_batches
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.data.table import table_of
from bert_tf.models.unpacking import piece_mask, unpacked

LENGTHS = np.array([3, 5, 2, 4, 1, 5, 2])
IDS = np.arange(1, LENGTHS.sum() + 1, dtype=np.int32)
SPLITS = np.concatenate([[0], np.cumsum(LENGTHS)])
TABLE = table_of(IDS, np.zeros_like(IDS), SPLITS, np.zeros(len(LENGTHS), np.int32))


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_every_piece_of_every_example_is_found_whatever_the_rows(batching, batch_size):
    batches = list(evaluation_batches(LENGTHS, batch_size, 6, batching, 1))
    found: dict[int, list[int]] = {}
    for batch in distribute_batches(TABLE, batches, tf.distribute.OneDeviceStrategy("/cpu:0")):
        ids = tf.cast(batch[features.INPUT_IDS], tf.float32)[..., tf.newaxis]
        pieces, mask = unpacked(ids, batch)[..., 0].numpy(), piece_mask(batch).numpy()
        for slot, example in enumerate(batch[features.EXAMPLE_INDEX].numpy()):
            if example >= 0:
                found[int(example)] = pieces[slot][mask[slot]].astype(int).tolist()
    assert found == {row: IDS[SPLITS[row] : SPLITS[row + 1]].tolist() for row in range(len(LENGTHS))}


def test_a_gradient_reaches_the_pieces_of_examples_and_nothing_else():
    inputs = {
        features.INPUT_MASK: tf.constant([[1, 1, 2, 0], [3, 0, 0, 0]]),
        features.FIRST_POSITIONS: tf.constant([0, 2, 4]),
    }
    x = tf.Variable(tf.ones([2, 4, 1]))
    with tf.GradientTape() as tape:
        mask = tf.cast(piece_mask(inputs), tf.float32)[..., tf.newaxis]
        total = tf.reduce_sum(unpacked(x, inputs) * mask * [[[2.0]], [[3.0]], [[5.0]]])
    gradient = tf.convert_to_tensor(tape.gradient(total, x))
    assert gradient.numpy()[..., 0].tolist() == [[2, 2, 3, 0], [5, 0, 0, 0]]
