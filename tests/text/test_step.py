import tensorflow as tf

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
