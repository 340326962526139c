import json

import pytest

from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.known.grammar import lexicon
from bert_tf.tasks.known.stories import questions


@pytest.fixture(scope="module")
def splits():
    return {split: questions(split) for split in (TRAIN, DEV, TEST)}


def test_every_answer_stands_in_its_story_once_and_puts_the_question_right(splits):
    for split in (TRAIN, DEV):
        examples = splits[split]
        assert Spans().tally(examples) == {"with an answer": len(examples), "without one": 0}
        for question, context, label in zip(examples.first, examples.second, examples.labels, strict=True):
            ((answer, start),) = json.loads(label)
            assert context[start:].startswith(answer)
            (asking,) = {"who", "what", "where"} & set(question.lower().rstrip("?").split())
            statement = question[:-1].lower().replace(asking, answer.lower(), 1)
            assert statement in [sentence.lower() for sentence in context.rstrip(".").split(". ")]


def test_no_story_stands_in_two_splits_and_the_words_are_those_of_the_demo(splits):
    stories = {split: set(examples.second) for split, examples in splits.items()}
    assert not stories[TRAIN] & (stories[DEV] | stories[TEST])
    assert not stories[DEV] & stories[TEST]
    known = {*lexicon(), "who", "what", "where", "an"}
    for examples in splits.values():
        words = " ".join([*examples.first, *examples.second]).lower().replace(".", "").replace("?", "").split()
        assert set(words) <= known
    assert splits[TEST].labels is None
    assert splits[DEV].first == questions(DEV).first
