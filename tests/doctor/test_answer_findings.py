"""What the doctor tells of questions whose answers are spans; every expected number is counted by hand."""

import json

import pytest

from bert_tf.cli.main import main
from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.examples import Examples
from bert_tf.data.questions import Answer
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.doctor.answer_findings import look_at_answers, read_answers
from bert_tf.doctor.answer_places import look_at_places
from bert_tf.doctor.findings import Severity
from bert_tf.tasks.answers.spans import Spans, label_of
from bert_tf.tasks.assets import Assets
from bert_tf.text.vocabulary import REQUIRED, Vocabulary
from tests.conftest import DEMO_CHECKPOINT

WORDS = ("a", "b", "c", "d", "##d", "?")
# Rows of 10: with a question of one piece six pieces of the context fit, and the next window begins three later.
OPTIONS = replace(RunConfig(), max_seq_length=10, max_query_length=2, doc_stride=3, max_answer_length=4)


def examples_of(rows):
    """Questions, contexts, and answers as text and start."""
    labels = [label_of([Answer(text, start, True) for text, start in answers]) for _, _, answers in rows]
    return Examples(
        "x.json", [q for q, _, _ in rows], [c for _, c, _ in rows], labels, list(map(str, range(len(rows))))
    )


def facts_of(rows):
    entries = (*REQUIRED, *WORDS)
    assets = Assets(EncoderConfig(vocab_size=len(entries)), Vocabulary(entries), b"", True, True)
    return read_answers(examples_of(rows), assets, OPTIONS, Spans(version_2_with_negative=True))


def test_everything_is_counted():
    found = facts_of(
        [
            ("a", "a b c", [("b", 2)]),  # One window with the answer of one piece.
            ("a b c", "a b c", [("b c", 2)]),  # The question has a piece too many.
            ("a", "a b c a b c a b c", [("a b c a b", 0)]),  # Windows 0-5 and 3-8: whole in the first alone; 5 pieces.
            ("a", "a b c a b c a b c", [("b c a b c a b", 2)]),  # Seven pieces, and whole in neither.
            ("a", "a dd c", [("d", 2)]),  # Half of what is d and ##d: the first piece is right.
            ("a", "a b", []),
            ("a", "a b", [("b", 0)]),  # Not in its place.
        ]
    )
    assert (found.questions, found.cut_questions, found.read_in_windows) == (7, 1, 2)
    assert found.windows == 5 + 2 + 2
    assert found.windows_without == 1 + 2
    assert found.lengths.tolist() == [1, 2, 5, 7, 1]
    assert found.lost == 1
    assert found.inside == 0


def test_an_answer_inside_a_piece_is_counted():
    # "b" is a piece of its own beside "bb" being unknown as a whole: [UNK] stands for both letters.
    found = facts_of([("a", "a bb c", [("b", 2)]), ("a", "a bb c", [("b", 3)]), ("a", "a bb c", [("bb", 2)])])
    assert found.inside == 2


def test_many_are_warned_of_and_few_are_told():
    rows = [("a", "a b c a b c a b c", [("a b c a b", 0)])]
    section = look_at_answers({TRAIN: facts_of(rows)}, OPTIONS)
    assert [(each.severity, "--max_answer_length=4" in each.what) for each in section.findings] == [
        (Severity.WARNING, True)
    ]
    assert "Set --max_answer_length=5" in section.findings[0].fix
    fine = look_at_answers({TRAIN: facts_of([("a", "a b", [("b", 2)])])}, OPTIONS)
    assert [each.severity for each in fine.findings] == [Severity.OK]
    none = look_at_answers({DEV: facts_of([("a", "a b", [])])}, OPTIONS)
    assert [each.severity for each in none.findings] == [Severity.OK]


def test_answers_that_are_elsewhere_are_counted_with_their_places():
    examples = examples_of(
        [("a", "a b", [("b", 0)]), ("a", "a b", [("b", 2)]), ("a", "a b", [("a", -1), ("b", 2)]), ("a", "a b", [])]
    )
    (found,) = look_at_places({TRAIN: examples}, Spans())
    assert "train: 2 of 4 examples (ids 0, 2) have answers that are not where their start says" in found.what
    assert "nothing can be learnt from 1 of them" in found.what
    assert look_at_places({TRAIN: examples.rows([1, 3])}, Spans())[0].severity is Severity.OK


@pytest.mark.slow
def test_the_doctor_looks_at_questions_as_squad_would(tmp_path, capsys):
    context = "The old queen sleeps near the river."
    qas = [
        {"id": "1", "question": "Who sleeps?", "answers": [{"text": "The old queen", "answer_start": 0}]},
        {"id": "2", "question": "Who?", "answers": [{"text": "queen", "answer_start": 3}]},
    ]
    tree = {"data": [{"title": "t", "paragraphs": [{"context": context, "qas": qas}]}]}
    (tmp_path / "train.json").write_text(json.dumps(tree))
    flags = ["--kind=spans", f"--train_file={tmp_path}/train.json", f"--init_checkpoint={DEMO_CHECKPOINT}"]
    assert main(["doctor", *flags, "--max_seq_length=128", "--train_batch_size=1"]) == 0
    told = capsys.readouterr().out
    assert "train: 1 of 2 examples (at data[0].paragraphs[0].qas[1]) has answers that are not where" in " ".join(
        told.split()
    )
    assert "answers in word pieces" in told
    assert main(["doctor", *flags]) == 1  # 384, as bert-tf squad has it, is more than the demo has positions.
    assert "384" in capsys.readouterr().out
    assert main(["doctor", *flags, "--fix"]) == 2
    assert "--fix copies files of texts with labels" in capsys.readouterr().err
