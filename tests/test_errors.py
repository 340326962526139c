import pytest

from bert_tf.errors import InputError, TrainingError, nearest


def test_a_message_is_one_line_with_rule_value_and_fix():
    error = InputError("The rule holds.", received="a\nb", fix="Do this")
    assert str(error) == "The rule holds. Received: 'a\\nb'. Do this."


def test_a_question_ends_with_its_own_mark():
    assert str(InputError("A rule", fix="Did you mean 'x'?")) == "A rule. Did you mean 'x'?"


def test_wrong_input_exits_with_2_and_a_failure_with_1():
    assert (InputError("x").exit_status, TrainingError("x").exit_status) == (2, 1)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("colla", "Did you mean 'cola'?"), ("CoLA", "Did you mean 'cola'?"), ("zzz", "Known: cola, mrpc")],
)
def test_the_nearest_name_is_offered_or_all_of_them(name, hint):
    assert nearest(name, ["mrpc", "cola"]) == hint


@pytest.mark.parametrize("char", ["\x1b", "\u202e", "\u2066", "\u200b", "\ud800", "\u3164", "\U000e0041"])
def test_nothing_is_hidden_in_any_part_of_a_message(char):
    name = f"a{char}b"
    error = InputError(f"{name} must be there", received=name, fix=f"Set {name}", details=(f"row {name}",))
    escaped = name.encode("unicode_escape").decode()
    assert str(error) == f"{escaped} must be there. Received: '{escaped}'. Set {escaped}."
    assert error.details == (f"row {escaped}",)
