import pytest

from bert_tf.benchmark.figures import Figure, Group, Unit, format_table

GROUPS = [
    Group(
        "training",
        [
            Figure("step", "step, mean", Unit.MILLISECONDS, 1234.5),
            Figure("input", "input", Unit.MILLISECONDS, 3.0, share=0.00243),
        ],
    ),
    Group("prediction", [Figure("useful_tokens", "useful tokens", Unit.SHARE, 0.5)]),
]


def test_the_table_is_aligned_and_has_the_unit_in_each_line():
    assert format_table(GROUPS) == (
        "training\n"
        "  step, mean     1,234.50 ms\n"
        "    input            3.00 ms   0.2 %\n"
        "prediction\n"
        "  useful tokens      50.0 %\n"
    )


def test_names_in_json_tell_the_unit():
    assert GROUPS[0].entries == {"step_milliseconds": 1234.5, "input_milliseconds": 3.0, "input_share": 0.00243}
    assert GROUPS[1].entries == {"useful_tokens_share": 0.5}


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        (Unit.PER_SECOND, "12.3 /s"),
        (Unit.SECONDS, "12.3 s"),
        (Unit.MILLISECONDS, "12.35 ms"),
        (Unit.MEBIBYTES, "12 MiB"),
        (Unit.SHARE, "1,234.6 %"),
        (Unit.GIGAFLOP, "12.35 GFLOP"),
        (Unit.GIGAFLOP_PER_SECOND, "12.3 GFLOP/s"),
    ],
)
def test_numbers_are_rounded_to_what_matters(unit, shown):
    assert unit.shown(12.346) == shown
