import numpy as np
import tensorflow as tf

from bert_tf.text.long_text import LongText, Reading
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import parse_vocabulary

VOCABULARY = parse_vocabulary(b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n##c\n.\n", "tiny")
TEXTS = ["A bc.", "", "b b b b b b b b b", "é"]


def test_rows_are_padded_to_the_longest_and_masked():
    step = TextStep(VOCABULARY, lower_case=True, max_seq_length=6)
    inputs = step.model_inputs(tf.constant(["a", "bc b"]))
    assert inputs["input_ids"].numpy().tolist() == [[2, 4, 3, 0, 0], [2, 5, 6, 5, 3]]
    assert inputs["input_mask"].numpy().tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert inputs["segment_ids"].numpy().tolist() == [[0] * 5] * 2


def test_a_data_set_and_a_saved_model_see_the_same_inputs(tmp_path):
    step = TextStep(VOCABULARY, lower_case=True, max_seq_length=6)
    (in_data_set,) = tf.data.Dataset.from_tensors((TEXTS, TEXTS)).map(step.model_inputs)
    module = tf.Module()
    text = tf.TensorSpec([None], tf.string)
    tf.saved_model.save(
        module,
        str(tmp_path),
        signatures=tf.function(lambda a, b: step.model_inputs(a, b), input_signature=[text, text]),
    )
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"](
        a=tf.constant(TEXTS), b=tf.constant(TEXTS)
    )
    assert {name: value.numpy().tolist() for name, value in in_data_set.items()} == {
        name: value.numpy().tolist() for name, value in served.items()
    }


def test_windows_of_a_text_make_one_answer():
    reading = Reading(LongText.WINDOW_MEAN, stride=2)
    step = TextStep(VOCABULARY, lower_case=True, max_seq_length=5, reading=reading)

    def count_b(inputs):  # [CLS] and [SEP] enclose every window.
        assert (inputs["input_ids"][:, 0] == 2).numpy().all()
        return tf.cast(tf.math.count_nonzero(inputs["input_ids"] == 5, axis=1, keepdims=True), tf.float32)

    # Windows of 3 pieces: a a b, b b b, b a; a; b b b.
    logits = step.logits(count_b, tf.constant(["a a b b b a", "a", "b b b"]))
    np.testing.assert_allclose(logits, [[(1 + 3 + 1) / 3], [0], [3]], rtol=1e-6)
