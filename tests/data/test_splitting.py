import dataclasses
from collections import Counter

import pytest

from bert_tf.data.examples import Examples
from bert_tf.data.splitting import fold_of_each, split_off
from bert_tf.errors import InputError


def make(labels):
    count = len(labels)
    texts, ids = [f"text {i}" for i in range(count)], [str(i) for i in range(count)]
    return Examples("train.csv", texts, None, list(labels), ids, list(range(2, count + 2)))


def split(labels, share, seed=1):
    examples = make(labels)
    return split_off(examples, share, seed, examples.labels)


def test_each_label_gives_its_share():
    left, aside = split("a" * 70 + "b" * 20 + "c" * 10, 0.1)
    assert Counter(aside.labels) == {"a": 7, "b": 2, "c": 1}
    assert Counter(left.labels) == {"a": 63, "b": 18, "c": 9}


def test_every_example_is_in_one_part_and_keeps_its_line():
    left, aside = split("ab" * 13, 0.3)
    assert sorted(map(int, [*left.ids, *aside.ids])) == list(range(26))
    for part in (left, aside):
        assert part.lines == [int(name) + 2 for name in part.ids]
        assert part.first == [f"text {name}" for name in part.ids]
        assert part.lines == sorted(part.lines)


def test_the_size_is_right_where_labels_are_many_and_small():
    _, aside = split([str(i // 3) for i in range(99)], 0.2)
    assert len(aside) == 20


def test_the_only_example_of_a_label_stays_for_training():
    left, aside = split("a" * 9 + "b", 0.5)
    assert "b" in left.labels
    assert "b" not in aside.labels


def test_the_seed_decides():
    assert split("ab" * 20, 0.25)[1].ids == split("ab" * 20, 0.25)[1].ids
    assert split("ab" * 20, 0.25)[1].ids != split("ab" * 20, 0.25, seed=2)[1].ids


@pytest.mark.parametrize(
    ("documents", "share", "aside"), [(8, 0.2, 2), (8, 0.1, 1), (8, 0.3, 2), (8, 0.01, 1), (3, 0.9, 2), (10, 0.25, 2)]
)
@pytest.mark.parametrize("size", [1, 5])
def test_as_many_whole_groups_are_set_aside_as_come_nearest_to_the_share(documents, share, aside, size):
    groups = "".join(name * size for name in "abcdefghij"[:documents])
    for seed in range(5):
        _, part = split_off(dataclasses.replace(make(groups), groups=groups), share, seed, None)
        assert len(set(part.groups)) == aside
        assert len(part) == aside * size


def test_without_groups_any_example_may_go():
    left, aside = split_off(make("abc"), 0.34, 1, None)
    assert (len(left), len(aside)) == (2, 1)


@pytest.mark.parametrize(("labels", "share"), [("a", 0.5), ("ab", 0.1), ("ab", 0.9)])
def test_no_part_may_be_empty(labels, share):
    with pytest.raises(InputError, match="must leave examples in both parts"):
        split(labels, share)


def test_folds_are_alike_to_one_example():
    labels = "a" * 71 + "b" * 20 + "c" * 9
    examples = make(labels)
    folds = fold_of_each(examples, 7, 1, labels)
    for label in "abc":
        sizes = Counter(int(fold) for fold, name in zip(folds, labels, strict=True) if name == label)
        assert max(sizes.values()) - min(sizes[fold] for fold in range(7)) <= 1
    assert sorted(Counter(folds.tolist()).values()) == [14] * 5 + [15] * 2
    assert (folds == fold_of_each(examples, 7, 1, labels)).all()
    assert (folds != fold_of_each(examples, 7, 2, labels)).any()
    with pytest.raises(InputError, match="must not be greater than the number of examples"):
        fold_of_each(make("ab"), 3, 1, None)


def test_what_belongs_together_is_in_one_part():
    groups = "".join(name * size for name, size in zip("abcdefgh", (1, 9, 4, 4, 2, 6, 3, 1), strict=True))
    examples = dataclasses.replace(make(groups), groups=groups)
    left, aside = split_off(examples, 0.3, 5, None)
    assert set(left.groups).isdisjoint(aside.groups)
    assert len(left) + len(aside) == 30
    assert abs(len(aside) - 9) <= 4  # Off by half of the largest group at most.
    folds = fold_of_each(examples, 3, 5, None)
    assert all(len(set(folds[[i for i, name in enumerate(groups) if name == each]])) == 1 for each in set(groups))
    assert Counter(folds.tolist()) == {0: 10, 1: 10, 2: 10}
    with pytest.raises(InputError, match="articles or contexts"):
        fold_of_each(examples, 9, 5, None)
    with pytest.raises(InputError, match="30 of 30, which belong to 1 documents"):
        split_off(dataclasses.replace(examples, groups="x" * 30), 0.3, 5, None)
