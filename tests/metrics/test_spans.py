"""SQuAD's own scripts are the referee. They are run as files: the package that holds them is no part of ours."""

import importlib.metadata
import importlib.util
import itertools
import json
import math
import random
import string

import numpy as np
import pytest

from bert_tf.metrics import spans

ODD_TEXTS = [
    "", " ", "the", "The  a AN", ".", "A.", "«le»", "Łódź", "ǅ", "İstanbul", "ﬁn", "U.S.", "the U.S", "us", "U S",
    "42", "4,2", "中文", "中 文", "a中", "cat cat the dog", "dog cat", "cat\tdog\u2028cat", "an-other", "Thé",
]  # fmt: skip
WORDS = ["a", "the", "cat", "dog", "Dog,", "red", "42", "中"]


def official(name):
    """The module of an official script."""
    files = importlib.metadata.files("tf-models-official") or []
    path = next(path.locate() for path in files if path.name == name)
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script_1_1():
    return official("squad_evaluate_v1_1.py")


@pytest.fixture(scope="module")
def script_2_0():
    return official("squad_evaluate_v2_0.py")


def data_set(answers):
    qas = [{"id": str(i), "answers": [{"text": text} for text in right]} for i, right in enumerate(answers)]
    return [{"paragraphs": [{"qas": qas}]}]


def by_id(values):
    return {str(index): value for index, value in enumerate(values)}


def made_up(seed, *, with_negative):
    """Predictions, answers and odds, some of which are equal."""
    chance = random.Random(seed)
    count = chance.choice([1, 2, 7, 60])

    def text():
        return chance.choice(ODD_TEXTS) if chance.random() < 0.3 else " ".join(chance.choices(WORDS, k=3))

    answers = [[text() for _ in range(chance.randrange(0 if with_negative else 1, 4))] for _ in range(count)]
    predictions = [chance.choice([*right, "", text()]) if chance.random() < 0.7 else text() for right in answers]
    odds = [chance.choice([-2.0, 0.0, 0.5, 1.0, 3.0, chance.gauss(0, 3)]) for _ in range(count)]
    return predictions, answers, odds


def test_odd_texts_are_compared_as_the_official_scripts_do(script_1_1, script_2_0):
    for one, other in itertools.product(ODD_TEXTS, repeat=2):
        assert spans.normalise_answer(one) == script_2_0._normalize_answer(one)
        by_1_1 = script_1_1.evaluate(data_set([[other]]), {"0": one})
        scores = spans.score_answers([one], [[other]], version_2_with_negative=False)
        assert (scores.exact[0], scores.f1[0]) == (by_1_1["exact_match"], by_1_1["final_f1"]), (one, other)
        exact, f1 = script_2_0._get_raw_scores(data_set([[other]]), {"0": one})
        scores = spans.score_answers([one], [[other]], version_2_with_negative=True)
        assert (scores.exact[0], scores.f1[0]) == (exact["0"], f1["0"]), (one, other)


@pytest.mark.parametrize("seed", range(20))
def test_scores_of_version_1_equal_the_official_script(script_1_1, seed):
    predictions, answers, _ = made_up(seed, with_negative=False)
    expected = script_1_1.evaluate(data_set(answers), by_id(predictions))
    scores = spans.score_answers(predictions, answers, version_2_with_negative=False)
    found = spans.official_scores_1_1(scores)
    assert found["exact_match"] == pytest.approx(100 * expected["exact_match"], rel=1e-12)
    assert found["f1"] == pytest.approx(100 * expected["final_f1"], rel=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_scores_and_thresholds_of_version_2_equal_the_official_script(script_2_0, seed):
    predictions, answers, odds = made_up(seed, with_negative=True)
    expected = script_2_0.evaluate(data_set(answers), by_id(predictions), by_id(odds))
    expected = {name.replace("final", "best"): value for name, value in expected.items() if not name.startswith("pr_")}
    scores = spans.score_answers(predictions, answers, version_2_with_negative=True)
    found = spans.official_scores_2_0(scores, np.array(odds))
    assert found == pytest.approx(expected, rel=1e-12)
    for name in ("best_exact_thresh", "best_f1_thresh"):
        assert found[name] == expected[name]


def test_without_odds_nothing_is_said_of_thresholds(script_2_0):
    predictions, answers, _ = made_up(3, with_negative=True)
    expected = script_2_0.evaluate(data_set(answers), by_id(predictions))
    scores = spans.score_answers(predictions, answers, version_2_with_negative=True)
    found = spans.official_scores_2_0(scores)
    assert found == pytest.approx({name: expected[name] for name in found}, rel=1e-12)
    assert not [name for name in found if "best" in name]


def test_every_mark_of_punctuation_is_dropped_and_no_other():
    assert spans.normalise_answer(string.punctuation) == ""
    assert spans.normalise_answer("«¿。»") == "«¿。»"


@pytest.mark.parametrize("seed", range(40))
def test_the_fitted_threshold_is_one_that_can_be_used_and_no_other_is_better(seed):
    """Every threshold that decides differently is tried."""
    _, answers, odds = made_up(seed, with_negative=True)
    has_answer, odds = np.array(list(map(bool, answers))), np.array(odds)
    scores = np.where(has_answer, np.random.default_rng(seed).integers(0, 3, len(odds)) / 2, 0.0)

    def total(threshold):
        return np.where(odds > threshold, ~has_answer, scores).sum()

    tried = [-1e9, 0.0, *odds, *(np.nextafter(odds, np.inf))]
    fitted = spans.fit_null_threshold(scores, has_answer, odds)
    assert total(fitted) == max(map(total, tried))
    assert total(0.0) < total(fitted) or fitted == 0.0
    assert fitted == 0.0 or fitted not in odds


def test_where_nothing_should_be_answered_the_fitted_threshold_says_so():
    odds = np.array([-3.0, -2.0])
    fitted = spans.fit_null_threshold(np.zeros(2), np.zeros(2, bool), odds)
    assert (odds > fitted).all()


def test_shares_are_those_of_the_parts():
    scores = spans.score_answers(["", "red", "cat"], [[], [], ["cat", "dog"]], version_2_with_negative=True)
    found = {name: metric(scores) for name, metric in spans.SPAN_METRICS.items()}
    assert found == {
        "exact_match": 2 / 3,
        "f1": 2 / 3,
        "exact_match_with_answer": 1,
        "f1_with_answer": 1,
        "exact_match_without_answer": 1 / 2,
    }


def test_without_questions_there_is_no_score():
    scores = spans.score_answers([], [], version_2_with_negative=True)
    assert math.isnan(spans.exact_match(scores))
    assert spans.fit_null_threshold(scores.f1, scores.has_answer, np.zeros(0)) == 0.0


def test_version_1_has_an_answer_to_every_question():
    with pytest.raises(ValueError, match="must have an answer"):
        spans.score_answers(["a"], [[]], version_2_with_negative=False)


@pytest.mark.parametrize("name", ["xquad/xquad.en", "xquad/xquad.zh", "policyqa/dev", "subjqa/dev-v2"])
def test_scores_on_public_files_equal_the_official_scripts(shared, script_1_1, script_2_0, name):
    """Predictions are answers that were made longer or shorter, or none at all."""
    tree = json.loads((shared / "data" / f"{name}.json").read_text(encoding="utf-8"))["data"]
    chance = random.Random(name)
    predictions, answers, odds = {}, [], {}
    for paragraph in (paragraph for article in tree for paragraph in article["paragraphs"]):
        for entry in paragraph["qas"]:
            answers.append([answer["text"] for answer in entry["answers"]])
            start = chance.choice(entry["answers"])["answer_start"] if entry["answers"] else 0
            cut = paragraph["context"][max(start - chance.randrange(9), 0) : start + chance.randrange(30)]
            predictions[entry["id"]] = chance.choice([*answers[-1], cut, cut, ""])
            odds[entry["id"]] = round(chance.gauss(0, 3), 2)
    found = list(predictions.values())
    if "v2" not in name:
        expected = script_1_1.evaluate(tree, predictions)
        ours = spans.official_scores_1_1(spans.score_answers(found, answers, version_2_with_negative=False))
        assert [*ours.values()] == pytest.approx([100 * value for value in expected.values()], rel=1e-12)
    expected = script_2_0.evaluate(tree, predictions, odds)
    scores = spans.score_answers(found, answers, version_2_with_negative=True)
    ours = spans.official_scores_2_0(scores, np.array(list(odds.values())))
    assert ours == pytest.approx({name: expected[name.replace("best", "final")] for name in ours}, rel=1e-12)
