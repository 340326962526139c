"""What an editor and mypy know of the public functions is what the options are."""

import inspect
import os
import subprocess
import sys
import types
import typing

import pytest

import bert_tf
from bert_tf.config.options import Option
from bert_tf.config.run import OPTIONS
from tests import stub
from tests.conftest import ROOT

USER = """
import pathlib
import bert_tf
scores = bert_tf.finetune(output_dir=pathlib.Path("x"), learning_rate=1e-4, labels=["a", "b"], class_weights={"a": 1})
accuracy: float = scores["eval_accuracy"]
bert_tf.finetune(train_file=[{"text": "a", "label": 1}], do_lower_case=None, batching="packed")
answers = bert_tf.Predictor("x", predict_batch_size=4)(["a"])
try:
    pass
except bert_tf.BertTfError as error:
    error.details
"""
MISTAKES = (
    'bert_tf.finetune(learning_rat=1e-4)  # Unexpected keyword argument "learning_rat"',
    'bert_tf.finetune(learning_rate="fast")  # "learning_rate" to "finetune" has incompatible type "str"',
    'bert_tf.finetune(batching="paked")  # "batching" to "finetune" has incompatible type "Literal[\'paked\']"',
    'bert_tf.finetune(train_batch_size=0.5)  # expected "int"',
    'bert_tf.finetune("x")  # Too many positional arguments',
    'bert_tf.Predictor("x", num_seeds=3)  # Unexpected keyword argument "num_seeds"',
    'scores["eval_accuracy"].lower()  # "float" has no attribute "lower"',
    'bert_tf.fine_tune()  # Module has no attribute "fine_tune"',
)


def test_the_function_shows_every_option_with_its_type_and_default():
    shown = dict(inspect.signature(bert_tf.finetune).parameters)
    assert {each.kind for each in shown.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert shown.pop("config").default is None
    assert shown.pop("task").default is None
    assert list(shown) == list(OPTIONS)
    for name, option in OPTIONS.items():
        assert shown[name].default == option.default
        assert type(shown[name].default) is type(option.default)
        assert accepted(shown[name].annotation) >= needed(option), name


def accepted(annotation: str) -> set[object]:
    """The types that an annotation names."""
    names = {
        "Mapping": typing.Mapping,
        "Sequence": typing.Sequence,
        "_Rows": list,
        "_Path": str | os.PathLike,
    }
    kind = eval(annotation, {**vars(typing), **names})
    return set(typing.get_args(kind)) if isinstance(kind, types.UnionType | typing._UnionGenericAlias) else {kind}


def needed(option: Option) -> set[object]:
    kind = typing.Literal[option.rules.choices] if option.rules.choices else option.kind
    return {kind, type(None)} if option.is_optional else {kind}


def test_the_stub_is_that_of_the_options():
    assert stub.PATH.read_text(encoding="utf-8") == stub.stub(), "Make it anew: python -m tests.stub"


@pytest.mark.slow
def test_mypy_finds_the_mistakes_of_a_user_and_no_others(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(USER + "\n".join(MISTAKES))
    command = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", str(tmp_path), str(program)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "MYPYPATH": str(ROOT)}
    )
    told = [line for line in done.stdout.splitlines() if ": error: " in line]
    first = USER.count("\n") + 1
    for number, mistake in enumerate(MISTAKES, start=first):
        found = [line for line in told if line.startswith(f"program.py:{number}:")]
        assert any(mistake.split("  # ")[1] in line for line in found), done.stdout
    assert {int(line.split(":")[1]) for line in told} == set(range(first, first + len(MISTAKES))), done.stdout


def test_types_are_part_of_the_package():
    text = (ROOT / "setup.py").read_text()
    assert '"bert_tf": ["py.typed", "*.pyi"]' in text
