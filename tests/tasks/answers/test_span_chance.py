import numpy as np
import pytest

from bert_tf.data.questions import Answer
from bert_tf.evaluation.divergence import find_divergence
from bert_tf.tasks.answers.span_chance import WordPlaces
from bert_tf.tasks.answers.spans import Asked, Spans

COUNT, WORDS = 100, 12
V1, V2 = Spans(), Spans(version_2_with_negative=True)
CHANCE, SAME = "its answers can't be told from chance (correlation ", "it answers the same for every example"


def span_of(context, first, count=1):
    """The characters of words of a context whose words have single spaces between."""
    words = context.split(" ")
    start = len(" ".join(words[:first])) + (first > 0)
    return start, start + len(" ".join(words[first : first + count]))


def questions(places, size_of_words=(2, 9), first_word="the"):
    """A question for each number of the word that is its answer, with a context of random words of random sizes."""
    rng = np.random.default_rng(0)
    asked = np.empty(len(places), object)
    for index, place in enumerate(places):
        sizes = rng.integers(*size_of_words, WORDS)
        words = [first_word, *("".join(rng.choice(list("bcdfghklmnpqrstvwxyz"), size)) for size in sizes)]
        context = " ".join(words)
        start, end = span_of(context, place)
        asked[index] = Asked(context, (Answer(context[start:end], start, is_in_place=True),))
    return asked


def divergence(asked, chosen, space=V1):
    """What is said of a model that answers with words of each context: the first, and how many."""
    spans = [
        span_of(each.context, *(where if isinstance(where, tuple) else (where,)))
        for each, where in zip(asked, chosen, strict=True)
    ]
    columns = space.decided(np.column_stack([spans, np.full((len(spans), 2), [0.9, -1.0])]).astype(np.float32))
    return find_divergence(1.0, columns, asked, space)


@pytest.mark.parametrize("sizes", [(5, 6), (2, 9)], ids=["words of one size", "words of any size"])
@pytest.mark.parametrize("right", [0.75, 1.0])
def test_answers_that_are_right_are_learnt_though_all_stand_at_one_place(sizes, right):
    asked = questions([1] * COUNT, sizes)
    assert {each.answers[0].start for each in asked} == {4}
    rng = np.random.default_rng(1)
    chosen = np.where(rng.random(COUNT) < right, 1, rng.integers(2, WORDS, COUNT)).tolist()
    assert divergence(asked, chosen) == ""


@pytest.mark.parametrize("place", [0, 3, 9])
@pytest.mark.parametrize("stand", ["together", "apart"])
def test_a_place_that_is_always_the_same_is_not_learnt_though_it_is_right_now_and_then(place, stand):
    rng = np.random.default_rng(2)
    places = [1] * COUNT if stand == "together" else rng.permutation(np.arange(COUNT) % WORDS).tolist()
    assert divergence(questions(places), [place] * COUNT).startswith((CHANCE, SAME))


@pytest.mark.parametrize("space", [V1, V2])
@pytest.mark.parametrize("stand", ["together", "apart"])
def test_random_spans_are_hardly_ever_taken_for_knowledge(space, stand):
    rng = np.random.default_rng(3)
    asked = questions([1] * COUNT if stand == "together" else rng.integers(0, WORDS, COUNT).tolist())
    said = [
        divergence(
            asked, list(zip(rng.integers(0, 9, COUNT).tolist(), rng.integers(1, 4, COUNT).tolist(), strict=True)), space
        )
        for _ in range(40)
    ]
    assert sum(each.startswith(CHANCE) for each in said) >= 36  # By chance one in forty is beyond it.


def test_right_answers_are_learnt_where_neighbours_have_the_same_place():
    places = [1] * (COUNT // 2) + [7] * (COUNT // 2)  # The span of the next question fits all questions but two.
    chosen = [*places[:-20], *[3] * 20]
    assert divergence(questions(places, (5, 6)), chosen) == ""


def test_one_text_that_is_always_given_is_not_learnt_though_it_is_mostly_right():
    asked = questions([0] * 80 + [2] * 20)
    assert divergence(asked, [0] * COUNT) == SAME


def test_the_message_says_what_the_correlation_is_of():
    asked = questions([1] * COUNT)
    rng = np.random.default_rng(5)
    told = divergence(asked, rng.integers(4, WORDS, COUNT).tolist())
    assert told.endswith(
        f", below {2 / COUNT**0.5:.3f}; of F1 with the right spans, less that with spans of other questions)"
    )


def test_places_are_counted_in_words_and_in_characters_of_chinese():
    here = WordPlaces("Two cats, ran 北京a.")
    assert [here.of(span) for span in [(0, 3), (4, 9), (5, 7), (14, 16), (3, 4)]] == [
        (0, 1),
        (1, 2),
        (1, 1),
        (4, 2),
        (1, 1),
    ]
    assert [here.at(place) for place in [(1, 2), (5, 2), (7, 1), (8, 1)]] == [(4, 9), (15, 17), (17, 18), (-1, -1)]
    assert WordPlaces("").at((0, 1)) == (-1, -1)
    assert here.moved((2, 3), of=4) == (14, 17)  # From the middle to the middle.
    assert here.moved((9, 1), of=10) == (17, 18)
    assert here.moved((0, 20), of=20) == (0, 18)
