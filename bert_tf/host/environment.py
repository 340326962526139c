"""Settings of the process of a command, which must be made before TensorFlow is loaded. A guest makes none of them."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final

from bert_tf.host.console import Verbosity
from bert_tf.host.processor import read_processor

# From 0, everything, to 3, what ends the process. What it calls an error is often none, such as a missing GPU; those of
# a run are told by its commands.
_TENSORFLOW_LEVELS: Final = {Verbosity.QUIET: "3", Verbosity.NORMAL: "2", Verbosity.DEBUG: "0"}


_HIDDEN_FROM_KERAS: Final = ("sklearn", "pandas", "matplotlib")


def prepare_environment(verbosity: Verbosity = Verbosity.NORMAL) -> None:
    """Settings that must be made before TensorFlow is loaded; what the user has set is left alone."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _TENSORFLOW_LEVELS[verbosity])
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")
    if read_processor().hides_tile_sizes:
        os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")


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
