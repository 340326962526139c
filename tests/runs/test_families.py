import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.config.run import OPTIONS
from bert_tf.errors import InputError
from bert_tf.runs.families import CLASSIFIER, FAMILIES, of_family
from bert_tf.tasks.registry import TASKS


def test_every_task_and_every_kind_that_may_be_typed_has_a_family():
    taken = {kind for family in FAMILIES.values() for kind in family.kinds}
    assert {task.answers.kind for task in TASKS.values()} <= taken
    assert set(OPTIONS["kind"].rules.choices) <= taken


def test_every_family_is_a_command_that_writes():
    for name, family in FAMILIES.items():
        assert name == family.command
        assert COMMANDS[name].writes
        assert COMMANDS[name].summary == family.summary


def test_sentences_are_packed_and_contexts_have_long_rows_unless_something_else_is_typed():
    assert FAMILIES["tagger"].defaults == {"batching": "packed"}
    assert COMMANDS["squad"].defaults["max_seq_length"] == "384"
    assert CLASSIFIER.defaults == {}


def test_a_task_of_another_family_is_refused_with_its_command():
    CLASSIFIER.check(TASKS["cola"])
    with pytest.raises(InputError, match=r"Received: 'demo-tags, with tags'\. Call bert-tf tagger"):
        CLASSIFIER.check(TASKS["demo-tags"])


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.command)
def test_a_kind_of_another_family_is_refused_before_a_file_is_read(family):
    for kind in OPTIONS["kind"].rules.choices:
        typed = parse([f"--kind={kind}", "--train_file=/there/is/none"], COMMANDS[family.command].options)
        if kind in family.kinds:
            assert of_family(typed, family).config().own_data.kind == kind
            continue
        (other,) = [each.command for each in FAMILIES.values() if kind in each.kinds]
        with pytest.raises(InputError, match=rf"--kind={kind}'\. Call bert-tf {other}\.?$"):
            of_family(typed, family)
