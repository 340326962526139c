import tensorflow as tf

from bert_tf.models import reading
from tests.training.runs import make_job


def inputs(job):
    ids = tf.constant(job.table.columns["input_ids"].values[:6])[tf.newaxis]
    return {"input_ids": ids, "input_mask": tf.ones_like(ids), "segment_ids": tf.zeros_like(ids)}


def test_kernels_that_are_given_stand_for_those_of_the_model():
    job = make_job(precision="mixed_bfloat16")
    given = reading.cast_once(job.model.variables, tf.bfloat16)
    plain = job.model(inputs(job)).numpy()
    for name in ("attention/self/query", "attention/output/dense", "intermediate/dense"):
        path = f"bert/encoder/layer_0/{name}/kernel"
        other = {**given, path: tf.random.stateless_normal(given[path].shape, [1, 2], dtype=tf.bfloat16)}
        with reading.using(other):
            changed = job.model(inputs(job)).numpy()
        assert abs(changed - plain).max() > 1e-3, name
    with reading.using(given):
        assert job.model(inputs(job)).numpy().tolist() == plain.tolist()
    assert job.model(inputs(job)).numpy().tolist() == plain.tolist()


def test_in_float32_nothing_is_cast_and_what_has_another_type_is_not_used():
    job = make_job()
    assert reading.cast_once(job.model.variables, tf.float32) == {}
    plain = job.model(inputs(job)).numpy()
    with reading.using(
        {name: 0 * kernel for name, kernel in reading.cast_once(job.model.variables, tf.bfloat16).items()}
    ):
        assert job.model(inputs(job)).numpy().tolist() == plain.tolist()
