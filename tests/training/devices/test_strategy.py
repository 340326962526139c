import pytest
import tensorflow as tf

from bert_tf.config.run import DeviceConfig
from bert_tf.errors import InputError
from bert_tf.training.devices.strategy import make_strategy
from tests.conftest import run_python


def test_a_cpu_that_computes_already_can_not_be_divided_anew():
    """As where a program calls `finetune` for the second time."""
    assert len(tf.config.list_logical_devices("CPU")) == 1
    for _ in range(2):
        with pytest.raises(InputError, match=r"--num_cpu_devices must be chosen before .* Received: 3\."):
            make_strategy(DeviceConfig(num_cpu_devices=3))
    assert len(make_strategy(DeviceConfig()).extended.worker_devices) == 1


SEVERAL_RUNS = """
import tensorflow as tf
from bert_tf.config.run import DeviceConfig
from bert_tf.training.devices.strategy import make_strategy

for count, size in ((2, 3), (0, 6), (2, 7), (1, 2), (2, 10)):
    strategy = make_strategy(DeviceConfig(num_cpu_devices=count))
    with strategy.scope():
        one = tf.Variable(tf.ones([size]))
    def step():
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(one))
    (total, *_) = strategy.experimental_local_results(tf.function(lambda: strategy.run(step))())
    print(int(tf.reduce_sum(total)))
"""


@pytest.mark.exhaustive
def test_runs_of_one_process_have_the_devices_that_each_asks_for():
    """Several that ask for two exchange arrays of other shapes, and one that asks for none has one all the same."""
    done = run_python("-c", SEVERAL_RUNS)
    assert done.returncode == 0, done.stderr[-3000:]
    assert list(map(int, done.stdout.split())) == [2 * 3, 6, 2 * 7, 2, 2 * 10]
