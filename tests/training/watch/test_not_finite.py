import math

import pytest

from bert_tf.config.run import TrainConfig
from bert_tf.errors import InputError
from bert_tf.training.watch.not_finite import LEFT_OUT_FILE, LeftOut, LossWatch, ScaleWatch, rate_advice


def warnings(watch, reports):
    return [index for index, report in enumerate(reports) if watch.after(*report)]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([0.7, 0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2], []),
        ([0.7] * 5 + [0.1] * 5 + [0.7] * 5, [11]),  # 0.1 at best, and (3 x 0.1 + 2 x 0.7) / 5 > 0.1 + 0.2.
        ([0.05] * 5 + [0.2] * 9, []),  # A multiple, but of next to nothing.
        ([9.0] * 5 + [11.0] * 9, []),
        ([2.0] * 5 + [math.nan] * 5 + [9.0] * 2, [10]),  # (4 x 2 + 9) / 5 > 1.5 x 2.
    ],
)
def test_a_loss_far_above_its_best_is_told_once(losses, expected):
    assert warnings(LossWatch(), [(50, loss) for loss in losses]) == expected


def test_a_loss_is_looked_at_over_a_hundred_steps_at_least():
    assert warnings(LossWatch(), [(1, 0.1)] * 99 + [(1, 9.0)]) == []
    assert warnings(LossWatch(), [(1, 0.1)] * 100 + [(1, 9.0)] * 3) == [102]  # (97 x 0.1 + 3 x 9) / 100 > 0.3


def test_float16_that_does_not_do_is_told_once_of_each_kind():
    watch = ScaleWatch()
    reports = [(50, 4, 256.0), (50, 13, 256.0), (50, 40, 2.0), (50, 0, 1.0), (50, 50, 1.0)]
    assert warnings(watch, reports) == [1, 3]
    assert "13 of the last 50 updates" in ScaleWatch().after(50, 13, 256.0)
    assert "--precision=mixed_bfloat16 or float32" in ScaleWatch().after(50, 0, 1.0)


def test_what_is_left_out_stays_so_in_the_next_process(tmp_path):
    assert LeftOut.read(str(tmp_path)).steps == ()
    LeftOut().with_step(str(tmp_path), 12).with_step(str(tmp_path), 7)
    assert LeftOut.read(str(tmp_path)).steps == (7, 12)


@pytest.mark.parametrize("content", ["", "[]", '{"steps": 3}', '{"steps": ["x"]}', "{}"])
def test_a_damaged_list_is_no_list(tmp_path, content):
    (tmp_path / LEFT_OUT_FILE).write_text(content)
    with pytest.raises(InputError, match="must hold an object with steps"):
        LeftOut.read(str(tmp_path))


@pytest.mark.parametrize(
    ("options", "is_narrow", "expected"),
    [
        ({}, False, "Lower --learning_rate or raise --warmup_proportion"),
        ({}, True, "Lower --learning_rate or choose --precision=float32"),
        ({"warmup_proportion": 0.9}, False, "Lower --learning_rate"),
        ({"warmup_proportion": 0.9, "clip_norm": 0.0}, False, "Lower --learning_rate or set --clip_norm=1"),
        ({"learning_rate": 1e6}, False, "Lower --learning_rate, which is 1e+06; usual are 2e-5 to 5e-5"),
        (
            {"learning_rate": 1e6, "clip_norm": 0.0},
            True,
            "Lower --learning_rate, which is 1e+06; usual are 2e-5 to 5e-5",
        ),
    ],
)
def test_the_advice_names_what_the_options_leave_to_do(options, is_narrow, expected):
    assert rate_advice(TrainConfig(**options), is_narrow=is_narrow) == expected
