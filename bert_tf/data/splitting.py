"""A part of the examples set aside, with as much of each label as the whole has."""

from collections.abc import Sequence

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError


def split_off(examples: Examples, share: float, seed: int, groups: Sequence[str] | None) -> tuple[Examples, Examples]:
    """Divides examples in two; both parts keep their order.

    Args:
        examples: The whole, N examples.
        share: How much of it the second part gets, rounded to examples.
        seed: Decides which.
        groups: The group of each example, of which both parts get their share; None for one group. The last examples
            that rounding leaves over come from the groups that it cut most. A group of one stays in the first part.

    Returns:
        What is left, and what was set aside.

    Raises:
        InputError: If one of the parts would be empty.
    """
    count = round(len(examples) * share)
    rng = np.random.Generator(np.random.Philox(seed))
    members = _members(groups) if groups is not None else [np.arange(len(examples))]
    chosen = [
        rng.permutation(group)[:size]
        for group, size in zip(members, _sizes([len(group) for group in members], count, share), strict=True)
    ]
    taken = np.zeros(len(examples), bool)
    taken[np.concatenate(chosen)] = True
    if not taken.any() or taken.all():
        raise InputError(
            f"--eval_split={share:g} must leave examples in both parts",
            received=f"{int(taken.sum())} of {len(examples)}",
            fix="Choose another share, or set --eval_file",
        )
    left, aside = (examples.rows(np.flatnonzero(mask).tolist()) for mask in (~taken, taken))
    return left, aside


def fold_of_each(count: int, folds: int, seed: int, groups: Sequence[str] | None) -> np.ndarray:
    """Deals examples out to folds, so that each has as much of each group as the others, to one example.

    Args:
        count: How many examples there are, N.
        folds: How many folds.
        seed: Decides which example goes where.
        groups: The group of each example; None for one group.

    Returns:
        int64 [N], from 0.

    Raises:
        InputError: If there are fewer examples than folds.
    """
    if count < folds:
        raise InputError("--k_folds must not be greater than the number of examples", received=f"{folds} for {count}")
    rng = np.random.Generator(np.random.Philox(seed))
    members = _members(groups) if groups is not None else [np.arange(count)]
    result = np.empty(count, np.int64)
    result[np.concatenate([rng.permutation(group) for group in members])] = np.arange(count) % folds
    return result


def _members(groups: Sequence[str]) -> list[np.ndarray]:
    """The examples of each group, groups in the order of their names."""
    _, numbers = np.unique(np.array(list(groups), dtype=object), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.cumsum(np.bincount(numbers))[:-1])


def _sizes(members: Sequence[int], count: int, share: float) -> list[int]:
    """How many examples each group gives, `count` together as far as groups have two or more."""
    exact = [size * share for size in members]
    sizes = [min(int(part), size - 1) for part, size in zip(exact, members, strict=True)]
    by_loss = sorted(range(len(members)), key=lambda group: (sizes[group] - exact[group], group))
    for group in by_loss:
        if sum(sizes) >= count:
            break
        if sizes[group] < members[group] - 1:
            sizes[group] += 1
    return sizes
