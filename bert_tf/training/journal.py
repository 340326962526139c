"""The journal of a run: what happened when, one JSON object a line, for programs.

Every line has `time` (UTC), `event` and what belongs to the event. Nothing in it tells of the machine or of its user:
no paths, no names, no texts of the data; examples are told by their position in the training set.
"""

import contextlib
import datetime
import enum
import hashlib
import json
import math
import threading
import time
from collections.abc import Iterator
from typing import Any

from bert_tf.config.run import OPTIONS, RunConfig
from bert_tf.errors import BertTfError
from bert_tf.host import files

JOURNAL_FILE = "events.jsonl"
GIVEN = "given"  # The kind of a warning of data, options or checkpoint: each command that is given them has it anew.
_FAILED, _INTERRUPTED = 1, 130


class Event(enum.Enum):
    """What can happen to a run."""

    START = "start"
    RESUME = "resume"
    SAVE = "save"
    EVALUATE = "evaluate"
    WARN = "warn"
    STOP_SIGNAL = "stop_signal"
    ROLLBACK = "rollback"
    END = "end"


class Journal:
    """A file that lines are added to. Lines from several threads don't mix; lines of a run that was killed stay."""

    def __init__(self, path: str | None = None):
        """Writes nothing yet.

        Args:
            path: The file; None for a journal that keeps nothing, such as that of a worker which is not the chief.
        """
        self._path = path
        self._lock = threading.Lock()
        self._is_open = False
        self._begun = time.monotonic()
        self._early: list[dict[str, Any]] = []
        self.step = 0

    def note(self, event: Event, **values: Any) -> None:
        """Adds a line.

        Args:
            event: What happened.
            values: What belongs to it, as JSON can hold it; numbers that are not finite become null.

        Raises:
            InputError: If the file can't be written.
        """
        if self._path is None:
            return
        if "step" in values:
            self.step = values["step"]
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        entry = {"time": now, "event": event.value, **values}
        line = json.dumps(_without_infinities(entry), ensure_ascii=False, allow_nan=False) + "\n"
        with self._lock:
            if not self._is_open:
                files.cut_torn_line(self._path)
                self._is_open = True
            files.append_text(self._path, line)

        if event is Event.START:
            early, self._early = self._early, []
            for each in early:
                self.note(**each)

    def warn_early(self, text: str) -> None:
        """Adds a warning of what a command was given behind the line of its start: before that, nothing is written.

        Args:
            text: The warning.
        """
        self._early.append({"event": Event.WARN, "kind": GIVEN, "text": text})

    @contextlib.contextmanager
    def closing(self) -> Iterator[None]:
        """Notes at the end of the block how it ended, if anything was noted in it."""
        status = 0
        try:
            yield
        except BertTfError as error:
            status = error.exit_status
            raise
        except BaseException as error:
            status = getattr(error, "exit_status", _INTERRUPTED if isinstance(error, KeyboardInterrupt) else _FAILED)
            raise
        finally:
            if self._is_open:
                # What went wrong may be the disk; then that is what is told, and not that this line is missing too.
                with contextlib.suppress(BertTfError, OSError):
                    self.end(status)

    def end(self, status: int) -> None:
        """Notes the end of the process.

        Args:
            status: Its exit status.
        """
        self.note(Event.END, status=status, step=self.step, seconds=round(time.monotonic() - self._begun, 3))


def config_digest(config: RunConfig) -> str:
    """A checksum of the options that decide on the weights: runs with the same one learn the same from the same data.

    The place of the checkpoint to start from is left out.
    """
    shaping = {
        name: getattr(getattr(config, entry.section), name)
        for name, entry in OPTIONS.items()
        if entry.rules.shapes_training and name != "init_checkpoint"
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()


def _without_infinities(value: Any) -> Any:
    """The same with null in place of numbers that JSON has no way to write."""
    if isinstance(value, dict):
        return {key: _without_infinities(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_infinities(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
