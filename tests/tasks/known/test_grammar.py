import zlib

import pytest

from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.tasks.known import grammar

SPLITS = (TRAIN, DEV, TEST)


def test_the_sentences_are_the_same_on_every_machine():
    splits = [grammar.acceptability(split) for split in SPLITS]
    assert [len(split) for split in splits] == [4000, 600, 600]
    assert [zlib.crc32("\n".join(split.first).encode()) for split in splits] == [2968681303, 3619737975, 252215177]


def test_no_sentence_stands_in_two_splits():
    splits = [set(grammar.acceptability(split).first) for split in SPLITS]
    assert not splits[0] & splits[1]
    assert not splits[0] & splits[2]
    assert not splits[1] & splits[2]


def test_the_pretext_task_has_no_sentence_of_dev_and_test():
    pretext = set(grammar.corruption(TRAIN).first)
    assert not pretext & {*grammar.acceptability(DEV).first, *grammar.acceptability(TEST).first}


@pytest.mark.parametrize("split", [TRAIN, DEV])
def test_labels_are_balanced(split):
    labels = grammar.acceptability(split).labels
    assert 0.45 < labels.count(grammar.ACCEPTABLE) / len(labels) < 0.55


def test_the_test_set_has_no_labels():
    assert grammar.acceptability(TEST).labels is None


def test_every_word_of_every_sentence_is_in_the_lexicon():
    words = {
        word for split in SPLITS for text in grammar.acceptability(split).first for word in text.lower()[:-1].split()
    }
    assert words - {"an"} <= set(grammar.lexicon())
