import numpy as np
import pytest
import tensorflow as tf

from bert_tf.errors import InputError
from bert_tf.models import layers


def test_an_unknown_activation_is_refused():
    with pytest.raises(InputError, match=r"hidden_act must be one of .*gelu.* Received: 'swish'"):
        layers.check_activation("swish")


def test_padding_gets_the_bias_of_the_original():
    bias = layers.attention_bias(tf.constant([[1, 1, 0]]))
    assert bias.shape == (1, 1, 1, 3)
    assert bias.numpy().ravel().tolist() == [0.0, 0.0, -10000.0]


def test_examples_in_one_row_do_not_see_each_other():
    bias = layers.packed_attention_bias(tf.constant([[2, 2, 1, 0]]))
    assert bias.shape == (1, 1, 4, 4)
    seen = (bias.numpy()[0, 0] == 0).astype(int)
    assert seen.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert set(np.unique(bias)) == {0.0, -10000.0}
