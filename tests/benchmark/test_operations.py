import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.benchmark.operations import Extent, computed_extent, training_operations, useful_extent
from bert_tf.data.batches.batch import Batching, lay_out
from bert_tf.data.batches.packing import RowShape
from tests.training.runs import ENCODER, make_job

LENGTHS = np.array([3, 5, 2, 4, 6])


def test_a_small_model_is_counted_by_hand():
    # Width 16, feed-forward width 24, 2 layers, 2 labels. Two rows of 5 positions, that is 2 * 5 * 5 pairs.
    query_key_value_output = 4 * 10 * 16 * 16
    feed_forward = 2 * 10 * 16 * 24
    scores_and_context = 2 * 50 * 16
    pooler_and_logits = 2 * 16 * 16 + 2 * 16 * 2
    multiplications = 2 * (query_key_value_output + feed_forward + scores_and_context) + pooler_and_logits
    assert multiplications == 39_616
    extent = Extent(examples=2, positions=10, pairs=50)
    encoder = dataclasses.replace(ENCODER, num_hidden_layers=2)
    assert training_operations(encoder, 2, extent) == 3 * 2 * multiplications


def test_the_formula_finds_the_products_of_the_graph():
    """Every product in the traced gradients, but for that of the segments, which stands for a look-up."""
    job = make_job()
    shape = (3, 7)
    batch = {
        "input_ids": tf.ones(shape, tf.int32),
        "input_mask": tf.ones(shape, tf.int32),
        "segment_ids": tf.zeros(shape, tf.int32),
    }

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(job.model(batch))
        return tape.gradient(loss, [variable.value for variable in job.model.trainable_variables])

    def operations(operation):
        output, left = operation.outputs[0].shape, operation.inputs[0].shape
        is_transposed = operation.get_attr("adj_x" if operation.type == "BatchMatMulV2" else "transpose_a")
        return 2 * output.num_elements() * left[-2 if is_transposed else -1]

    products = [node for node in gradients.get_concrete_function().graph.get_operations() if "MatMul" in node.type]
    counted = sum(operations(node) for node in products)
    segments = 2 * 2 * (3 * 7) * ENCODER.type_vocab_size * ENCODER.hidden_size  # Forward, and the table's gradient.
    assert training_operations(ENCODER, 2, Extent(3, 21, 3 * 49)) == counted - segments


@pytest.mark.parametrize(
    ("batching", "shapes", "parts", "expected"),
    [
        (Batching.PADDED, (), 1, Extent(5, 5 * 8, 5 * 64)),
        (Batching.BUCKETED, (), 1, Extent(5, 5 * 6, 5 * 36)),
        (Batching.BUCKETED, (), 2, Extent(6, 6 * 6, 6 * 36)),
        (Batching.PACKED, (RowShape(3, 8),), 1, Extent(5, 3 * 8, 3 * 64)),
    ],
)
def test_padding_and_empty_slots_are_computed_but_not_useful(batching, shapes, parts, expected):
    batch = lay_out(np.arange(5, dtype=np.int32), LENGTHS, 8, batching, parts, shapes)
    assert computed_extent(batch) == expected
    assert useful_extent(batch, LENGTHS) == Extent(5, 3 + 5 + 2 + 4 + 6, 9 + 25 + 4 + 16 + 36)


def test_extents_add_up():
    assert Extent(1, 2, 3) + Extent(10, 20, 30) == Extent(11, 22, 33)
