import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.data.batches.batch import Batch
from bert_tf.data.batches.pipeline import distribute_batches
from bert_tf.data.examples import Examples
from bert_tf.data.table import table_of
from bert_tf.data.tokens import tokenize
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import parse_vocabulary

TABLE = table_of(
    input_ids=np.array([2, 5, 3, 2, 6, 7, 3, 2, 3], np.int32),
    segment_ids=np.array([0, 0, 0, 0, 0, 1, 1, 0, 0], np.int32),
    row_splits=np.array([0, 3, 7, 9]),
    targets=np.array([1, 0, 1], np.int32),
)


def batch(indices, starts, rows, length, is_packed=False):
    return Batch(np.array(indices, np.int32), np.array(starts, np.int32), rows, length, is_packed)


def shapes(batch):
    return {name: (value.dtype.name, value.shape.rank) for name, value in batch.items()}


def test_a_batch_has_the_features_that_are_declared():
    batches = [batch([[1, 0]], [[0, 5]], 2, 5), batch([[2, -1]], [[0, 2]], 2, 2)]
    first, second = distribute_batches(TABLE, batches, tf.distribute.get_strategy())
    assert shapes(first) == {feature.name: (feature.dtype, len(feature.axes)) for feature in features.BATCH}
    assert first["input_ids"].numpy().tolist() == [[2, 6, 7, 3, 0], [2, 5, 3, 0, 0]]
    assert first["input_mask"].numpy().tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 0, 0]]
    assert first["segment_ids"].numpy().tolist() == [[0, 0, 1, 1, 0], [0, 0, 0, 0, 0]]
    assert first["label_ids"].numpy().tolist() == [0, 1]
    assert second["is_real_example"].numpy().tolist() == [1.0, 0.0]
    assert second["example_index"].numpy().tolist() == [2, -1]


def test_packed_rows_number_their_examples_and_their_positions():
    batches = [batch([[0, 1], [2, -1]], [[4, 0], [1, 0]], 1, 8, is_packed=True)]
    (packed,) = distribute_batches(TABLE, batches, tf.distribute.get_strategy())
    assert shapes(packed) == {
        feature.name: (feature.dtype, len(feature.axes)) for feature in features.BATCH + features.PACKED
    }
    assert packed["input_ids"].numpy().tolist() == [[2, 6, 7, 3, 2, 5, 3, 0], [0, 2, 3, 0, 0, 0, 0, 0]]
    assert packed["input_mask"].numpy().tolist() == [[2, 2, 2, 2, 1, 1, 1, 0], [0, 1, 1, 0, 0, 0, 0, 0]]
    assert packed["segment_ids"].numpy().tolist() == [[0, 0, 1, 1, 0, 0, 0, 0], [0] * 8]
    assert packed["position_ids"].numpy().tolist() == [[0, 1, 2, 3, 0, 1, 2, 0], [0, 0, 1, 0, 0, 0, 0, 0]]
    assert packed["first_positions"].numpy().tolist() == [4, 0, 1, 0]
    assert packed["is_real_example"].numpy().tolist() == [1.0, 1.0, 1.0, 0.0]


def test_one_cpu_gets_batches_without_a_thread_that_tunes():
    batches = [batch([[1, 0]], [[0, 5]], 2, 5), batch([[2, -1]], [[0, 5]], 2, 5)]
    strategy = tf.distribute.OneDeviceStrategy("/CPU:0")
    dataset = distribute_batches(TABLE, batches, strategy, is_endless=True)
    assert isinstance(dataset, tf.data.Dataset)  # And no iterator over devices, which would have one.
    assert dataset.options().autotune.enabled is False
    first = [batch["example_index"].numpy().tolist() for batch in dataset.take(5)]
    assert first == [[1, 0], [2, -1], [1, 0], [2, -1], [1, 0]]


def test_batches_of_one_size_have_static_shapes():
    batches = [batch([[1, 0]], [[0, 5]], 2, 5), batch([[2, -1]], [[0, 5]], 2, 5)]
    dataset = distribute_batches(TABLE, batches, tf.distribute.get_strategy())
    assert all(spec.shape.is_fully_defined() for spec in dataset.element_spec.values())


def test_the_whole_set_is_tokenized_in_order():
    vocabulary = parse_vocabulary(b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n", "tiny")
    step = TextStep(vocabulary, lower_case=True, max_seq_length=5)
    texts = ["a " * (i % 7) for i in range(3000)]
    examples = Examples("x", texts, None, None, [str(i) for i in range(3000)])
    table = tokenize(examples, np.arange(3000, dtype=np.int32), step.rows)
    assert table.lengths.tolist() == [min(i % 7, 3) + 2 for i in range(3000)]
    assert table.long_examples == sum(i % 7 > 3 for i in range(3000))
    row = table.columns["input_ids"].values[table.row_splits[2998] : table.row_splits[2999]]
    assert row.tolist() == [2, 4, 4, 3]  # 2998 % 7 is 2.
