import pytest
import tensorflow as tf

from bert_tf.config.run import DeviceConfig
from bert_tf.errors import InputError
from bert_tf.training.devices.strategy import make_strategy


def test_a_cpu_that_computes_already_can_not_be_divided_anew():
    """As where a program calls `finetune` for the second time."""
    assert len(tf.config.list_logical_devices("CPU")) == 1
    for _ in range(2):
        with pytest.raises(InputError, match=r"--num_cpu_devices must be chosen before .* Received: 3\."):
            make_strategy(DeviceConfig(num_cpu_devices=3))
    assert len(make_strategy(DeviceConfig()).extended.worker_devices) == 1
