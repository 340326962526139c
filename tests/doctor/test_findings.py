from bert_tf.doctor.findings import (
    Section,
    Severity,
    aligned,
    bar,
    blocker,
    blocking,
    count,
    name,
    ok,
    percent,
    render,
    verdict,
    warning,
)
from bert_tf.errors import InputError


def test_a_section_shows_its_facts_and_marks_what_matters():
    section = Section("data", ["12 rows", ""], [ok("good"), warning("odd", "Look"), blocker("x" * 60 + " " + "y" * 60)])
    assert render(section).split("\n") == [
        "data",
        "  12 rows",
        "",
        "  ok      good",
        "  WARNING odd",
        "          -> Look",
        "  BLOCKER " + "x" * 60,
        "          " + "y" * 60,
        "",
    ]


def test_facts_that_are_too_long_go_on_below():
    lines = render(Section("data", ["train   " + "fact " * 30])).split("\n")
    assert max(map(len, lines)) <= 110
    assert lines[2].startswith(" " * 10 + "fact")


def test_the_verdict_counts_and_says_whether_the_run_can_start():
    sections = [Section("a", findings=[warning("w"), ok("o")]), Section("b", findings=[warning("w")])]
    assert verdict(sections) == "0 blockers, 2 warnings: the run can start"
    sections.append(Section("c", findings=[blocker("b")]))
    assert verdict(sections) == "1 blocker, 2 warnings: the run would end before it has trained"
    assert [count(sections, severity) for severity in Severity] == [1, 2, 1]


def test_a_complaint_becomes_a_blocker_and_the_rest_goes_on():
    findings = []
    with blocking(findings):
        raise InputError("It must be so", received=3, fix="Do it")
    assert findings == [blocker("It must be so. Received: 3. Do it")]


def test_columns_stand_under_one_another_also_with_wide_characters():
    rows = [["", "n", ""], ["好的", "1,000", "5%", "##"], ["a", "7", "100%", "# x"]]
    assert aligned(rows) == ["           n", "好的   1,000     5%   ##", "a          7   100%   # x"]


def test_shares_and_bars_of_something_are_never_nothing():
    assert [percent(1, 8), percent(0, 8), percent(1, 10_000), percent(0, 0)] == ["12.5%", "0.0%", "<0.1%", "0.0%"]
    assert [len(bar(part, 1000)) for part in (1000, 500, 1, 0)] == [24, 12, 1, 0]


def test_names_fit_and_can_be_printed():
    assert name("plain") == "plain"
    assert name("a\nb") == "'a\\nb'"
    assert name("") == "''"
    assert name("a\u202eb") == r"'a\u202eb'"
    assert name("a\u3164") == r"'a\u3164'"
    assert name("中\u00a0") == r"'中\xa0'"
    assert name("x" * 40) == "x" * 25 + "..."


def test_a_section_shows_names_of_strangers_without_obeying_them():
    section = Section("data", ["train \x1b[2J"], [warning("label \u202eb", "Look at \u200bit")])
    assert render(section) == "data\n  train \\x1b[2J\n  WARNING label \\u202eb\n          -> Look at \\u200bit\n"
