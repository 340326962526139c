"""Assignment maps: which tensor of a checkpoint goes to which variable, and what is left over on either side."""

import dataclasses
from collections.abc import Iterable, Mapping

import keras
import numpy as np

from bert_tf.errors import InputError
from bert_tf.weights.checkpoint import Checkpoint

Shape = tuple[int, ...]
ENCODER_PREFIX = "bert/"
POOLER = ("bert/pooler/dense/kernel", "bert/pooler/dense/bias")


@dataclasses.dataclass(frozen=True)
class AssignmentReport:
    """What a checkpoint has for a model. Every variable of the model is in exactly one of the first three.

    Attributes:
        loaded: Names that both have, with the same shape.
        missing: Names that only the model has.
        wrong_shape: Names that both have: (shape in the checkpoint, shape in the model).
        unexpected: Weights that only the checkpoint has, such as the heads of pre-training.
        ignored: Optimizer slots and counters of the checkpoint, which are never loaded.
    """

    loaded: tuple[str, ...]
    missing: tuple[str, ...]
    wrong_shape: Mapping[str, tuple[Shape, Shape]]
    unexpected: tuple[str, ...]
    ignored: tuple[str, ...]

    def table(self) -> str:
        """A few lines for the terminal: the count of each kind, and the first names of what is left over."""
        rows = [
            ("loaded", self.loaded),
            ("missing", self.missing),
            ("wrong shape", tuple(self.wrong_shape)),
            ("unexpected", self.unexpected),
            ("slots ignored", self.ignored),
        ]
        lines = []
        for title, names in rows:
            shown = "" if title in ("loaded", "slots ignored") else _enumerate(names)
            lines.append(f"  {title:<14}{len(names):>5}  {shown}".rstrip())
        return "\n".join(lines)


def compare(checkpoint: Checkpoint, variables: Mapping[str, Shape]) -> AssignmentReport:
    """Compares the names and shapes of a checkpoint with those of a model.

    Args:
        checkpoint: The checkpoint.
        variables: The shape of each variable of the model by its name in the checkpoint.
    """
    shared = [name for name in variables if name in checkpoint.shapes]
    wrong = {
        name: (checkpoint.shapes[name], variables[name])
        for name in shared
        if checkpoint.shapes[name] != variables[name]
    }
    weights = set(checkpoint.weights)
    return AssignmentReport(
        loaded=tuple(name for name in shared if name not in wrong),
        missing=tuple(name for name in variables if name not in checkpoint.shapes),
        wrong_shape=wrong,
        unexpected=tuple(sorted(weights.difference(variables))),
        ignored=tuple(sorted(set(checkpoint.shapes) - weights)),
    )


def check(report: AssignmentReport, prefix: str, may_be_missing: Iterable[str]) -> None:
    """Makes sure that a start from a checkpoint is what it seems to be, on both sides.

    Args:
        report: The comparison.
        prefix: The checkpoint, for messages.
        may_be_missing: Names that need not be in the checkpoint: those of an untrained head.

    Raises:
        InputError: If nothing matches, a shape differs, weights are missing that no training would make good, or
            weights of the encoder are left over, without which the rest would answer something else.
    """
    if not report.loaded:
        raise InputError(
            f"The checkpoint must hold weights of BERT, but nothing in {prefix} matched",
            received=_enumerate(report.unexpected) or "no weights at all",
            fix="See its names with: bert-tf inspect",
        )
    if report.wrong_shape:
        name, (found, wanted) = next(iter(report.wrong_shape.items()))
        if name in set(may_be_missing):
            fix = f"The head of {prefix} has other labels; train a fresh one with --do_train --new_head"
        else:
            fix = "Give the bert_config.json that belongs to the checkpoint by --bert_config_file"
        raise InputError(
            f"The shapes of the checkpoint must be those of the config ({len(report.wrong_shape)} differ)",
            received=f"{name} {list(found)} in {prefix}, {list(wanted)} by the config",
            fix=fix,
        )
    lacking = sorted(set(report.missing).difference(may_be_missing))
    if lacking:
        raise InputError(
            f"{prefix} must hold every weight of the encoder",
            received=f"{len(lacking)} missing: {_enumerate(lacking)}",
            fix="Check that --bert_config_file belongs to it, or see its names with: bert-tf inspect",
        )
    left_over = [name for name in report.unexpected if name.startswith(ENCODER_PREFIX)]
    if left_over:
        raise InputError(
            f"Every weight of the encoder in {prefix} must have its place in the model",
            received=f"{len(left_over)} left over: {_enumerate(left_over)}",
            fix="Give the bert_config.json that belongs to the checkpoint by --bert_config_file",
        )


def assign(checkpoint: Checkpoint, names: Iterable[str], variables: Mapping[str, keras.Variable]) -> None:
    """Reads tensors one at a time and gives them to the variables of the same name.

    Raises:
        InputError: If the data file is missing, cut off or damaged, or a weight is not a finite number.
    """
    for name in names:
        value = checkpoint.read(name)
        check_finite(name, value, checkpoint)
        variables[name].assign(value)


def check_finite(name: str, value: np.ndarray, checkpoint: Checkpoint) -> None:
    """Makes sure that a weight is one to start from or to answer with.

    Raises:
        InputError: If it has numbers that are not finite.
    """
    bad = int(value.size - np.count_nonzero(np.isfinite(value)))
    if bad:
        raise InputError(
            f"The weights of {checkpoint.origin} must be finite numbers",
            received=f"{name} with {bad:,} NaN or infinite of {value.size:,} numbers",
            fix="The checkpoint itself is broken; take another, or one of an earlier step",
        )


def _enumerate(names: Iterable[str], limit: int = 3) -> str:
    names = list(names)
    more = f", ... ({len(names) - limit} more)" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
