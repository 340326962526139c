"""A part of the examples set aside, with as much of each label as the whole has, and nothing torn apart."""

from collections.abc import Sequence

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.errors import InputError

_GROUPS = "documents, articles or contexts"


def split_off(examples: Examples, share: float, seed: int, strata: Sequence[str] | None) -> tuple[Examples, Examples]:
    """Divides examples in two; both parts keep their order. What belongs together stays together.

    Args:
        examples: The whole, N examples.
        share: How much of it the second part gets, rounded to examples.
        seed: Decides which.
        strata: The stratum of each example, of which both parts get their share; None for one stratum. The last
            examples that rounding leaves over come from the strata that it cut most. A stratum of one stays in the
            first part. Where examples belong to groups, these are dealt out instead.

    Returns:
        What is left, and what was set aside.

    Raises:
        InputError: If one of the parts would be empty.
    """
    count = round(len(examples) * share)
    rng = np.random.Generator(np.random.Philox(seed))
    if examples.groups is not None:
        chosen = _whole_groups(_members(examples.groups), count, rng)
    else:
        members = _members(strata) if strata is not None else [np.arange(len(examples))]
        sizes = _sizes([len(each) for each in members], count, share)
        chosen = [rng.permutation(each)[:size] for each, size in zip(members, sizes, strict=True)]
    taken = np.zeros(len(examples), bool)
    taken[np.concatenate(chosen)] = True
    if not taken.any() or taken.all():
        raise InputError(
            f"--eval_split={share:g} must leave examples in both parts",
            received=f"{int(taken.sum())} of {len(examples)}{_of_groups(examples)}",
            fix="Choose another share, or set --eval_file",
        )
    left, aside = (examples.rows(np.flatnonzero(mask).tolist()) for mask in (~taken, taken))
    return left, aside


def fold_of_each(examples: Examples, folds: int, seed: int, strata: Sequence[str] | None) -> np.ndarray:
    """Deals N examples out to folds, so that each has as much of each stratum as the others, to one example.

    Args:
        examples: The examples. Groups of them are dealt out whole, the largest first, to the fold that has least.
        folds: How many folds.
        seed: Decides which example goes where.
        strata: The stratum of each example; None for one stratum.

    Returns:
        int64 [N], from 0.

    Raises:
        InputError: If there are fewer examples, or groups, than folds.
    """
    members = [np.arange(len(examples))] if strata is None else _members(strata)
    if examples.groups is not None:
        members = _members(examples.groups)
    most = len(examples) if examples.groups is None else len(members)
    if most < folds:
        noun = "examples" if examples.groups is None else f"{_GROUPS}, whose examples stay together"
        raise InputError(f"--k_folds must not be greater than the number of {noun}", received=f"{folds} for {most}")
    rng = np.random.Generator(np.random.Philox(seed))
    result = np.empty(len(examples), np.int64)
    if examples.groups is None:
        result[np.concatenate([rng.permutation(each) for each in members])] = np.arange(len(examples)) % folds
        return result
    sizes = np.zeros(folds, np.int64)
    shuffled = [members[index] for index in rng.permutation(len(members))]
    for group in sorted(shuffled, key=len, reverse=True):
        fold = int(sizes.argmin())
        result[group] = fold
        sizes[fold] += len(group)
    return result


def _whole_groups(members: Sequence[np.ndarray], count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Groups drawn one after the other, each taken if it brings them nearer to so many examples; at least one, and
    never all of several.
    """
    chosen: list[np.ndarray] = []
    for index in rng.permutation(len(members)):
        size, left_over = sum(map(len, chosen)), len(members) - len(chosen)
        is_nearer = abs(size + len(members[index]) - count) < abs(size - count)
        if not chosen or (is_nearer and left_over > 1):
            chosen.append(members[index])
    return chosen


def _of_groups(examples: Examples) -> str:
    """What to say of examples that stay together; nothing if none do."""
    return "" if examples.groups is None else f", which belong to {len(set(examples.groups)):,} {_GROUPS}"


def _members(groups: Sequence[str]) -> list[np.ndarray]:
    """The examples of each group or stratum, these in the order of their names."""
    _, numbers = np.unique(np.array(list(groups), dtype=object), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.cumsum(np.bincount(numbers))[:-1])


def _sizes(members: Sequence[int], count: int, share: float) -> list[int]:
    """How many examples each stratum gives, `count` together as far as they have two or more."""
    exact = [size * share for size in members]
    sizes = [min(int(part), size - 1) for part, size in zip(exact, members, strict=True)]
    by_loss = sorted(range(len(members)), key=lambda group: (sizes[group] - exact[group], group))
    for group in by_loss:
        if sum(sizes) >= count:
            break
        if sizes[group] < members[group] - 1:
            sizes[group] += 1
    return sizes
