import numpy as np
import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError
from bert_tf.training.plan import count_steps, make_plan

LENGTHS = np.random.default_rng(2).integers(3, 50, 1000)


def plan(lengths=LENGTHS, replicas=1, **options):
    return make_plan(lengths, replace(RunConfig(), **options), replicas)


@pytest.mark.parametrize(
    ("examples", "batch_size", "epochs", "expected"),
    [(8551, 32, 3.0, (801, 80)), (3668, 32, 0.5, (57, 5)), (3, 1, 1.0, (3, 0))],
)
def test_steps_are_counted_as_by_the_original(examples, batch_size, epochs, expected):
    config = replace(RunConfig(), train_batch_size=batch_size, num_train_epochs=epochs)
    assert count_steps(make_plan(np.full(examples, 9), config, 1), config) == expected


def test_there_must_be_a_step_to_train():
    config = replace(RunConfig(), train_batch_size=91, num_train_epochs=1.0)
    with pytest.raises(InputError, match=r"at least one step.* Received: '91 > 90 x 1'"):
        count_steps(make_plan(LENGTHS[:90], config, 1), config)


def test_a_bound_on_pieces_must_leave_room_for_the_longest_row():
    with pytest.raises(InputError, match=r"has 49 pieces. Received: 48. Set --tokens_per_batch=49 or more"):
        plan(tokens_per_batch=48)
    with pytest.raises(InputError, match=r"on each of 6 replicas and accumulation steps.*Set --tokens_per_batch=294"):
        plan(tokens_per_batch=100, replicas=2, gradient_accumulation_steps=3)
    with pytest.raises(InputError, match="has 128 pieces"):
        plan(tokens_per_batch=127, batching="padded")
    assert plan(tokens_per_batch=49).tokens_per_batch == 49


@pytest.mark.parametrize("batching", ["padded", "bucketed", "packed"])
def test_fractions_of_epochs_count_when_pieces_are_bounded(batching):
    bounded = plan(tokens_per_batch=512, batching=batching)
    one, two, half = (bounded.count_steps(epochs) for epochs in (1.0, 2.0, 0.5))
    assert half == one // 2
    assert abs(two - 2 * one) <= 2
