"""The paths among the options: where they lead, and what an output folder keeps of them."""

import os
from collections.abc import Iterator

from bert_tf.config.run import OPTIONS, RunConfig, replace
from bert_tf.config.typed import Typed
from bert_tf.host import files

PATH_OPTIONS = (
    "output_dir",
    "init_checkpoint",
    "bert_config_file",
    "vocab_file",
    "data_dir",
    "tfds_data_dir",
    "cache_dir",
    "train_file",
    "eval_file",
    "predict_file",
)
OWN_PATH_OPTIONS = ("fixed_file", "json", "trace")  # Of single commands.
_STANDARD_STREAM = "-"


def check_paths(typed: Typed) -> None:
    """Makes sure that every path that was typed can be reached, before any of them is read.

    Raises:
        InputError: If one can't be.
    """
    for what, path in _typed_paths(typed):
        if isinstance(path, str) and path != _STANDARD_STREAM:
            files.check_reachable(path, what)


def _typed_paths(typed: Typed) -> Iterator[tuple[str, object]]:
    """What was typed of paths, by what messages call them; what --config says comes after its own path."""
    yield "--config", typed.config_file
    for path in typed.arguments:
        yield "A path", path
    config = typed.config()
    for name in PATH_OPTIONS:
        yield f"--{name}", getattr(getattr(config, OPTIONS[name].section), name)
    for name in OWN_PATH_OPTIONS:
        yield f"--{name}", typed.own_values.get(name)


def with_absolute_paths(config: RunConfig) -> RunConfig:
    """Returns the options with local paths made absolute; remote ones and standard input stay as they are."""
    given = {name: getattr(getattr(config, OPTIONS[name].section), name) for name in PATH_OPTIONS}
    return replace(config, **{name: absolute_path(path) for name, path in given.items()})


def absolute_path(path: str | None) -> str | None:
    """Returns a path that means the same in any working directory."""
    if not path or path == _STANDARD_STREAM or files.is_remote(path):
        return path
    return os.path.abspath(path)
