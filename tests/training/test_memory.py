import dataclasses

import pytest
import tensorflow as tf

from bert_tf.encoder_config import EncoderConfig
from bert_tf.training.memory import MEBIBYTE, Footprint, StepMemory, free_memory
from tests.conftest import run_python
from tests.training import peak_memory

TINY = Footprint(
    EncoderConfig(vocab_size=9, hidden_size=6, num_hidden_layers=5, num_attention_heads=2, intermediate_size=10),
    weights=1000,
    is_narrow=False,
    recomputes=False,
)


def test_the_estimate_is_the_sum_of_what_a_step_keeps():
    # 7 pieces a row: 8 * 6 + 2 * 10 + 2 * 2 * 7 = 96 numbers a piece and layer, 18 of the embeddings, and 4 working
    # tensors of the larger of 10 and 2 * 7.
    memory = TINY.estimate(rows=3, length=7)
    assert memory.activations == 21 * 4 * (5 * 96 + 18 + 4 * 14)
    assert memory.state == 1000 * 16
    again = dataclasses.replace(TINY, recomputes=True).estimate(3, 7)
    assert again.activations == 21 * 4 * (5 * 6 + 96 + 18 + 4 * 14)
    narrow = dataclasses.replace(TINY, is_narrow=True).estimate(3, 7, accumulation_steps=2)
    assert narrow.activations == 21 * (2 * 5 * 96 + 4 * 18 + 2 * 4 * 14)
    assert narrow.state == 1000 * (20 + 2)


@pytest.mark.slow
def test_the_estimate_is_what_a_process_takes_more_for_more_rows():
    done = run_python("-m", "tests.training.peak_memory", "4:1", "40:1", "40:3")
    small, large, accumulated = map(int, done.stdout.split())
    config = peak_memory.ENCODER
    weights = 5 * (4 * 192 * 192 + 2 * 192 * 768) + (500 + 512 + 16) * 192
    footprint = Footprint(config, weights, is_narrow=False, recomputes=False)
    expected = (footprint.estimate(40, 128).total - footprint.estimate(4, 128).total) / MEBIBYTE
    assert large - small == pytest.approx(expected, rel=0.3)
    assert accumulated - large < 0.4 * expected  # Parts that were computed at the same time would take twice as much.


def test_computing_again_comes_first_then_as_few_parts_as_fit():
    tokens = 21 * 4
    kept, again = tokens * (5 * 96 + 18 + 56), tokens * (5 * 6 + 96 + 18 + 56)
    assert TINY.flags_that_help(3, 7, 16_000 + again) == ("--remat",)
    assert again < kept
    step = dataclasses.replace(TINY, recomputes=True)
    third = step.estimate(1, 7, 3).total
    assert step.flags_that_help(3, 7, third) == ("--gradient_accumulation_steps=3",)
    assert step.flags_that_help(3, 7, third, accumulation_steps=2) == ("--gradient_accumulation_steps=6",)
    assert TINY.flags_that_help(3, 7, third) == ("--remat", "--gradient_accumulation_steps=3")
    assert TINY.flags_that_help(3, 7, third - 1) == ()


def test_what_does_not_suffice_is_told_with_the_flag_that_helps():
    memory = StepMemory(TINY, rows=64, length=512, accumulation_steps=1)
    needed = TINY.estimate(64, 512).total // MEBIBYTE
    assert memory.tell(None).startswith(f"memory: about {needed:,} MiB for a step (state 0, activations {needed:,})")
    assert memory.tell(2**34).endswith("16,384 MiB can be had")
    assert memory.tell(TINY.estimate(64, 512).total // 2).endswith("may not suffice: --remat would")
    assert memory.tell(0).endswith("a smaller --max_seq_length or a smaller model would")


def test_two_devices_share_what_is_free():
    with open("/proc/meminfo") as file:
        total = next(int(line.split()[1]) for line in file if line.startswith("MemTotal")) * 1024
    free = free_memory(tf.distribute.OneDeviceStrategy("cpu:0"))
    assert 0 < free < total
