import dataclasses
import json

import numpy as np
import pytest

from bert_tf import features
from bert_tf.config.run import OwnDataConfig, RunConfig, replace
from bert_tf.data.examples import Examples
from bert_tf.data.questions import Answer
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.data.table import Rows
from bert_tf.data.tokens import tokenize
from bert_tf.errors import InputError
from bert_tf.evaluation.divergence import find_divergence
from bert_tf.metrics.spans import SPAN_METRICS
from bert_tf.tasks.answers.space import IS_GIVEN
from bert_tf.tasks.answers.spans import Asked, Spans, label_of
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.own_questions import read_own_questions
from bert_tf.text.excerpts import LongText, Reading
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.vocabulary import parse_vocabulary

CONTEXT = "The cat sat. A dog ran to the old mill."
V2 = Spans(version_2_with_negative=True)


def examples(*answers):
    """A question for each list of answers, (text, first character)."""
    labels = [json.dumps(each) for each in answers]
    ids = [str(index) for index in range(len(answers))]
    return Examples("dev.json", ["Who?"] * len(ids), [CONTEXT] * len(ids), labels, ids, lines=["data[0]"] * len(ids))


def outputs(space, *spans):
    """Of each question the span, its probability and the odds of none."""
    columns = space.decided(np.array(spans, np.float32))
    return {**columns}


TARGETS = Spans().place(examples([["cat", 4]], [["dog", 15]], [], [["mill", 34], ["old mill", 30]], [["dog", 3]]))
# The right span, one word too many, a span where there is none, the second of two right ones, and nothing.
FOUND = ((4, 7, 0.9, -3), (13, 18, 0.5, -2), (4, 7, 0.4, 1), (30, 38, 0.8, -1), (15, 18, 0.2, 2))


def test_a_label_is_its_answers_and_one_is_learnt_where_it_stands_in_its_place():
    answers = (Answer("dög", -1, is_in_place=False), Answer("dog", 15, is_in_place=True))
    label = label_of(answers)
    assert label == '[["dög", -1], ["dog", 15]]'
    (asked,) = Spans().place(dataclasses.replace(examples([]), labels=[label]))
    assert asked == Asked(CONTEXT, answers)
    assert asked.learnt == answers[1]
    assert [TARGETS[index].learnt for index in (2, 4)] == [None, None]


def test_scores_are_means_over_questions_and_apart_where_there_may_be_no_answer():
    # "A dog" and "dog" are the same to the official scripts; "ran"-less nothing has no word in common.
    scores = V2.score(outputs(V2, *FOUND), TARGETS, V2.own_metrics())
    assert scores["exact_match"] == pytest.approx(4 / 5)  # The third is none at odds of 1, the fifth at 2.
    assert scores["exact_match_with_answer"] == pytest.approx(3 / 4)
    assert scores["exact_match_without_answer"] == 1.0
    given = dataclasses.replace(V2, null_threshold=5.0)
    assert given.score(outputs(given, *FOUND), TARGETS, ["exact_match"])["exact_match"] == pytest.approx(4 / 5)


def test_a_question_without_any_span_gets_no_answer_and_is_told_of():
    """The word that the original writes then is no answer, not even where a right one is spelled like it."""
    space, asked = Spans(n_best_size=1), Spans().place(examples([["empty", 4]], [["cat", 4]]))
    found = outputs(space, (-1, -1, 0.0, 0.0), (4, 7, 0.9, 0.0))
    assert space.texts(found, [CONTEXT, CONTEXT]) == ["", "cat"]
    assert space.score(found, asked, ["f1", "exact_match"]) == {"f1": 0.5, "exact_match": 0.5}
    assert space.tell_lack(found).startswith("1 question of 2 without any span: ")
    assert "--n_best_size=1" in space.tell_lack(found)
    assert space.tell_lack(outputs(space, *FOUND)) == ""


@pytest.mark.parametrize(("answers", "lacking"), [([["cat", 4]], "without"), ([], "with")])
def test_scores_of_questions_that_are_not_there_are_no_numbers_and_why_is_told(answers, lacking):
    asked = Spans().place(examples(answers))
    scores = V2.score(outputs(V2, FOUND[0]), asked, [f"exact_match_{lacking}_answer", "exact_match"])
    assert np.isnan(scores[f"exact_match_{lacking}_answer"])
    assert not np.isnan(scores["exact_match"])
    assert V2.why_no_number(asked) == f"no question of the dev set is one {lacking} an answer"


def test_the_threshold_is_fitted_to_the_dev_set_unless_it_was_chosen():
    # With everything given, the odds at which F1 is best lie above 2 or between: 1 has no answer, 2 is right.
    fitted = V2.fitted(outputs(V2, *FOUND[:4], (15, 18, 0.2, 0.5)), TARGETS)
    assert 0.5 < fitted.null_threshold < 1
    assert fitted.score(outputs(fitted, *FOUND[:4], (15, 18, 0.2, 0.5)), TARGETS, ["f1"])["f1"] == 1.0
    assert "0.75" in fitted.tell_fit()
    chosen = V2.configured(replace(RunConfig(), version_2_with_negative=True, null_score_diff_threshold=0.1))
    assert chosen.fitted(outputs(V2, *FOUND), TARGETS) is chosen
    assert chosen.fitted_like(fitted).null_threshold == 0.1
    assert V2.fitted_like(fitted).null_threshold == fitted.null_threshold
    assert Spans().fitted(outputs(Spans(), *FOUND), TARGETS) == Spans()


def test_evidence_and_news_are_of_the_answers():
    evidence = V2.evidence(outputs(V2, *FOUND), TARGETS)
    assert (evidence.varies, evidence.beats_constant) == (True, True)
    # F1 of own spans 1, 1, 1, 1, 0 and of the next ones 0: the mean of the differences is 0.8, their deviation 0.4.
    assert evidence.correlation == pytest.approx(0.8 / 0.4)
    nothing = V2.evidence(outputs(V2, *[(0, 3, 0.4, 9)] * 5), TARGETS)
    assert (nothing.varies, nothing.beats_constant) == (False, False)
    assert V2.has_news(TARGETS)
    assert not V2.has_news(TARGETS[[1, 1]])


def test_what_there_is_to_say_of_a_file():
    asked = examples([["cat", 4]], [], [["dog", 3]])
    assert V2.describe(asked) == "2 questions with an answer, 1 without, 1 question with none in its place"
    assert V2.tally(asked) == {"with an answer": 2, "without one": 1}


@pytest.mark.parametrize("call", [lambda: Spans().named(("a",)), lambda: Spans().balanced_weights(TARGETS)])
def test_what_is_for_labels_is_refused(call):
    with pytest.raises(InputError, match=r"answers are spans|task with spans"):
        call()


# Answers of each public file that are learnt, and how many of them begin or end inside of a word piece.
FILES = [
    ("xquad/xquad.en.json", "uncased", 1190, 1),
    ("xquad/xquad.zh.json", "chinese", 1190, 0),
    ("policyqa/dev.json", "uncased", 1939, 39),
    ("subjqa/dev-v2.json", "uncased", 625, 0),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "vocabulary", "count", "inside_pieces"), FILES)
def test_right_pieces_give_the_answer_exactly_as_it_was_written(shared, name, vocabulary, count, inside_pieces):
    path = str(shared / "data" / name)
    is_v2 = "v2" in name
    config = replace(RunConfig(own_data=OwnDataConfig()), version_2_with_negative=is_v2)
    asked = read_own_questions(path, config, DEV)
    asked = asked.rows([index for index, label in enumerate(asked.labels) if label != "[]"])
    assert len(asked) == count
    folder = next((shared / "data" / "bert_vocabs").glob(f"*{vocabulary}*"))
    file = folder if folder.is_file() else folder / "vocab.txt"
    step = TextStep(
        parse_vocabulary(file.read_bytes(), str(file)),
        lower_case=True,
        max_seq_length=384,
        reading=Reading(LongText.HEAD, 128),
        template=Template.CONTEXT,
    )
    space = Spans(max_answer_length=10**6, version_2_with_negative=False)
    targets = space.place(asked)
    table = tokenize(asked, targets, step.rows, columns=space.columns)
    logits = np.zeros((len(table.columns[features.INPUT_IDS].values), 2), np.float32)
    for side, name_of_side in enumerate((features.START_POSITIONS, features.END_POSITIONS)):
        positions = table.columns[name_of_side].values
        logits[table.row_splits[:-1] + positions, side] = 9 * (positions > 0)
    columns = space.found(logits[:, 0], logits[:, 1], table, [each.context for each in targets])
    assert columns[IS_GIVEN].all()
    texts = space.texts(columns, [each.context for each in targets])
    firsts, ends = (table.columns[name].values for name in (features.FIRST_CHARS, features.END_CHARS))
    rows = np.repeat(table.example_index, table.lengths)
    wrong, inside = [], 0
    for index, (text, each) in enumerate(zip(texts, targets, strict=True)):
        answer = each.learnt
        own = rows == index
        on_borders = answer.start in firsts[own] and answer.start + len(answer.text) in ends[own]
        inside += not on_borders
        if text != answer.text and on_borders:
            wrong.append((text, answer.text))
    assert wrong == []
    assert inside == inside_pieces


def test_a_training_set_is_left_without_what_can_not_be_learnt(tmp_path):
    paragraphs = [{"context": CONTEXT, "qas": [
        {"id": str(n), "question": "Who?", "answers": [{"text": "dog", "answer_start": start}]}
        for n, start in enumerate((15, -1, 3))
    ]}]  # fmt: skip
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"data": [{"title": "x", "paragraphs": paragraphs}]}))
    train, dev = (read_own_questions(str(path), RunConfig(), split) for split in (TRAIN, DEV))
    assert train.ids == dev.ids == ["0", "1", "2"]
    train = Spans().learnable(train)
    assert train.ids == ["0"]
    assert Spans().learnable(train) == train
    assert "2 questions left out, whose answers stand elsewhere than answer_start says" in train.summary()
    assert train.groups == ["x"]


def test_a_model_that_says_no_numbers_answers_nothing_and_that_is_divergence():
    ids = np.zeros(3, np.int32)
    anchors = dict.fromkeys((features.FIRST_CHARS, features.END_CHARS, features.IS_MAX_CONTEXT), ids)
    table = Rows(ids, ids, np.array([0, 3]), np.array([0]), anchors=anchors).table({})
    logits = np.array([0.0, np.nan, 0.0], np.float32)
    columns = Spans().found(logits, np.zeros(3, np.float32), table, [CONTEXT])
    assert Spans().texts(columns, [CONTEXT]) == [""]
    assert find_divergence(0.5, columns, TARGETS[:1], Spans()).endswith("not a finite number")


def test_no_questions_have_no_answers():
    nothing = np.zeros(0, np.int32)
    anchors = dict.fromkeys((features.FIRST_CHARS, features.END_CHARS, features.IS_MAX_CONTEXT), nothing)
    table = Rows(nothing, nothing, np.array([0]), nothing, anchors=anchors).table({})
    for space in (Spans(), V2):
        columns = space.found(nothing.astype(np.float32), nothing.astype(np.float32), table, [])
        assert space.texts(columns, []) == []


@pytest.mark.parametrize("metric", ["f1_with_answer", "exact_match_with_answer", "exact_match_without_answer"])
def test_a_metric_of_version_2_decides_nothing_where_every_question_has_an_answer(metric):
    task = CUSTOM.answering(Spans()).configured(RunConfig())
    with pytest.raises(InputError, match=rf"--metric must be a score .*'{metric}'. Known: f1, exact_match, loss\.$"):
        task.chosen_by(metric)
    of_version_2 = task.configured(replace(RunConfig(), version_2_with_negative=True))
    assert of_version_2.metric == "f1"
    assert of_version_2.chosen_by(metric).metric == metric
    assert set(of_version_2.metrics) == set(SPAN_METRICS)
    assert of_version_2.configured(RunConfig()).metrics == ("f1", "exact_match")
