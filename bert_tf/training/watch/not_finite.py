"""What is watched while a run trains: numbers that are not finite, the scale of the loss, a loss that runs away."""

import collections
import dataclasses
import enum
import json
import math
import os

from bert_tf.config.run import TrainConfig
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.json_objects import parse_json_object

LEFT_OUT_FILE = "left_out.json"
MOST_ROLLBACKS = 10
MOST_SKIPS_IN_A_ROW = 10
_REPORTS_IN_WINDOW, _STEPS_IN_WINDOW = 5, 100
# Some train tiny models with as much, and nobody a large one.
_LARGEST_USUAL_RATE, _MUCH_WARMUP = 1e-2, 0.5
_FACTOR, _MARGIN = 1.5, 0.2
_OVERFLOWS_TO_WARN, _SHARE_OF_OVERFLOWS = 5, 0.25


class OnNan(enum.Enum):
    """What to do about a batch whose loss or gradients are not finite."""

    STOP = "stop"
    SKIP = "skip"
    ROLLBACK = "rollback"

    @property
    def most_in_a_row(self) -> int:
        """How many such batches, one after the other, end the present steps."""
        return MOST_SKIPS_IN_A_ROW if self is OnNan.SKIP else 1


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """The steps whose batches make no update, because they failed once. A file keeps them over restarts.

    Attributes:
        steps: Their numbers: updates done before each.
    """

    steps: tuple[int, ...] = ()

    @classmethod
    def read(cls, folder: str) -> "LeftOut":
        """Reads the file of an output folder; without one, there are none.

        Raises:
            InputError: If it can't be read.
        """
        path = os.path.join(folder, LEFT_OUT_FILE)
        if not files.exists(path):
            return cls()
        fix = "Restore it, or start anew with --overwrite_output_dir"
        text = files.read_text(path, "the list of steps that are left out", fix)
        try:
            steps = parse_json_object(text, path, fix)["steps"]
            return cls(tuple(int(step) for step in steps))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} must hold an object with steps", received=str(error), fix=fix) from error

    def with_step(self, folder: str, step: int, *, writes: bool = True) -> "LeftOut":
        """Adds a step, in the file of the output folder too; of several workers, one writes it."""
        grown = LeftOut(tuple(sorted({*self.steps, step})))
        if not writes:
            return grown
        files.write_text(os.path.join(folder, LEFT_OUT_FILE), json.dumps({"steps": list(grown.steps)}) + "\n")
        return grown


def rate_advice(train: TrainConfig, *, is_narrow: bool = False) -> str:
    """What to do about a loss that runs away or is not finite, as far as the options leave something to do.

    Args:
        train: The options of training.
        is_narrow: Whether layers compute with 16 bits and that may be the cause.
    """
    if train.learning_rate > _LARGEST_USUAL_RATE:
        return f"Lower --learning_rate, which is {train.learning_rate:g}; usual are 2e-5 to 5e-5"
    others = [
        "choose --precision=float32" if is_narrow else "",
        "" if is_narrow or train.warmup_proportion >= _MUCH_WARMUP else "raise --warmup_proportion",
        "" if train.clip_norm else "set --clip_norm=1",
    ]
    return " or ".join(["Lower --learning_rate", *filter(None, others)])


class LossWatch:
    """Notices that the training loss has gone far above its best: its mean over a window of reports, to be exact."""

    def __init__(self, advice: str = "Lower --learning_rate") -> None:
        """Begins without a report.

        Args:
            advice: What to do about a run that diverges.
        """
        self._advice = advice
        self._window: collections.deque[tuple[int, float]] = collections.deque()
        self._best = math.inf
        self._has_warned = False

    def after(self, steps: int, loss: float) -> str:
        """Takes note of a report.

        Args:
            steps: Steps since the last one.
            loss: Mean loss over them.

        Returns:
            A warning, empty if there is nothing to say or it was said already.
        """
        if math.isfinite(loss) and steps > 0:
            self._window.append((steps, loss))
        if len(self._window) < _REPORTS_IN_WINDOW or self._window_steps < _STEPS_IN_WINDOW:
            return ""
        if len(self._window) > _REPORTS_IN_WINDOW and self._window_steps - self._window[0][0] >= _STEPS_IN_WINDOW:
            self._window.popleft()
        mean = sum(count * value for count, value in self._window) / self._window_steps
        self._best = min(self._best, mean)
        is_far = mean > max(_FACTOR * self._best, self._best + _MARGIN)
        is_new, self._has_warned = is_far and not self._has_warned, is_far
        if not is_new:
            return ""
        return (
            f"the training loss has gone from {self._best:.3g} at its best to {mean:.3g}: the run may be diverging. "
            f"{self._advice}"
        )

    @property
    def _window_steps(self) -> int:
        return sum(count for count, _ in self._window)


class ScaleWatch:
    """Notices that float16 does not do: its gradients overflow whatever the loss is scaled with."""

    def __init__(self) -> None:
        self._warned: set[str] = set()

    def after(self, steps: int, overflows: int, scale: float) -> str:
        """Takes note of a report of a run that scales its loss.

        Args:
            steps: Steps since the last one.
            overflows: How many of them were left out because gradients overflowed.
            scale: What losses are multiplied with now.

        Returns:
            A warning, empty if there is nothing to say or it was said already.
        """
        if scale <= 1.0:
            cause = "the loss scale is at its minimum, 1, so that small gradients vanish in float16"
        elif overflows >= _OVERFLOWS_TO_WARN and overflows > _SHARE_OF_OVERFLOWS * steps:
            cause = f"{overflows} of the last {steps} updates were left out, as their gradients overflow in float16"
        else:
            return ""
        kind = "minimum" if scale <= 1.0 else "overflows"
        if kind in self._warned:
            return ""
        self._warned.add(kind)
        return f"{cause}. Choose --precision=mixed_bfloat16 or float32, or lower --learning_rate"
