"""The kinds of answers that --kind chooses from, and a space as JSON and back."""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from bert_tf.tasks.answers.label_set import SEPARATOR, LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.answers.tag_schemes import Scheme
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value

KINDS: Mapping[str, type[AnswerSpace]] = {space.kind: space for space in (OneLabel, Value, LabelSet, Ranks, Tags)}
# What every file has, whatever its kind.
_DEFAULTS: Mapping[str, Any] = {
    "labels": (),
    "value_range": None,
    "thresholds": (),
    "label_separator": SEPARATOR,
    "scheme": None,
}


def empty_space(kind: str, label_separator: str) -> AnswerSpace:
    """Returns a space of which nothing is known but its kind and, if it has several labels, what joins them."""
    space = KINDS[kind]()
    return dataclasses.replace(space, label_separator=label_separator) if isinstance(space, LabelSet) else space


def space_to_tree(space: AnswerSpace) -> dict[str, Any]:
    """Returns what `task.json` holds of a space."""
    fields = {field.name: getattr(space, field.name) for field in dataclasses.fields(space)}
    fields |= {name: value.value for name, value in fields.items() if isinstance(value, enum.Enum)}
    return {"kind": space.kind, **{name: fields.get(name, default) for name, default in _DEFAULTS.items()}}


def space_from_tree(tree: Mapping[str, Any]) -> AnswerSpace:
    """The reverse of `space_to_tree`.

    Raises:
        KeyError, TypeError, ValueError: If it is not of this form.
    """
    kind = KINDS[tree["kind"]]
    values = {name: read(tree[name]) for name, read in _READERS.items()}  # Also those that this kind has no use for.
    own = {field.name for field in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in own})


def _pair(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    lowest, highest = map(float, value)
    return lowest, highest


_READERS: Mapping[str, Any] = {
    "labels": lambda value: tuple(map(str, value)),
    "value_range": _pair,
    "thresholds": lambda value: tuple(map(float, value)),
    "label_separator": str,
    "scheme": lambda value: None if value is None else Scheme(value),
}
