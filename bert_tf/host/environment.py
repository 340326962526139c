"""Settings of the process of a command, which must be made before TensorFlow is loaded. A guest makes none of them."""

import contextlib
import ctypes
import glob
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from typing import Final

from bert_tf.host.console import Verbosity
from bert_tf.host.processor import read_processor

# From 0, everything, to 3, what ends the process. What it calls an error is often none, such as a missing GPU or a kind
# of number that a library leaves to another; those of a run are told by its commands, and reach them as exceptions.
_TENSORFLOW_LEVELS: Final = {Verbosity.QUIET: 3, Verbosity.NORMAL: 3, Verbosity.DEBUG: 0}
_LOG_LEVEL: Final = "TF_CPP_MIN_LOG_LEVEL"
_ERRORS = 2
# Each seed and each fold has a model of its own, whose functions have to be traced: its warning of that is no news.
_PYTHON_LEVELS: Final = (logging.NOTSET, logging.WARNING, logging.ERROR, logging.ERROR)
# `absl::SetMinLogLevel` of the release that TensorFlow 2.20 is built with.
_SET_ABSL_LEVEL: Final = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"

_HIDDEN_FROM_KERAS: Final = ("sklearn", "pandas", "matplotlib")


def prepare_environment(verbosity: Verbosity = Verbosity.NORMAL) -> None:
    """Settings that must be made before TensorFlow is loaded; what the user has set is left alone."""
    os.environ.setdefault(_LOG_LEVEL, str(_TENSORFLOW_LEVELS[verbosity]))
    logging.getLogger("tensorflow").setLevel(_PYTHON_LEVELS[_log_level()])
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")
    if read_processor().hides_tile_sizes:
        os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")


def apply_log_level() -> None:
    """Gives the level of TensorFlow's log also to that part of it which does not heed the environment.

    Part of TensorFlow 2.20, and Orbit, log by absl alone, which nothing but a call sets a level to: what XLA has
    compiled, and what the optimizer of graphs can't estimate. Its errors are told at every level. To be called when
    TensorFlow is loaded; where the function is not found, it stays as it is.
    """
    logging.getLogger("absl").setLevel(
        _PYTHON_LEVELS[_log_level()]
    )  # By which Orbit counts the steps of a stopped run.
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or spec.origin is None:
        return
    for path in glob.glob(os.path.join(os.path.dirname(spec.origin), "libtensorflow_framework.*")):
        set_level = getattr(ctypes.CDLL(path), _SET_ABSL_LEVEL, None)
        if set_level is not None:
            set_level(ctypes.c_int(min(_log_level(), _ERRORS)))


def _log_level() -> int:
    """The level that is set in the environment, as TensorFlow reads it: what is no number is 0."""
    text = os.environ.get(_LOG_LEVEL, "")
    return min(int(text), len(_PYTHON_LEVELS) - 1) if text.isdecimal() else 0


@contextlib.contextmanager
def retracing_untold() -> Iterator[None]:
    """Leaves TensorFlow's warning of functions that are traced again out of its log, until the block ends.

    A program that calls the package keeps the level of the log that it has set.
    """
    logger = logging.getLogger("tensorflow")

    def is_news(record: logging.LogRecord) -> bool:
        return "tf.function retracing" not in record.getMessage()

    logger.addFilter(is_news)
    try:
        yield
    finally:
        logger.removeFilter(is_news)


@contextlib.contextmanager
def light_imports() -> Iterator[None]:
    """Lets Keras load without packages that it can do without and that nothing here asks it for.

    It imports them wherever they are installed, which takes as long again as Keras itself. After the block they can be
    imported as ever.
    """
    hidden = [name for name in _HIDDEN_FROM_KERAS if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # What Python takes for a module that can't be found.
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
