"""The labels that the user names, by --labels, by --labels_file, or as columns of 0 and 1."""

import re

from bert_tf.config.data import OwnDataConfig
from bert_tf.data.readers.rules import character_fault, control_fault
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.tasks.answers.kinds import empty_space


def label_columns(own: OwnDataConfig) -> tuple[str, ...]:
    """Returns the columns of 0 and 1, one a label, that --label_column names; none if it names one of labels."""
    if not empty_space(own.kind, own.label_separator).joint or "," not in own.label_column:
        return ()
    return tuple(name.strip() for name in own.label_column.split(","))


def given_labels(own: OwnDataConfig) -> tuple[str, ...]:
    """Returns the labels in the order in which they are named; none if they are not.

    Raises:
        InputError: If they are named in two ways, or can't be labels.
    """
    columns, labels = label_columns(own), _named(own)
    if not columns:
        return labels
    if labels and len(labels) != len(columns):
        raise InputError(
            "--labels must name the label of each column", received=", ".join(labels), fix="Leave it out, or correct it"
        )
    are_numbers = all(name.isdecimal() for name in columns)
    if labels and not are_numbers and labels != columns:
        raise InputError(
            "Columns of 0 and 1 are called as their labels", received=", ".join(labels), fix="Leave --labels out"
        )
    labels = labels or _checked(columns, "--label_column")
    if any(own.label_separator in label for label in labels):
        raise InputError(
            "The name of a label must not hold the separator",
            received=f"{', '.join(labels)} with --label_separator={own.label_separator}",
            fix="Set another --label_separator",
        )
    return labels


def _named(own: OwnDataConfig) -> tuple[str, ...]:
    if own.labels is not None and own.labels_file is not None:
        raise InputError(
            "Labels must be named once", received="--labels and --labels_file", fix="Leave one of them out"
        )
    if own.labels is not None:
        return _checked(tuple(label.strip() for label in own.labels.split(",")), "--labels")
    if own.labels_file is None:
        return ()
    text = files.read_text(own.labels_file, "a file of labels", "Name a file with one label a line")
    if found := character_fault(text):
        raise InputError(found[0].rule, received=f"{found[1]} in {own.labels_file}", fix=found[0].fix)
    lines = re.sub("\r\n?", "\n", text).removesuffix("\n").split("\n")
    return _checked(tuple(line.strip() for line in lines), "--labels_file")


def _checked(labels: tuple[str, ...], flag: str) -> tuple[str, ...]:
    """The labels.

    Raises:
        InputError: If there are too few of them, or one is empty, stands twice or has control characters.
    """
    doubles = sorted({label for label in labels if labels.count(label) > 1})
    if doubles or len(labels) < 2 or "" in labels:
        found = doubles[0] if doubles else "a blank one" if "" in labels and len(labels) > 1 else ", ".join(labels)
        raise InputError(f"{flag} must name at least two labels, each once", received=found)
    if wrong := next(filter(None, map(control_fault, labels)), None):
        raise InputError(f"{wrong[0].rule} ({flag})", received=wrong[1], fix=wrong[0].fix)
    return labels
