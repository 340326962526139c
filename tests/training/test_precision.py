import tensorflow as tf

from bert_tf.training.precision import LossScale


def test_the_scale_halves_on_overflow_and_doubles_after_2000_good_steps():
    scale = LossScale(dynamic=True)
    update = tf.function(scale.update)
    assert float(scale.value) == 2**15
    update(tf.constant(False))
    assert float(scale.value) == 2**14
    for _ in range(1999):
        update(tf.constant(True))
    assert float(scale.value) == 2**14
    update(tf.constant(True))
    assert float(scale.value) == 2**15
    for _ in range(20):
        update(tf.constant(False))
    assert float(scale.value) == 1.0


def test_without_scaling_the_scale_stays_1():
    scale = LossScale(dynamic=False)
    scale.update(tf.constant(False))
    assert float(scale.value) == 1.0
