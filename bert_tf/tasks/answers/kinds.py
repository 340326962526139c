"""The kinds of answers that --kind chooses from, and a space as JSON and back."""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from bert_tf.data.choices import LabelForm
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.label_set import SEPARATOR, LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tag_schemes import Scheme
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value

KINDS: Mapping[str, type[AnswerSpace]] = {
    space.kind: space for space in (OneLabel, Value, LabelSet, Ranks, Tags, Spans, Choice)
}
EXTRA_FILES = tuple(name for space in KINDS.values() for name in space.file_names)
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
    usual = {name: fields.pop(name, default) for name, default in _DEFAULTS.items()}
    return {"kind": space.kind, **usual, **{name: fields[name] for name in own_fields(type(space))}}


def own_fields(kind: type[AnswerSpace]) -> tuple[str, ...]:
    """Returns the names of what `task.json` holds of this kind alone."""
    names = {field.name for field in dataclasses.fields(kind)}
    return tuple(name for name in _READERS if name in names and name not in _DEFAULTS)


def space_from_tree(tree: Mapping[str, Any]) -> AnswerSpace:
    """The reverse of `space_to_tree`.

    Raises:
        KeyError, TypeError, ValueError: If it is not of this form.
    """
    kind = KINDS[tree["kind"]]
    names = (*_DEFAULTS, *own_fields(kind))
    values = {name: _READERS[name](tree[name]) for name in names}  # Also those that this kind has no use for.
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
    "crf": bool,
    "label_all_pieces": bool,
    "n_best_size": int,
    "max_answer_length": int,
    "version_2_with_negative": bool,
    "null_threshold": lambda value: None if value is None else float(value),
    "label_form": lambda value: None if value is None else LabelForm(value),
}
