import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.doctor_inputs import prepare_doctor
from bert_tf.cli.flags import parse
from bert_tf.cli.main import main
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


@pytest.mark.parametrize("command", FAMILIES)
def test_help_lists_the_flags_of_the_family_and_all_of_them_are_taken(command, capsys):
    assert main([command, "--help"]) == 0
    told = capsys.readouterr().out
    own = {"squad": "answer_start_column", "tagger": "crf", "choice": "start_column"}
    for family, name in own.items():
        assert (f"--{name} " in told or f"--[no]{name} " in told) is (family == command), name
    assert ("--question_column" in told) is (command in ("squad", "choice"))
    assert ("CoNLL columns, JSON or JSON Lines" in " ".join(told.rpartition("  --train_file ")[2].split())) is (
        command == "tagger"
    )
    assert set(COMMANDS[command].options) == set(OPTIONS)


@pytest.mark.parametrize("words", [["--train_file=x.conll"], ["--train_file=x.csv", "--file_format=conll"]])
def test_the_doctor_says_how_sentences_with_tags_are_named(words):
    with pytest.raises(InputError, match="--kind=tags"):
        prepare_doctor(parse(words, COMMANDS["doctor"].options, COMMANDS["doctor"].own_options))
