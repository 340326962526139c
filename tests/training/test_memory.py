import dataclasses
import os

import pytest
import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError, TrainingError
from bert_tf.host.memory import room_of_group
from bert_tf.training.memory import MEBIBYTE, Footprint, StepMemory, free_memory, lack_of_memory
from tests.conftest import run_python
from tests.training import peak_memory

TINY = Footprint(
    EncoderConfig(vocab_size=9, hidden_size=6, num_hidden_layers=5, num_attention_heads=2, intermediate_size=10),
    weights=1000,
    is_narrow=False,
    recomputes=False,
)


def test_the_estimate_is_the_sum_of_what_a_step_keeps():
    # 7 pieces a row: 9 * 6 + 2 * 10 + 2 * 2 * 7 = 102 numbers a piece and layer, 18 of the embeddings, and 4 working
    # tensors of the larger of 10 and 2 * 7.
    memory = TINY.estimate(rows=3, length=7)
    assert memory.activations == 21 * 4 * (5 * 102 + 18 + 4 * 14)
    assert memory.state == 1000 * 16 + 4 * 54  # The embeddings of 9 words of 6 numbers are there twice.
    again = dataclasses.replace(TINY, recomputes=True).estimate(3, 7)
    assert again.activations == 21 * 4 * (5 * 6 + 102 + 18 + 4 * 14)
    narrow = dataclasses.replace(TINY, is_narrow=True).estimate(3, 7, accumulation_steps=2)
    assert narrow.activations == 21 * (2 * 5 * 102 + 4 * 18 + 2 * 4 * 14)
    assert narrow.state == 1000 * (20 + 2) + 4 * 54
    few = dataclasses.replace(TINY, rows_in_use=4).estimate(3, 7)
    assert few.state == memory.state - 12 * 5 * 6  # Five words without gradient and moments.


@pytest.mark.slow
@pytest.mark.exhaustive
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
    kept, again = tokens * (5 * 102 + 18 + 56), tokens * (5 * 6 + 102 + 18 + 56)
    assert TINY.flags_that_help(3, 7, 16_000 + 4 * 54 + again) == ("--remat",)
    assert again < kept
    step = dataclasses.replace(TINY, recomputes=True)
    third = step.estimate(1, 7, 3).total
    assert step.flags_that_help(3, 7, third) == ("--gradient_accumulation_steps=3",)
    assert step.flags_that_help(3, 7, third, accumulation_steps=2) == ("--gradient_accumulation_steps=6",)
    assert TINY.flags_that_help(3, 7, third) == ("--remat", "--gradient_accumulation_steps=3")
    assert TINY.flags_that_help(3, 7, third - 1) == ()


def test_what_does_not_suffice_is_told_with_the_flag_that_helps():
    memory = StepMemory(TINY, rows=64, length=512, accumulation_steps=1, most_parts=64)
    needed = TINY.estimate(64, 512).total // MEBIBYTE
    assert memory.tell(None).startswith(f"memory: about {needed:,} MiB for a step (state 0, activations {needed:,})")
    assert memory.tell(2**34).endswith("16,384 MiB can be had")
    assert memory.tell(TINY.estimate(64, 512).total // 2).endswith("may not suffice: --remat would")
    assert memory.tell(0).endswith("a smaller --max_seq_length or a smaller model would")


def test_parts_are_no_more_than_the_batch_can_be_divided_into():
    step = dataclasses.replace(TINY, recomputes=True)
    third = step.estimate(1, 7, 3).total
    assert step.flags_that_help(3, 7, third, most_parts=3) == ("--gradient_accumulation_steps=3",)
    assert step.flags_that_help(3, 7, third, most_parts=2) == ()


@pytest.mark.parametrize(
    ("options", "rows", "flags"),
    [
        ({}, 64, "--remat` continues at the last checkpoint"),
        ({"remat": True}, 64, "--remat --gradient_accumulation_steps=2 --overwrite_output_dir` starts anew"),
        ({"remat": True}, 1, "Choose a smaller --max_seq_length or a smaller model"),
    ],
)
def test_a_lack_of_memory_is_told_with_the_command_that_helps(options, rows, flags):
    config = replace(RunConfig(), **options)
    memory = StepMemory(dataclasses.replace(TINY, recomputes=config.device.remat), rows, 512, 1, most_parts=rows)
    error = lack_of_memory(
        tf.errors.ResourceExhaustedError(None, None, "OOM: tensor\nmore"), memory, config, "a b", "squad"
    )
    assert isinstance(error, TrainingError)
    assert str(error).startswith(f"Memory must suffice for {rows} rows of 512 pieces. Received: 'OOM: tensor'. ")
    assert flags in str(error)
    assert ("bert-tf squad '--config=a b/config.json'" in str(error)) == (rows > 1)


def test_a_full_disk_is_no_lack_of_memory():
    memory = StepMemory(TINY, 64, 512, 1, most_parts=64)
    full = tf.errors.ResourceExhaustedError(None, None, "/place/events; No space left on device")
    error = lack_of_memory(full, memory, RunConfig(), "/place", "classifier")
    assert isinstance(error, InputError)
    assert str(error).startswith("It must be possible to write in /place. Received: 'No space left on device'.")


def test_what_is_free_is_less_than_what_the_machine_has():
    free = free_memory(tf.distribute.OneDeviceStrategy("cpu:0"))
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert free is None or 0 < free < total


@pytest.mark.parametrize(
    ("limit", "stat", "expected"),
    [("1000", "anon 5\ninactive_file 30\n", 830), ("1000", "", 800), ("max", "inactive_file 30\n", None)],
)
def test_cached_files_of_a_control_group_are_no_memory_in_use(tmp_path, limit, stat, expected):
    for name, text in (("limit", limit), ("used", "200"), ("memory.stat", stat)):
        (tmp_path / name).write_text(text + "\n")
    assert room_of_group(str(tmp_path), "limit", "used") == expected
