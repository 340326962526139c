"""The paths among the options: where they lead, and what an output folder keeps of them.

One value of --init_checkpoint is no path: the word `demo` means the checkpoint that comes with the package, wherever
that is. A file or folder of this name is written `./demo`.
"""

import os
import pathlib

from bert_tf.config.run import OPTIONS, RunConfig, replace
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
    "labels_file",
)
DEMO = "demo"
_PACKAGE = pathlib.Path(__file__).parent.parent
STANDARD_STREAM = "-"


def with_absolute_paths(config: RunConfig) -> RunConfig:
    """Returns the options with local paths made absolute; remote ones and standard input stay as they are."""
    given = {name: getattr(getattr(config, OPTIONS[name].section), name) for name in PATH_OPTIONS}
    absolute = {name: absolute_path(path) for name, path in given.items()}
    return replace(config, **absolute | {"init_checkpoint": absolute_checkpoint(config.model.init_checkpoint)})


def with_home_folders(config: RunConfig) -> RunConfig:
    """Returns the options with the user's folder in the place of `~`, which a shell leaves in `--name=~/folder`."""
    given = {name: getattr(getattr(config, OPTIONS[name].section), name) for name in PATH_OPTIONS}
    changed = {name: os.path.expanduser(path) for name, path in given.items() if path and path.startswith("~")}
    return replace(config, **changed) if changed else config


def absolute_path(path: str | None) -> str | None:
    """Returns a path that means the same in any working directory."""
    if not path or path == STANDARD_STREAM or files.is_remote(path):
        return path
    return os.path.abspath(path)


def absolute_checkpoint(path: str | None) -> str | None:
    """Returns what `absolute_path` does; `demo` stays a word, since the package may lie elsewhere tomorrow."""
    return path if path == DEMO else absolute_path(path)


def checkpoint_path(given: str) -> str:
    """Returns where the checkpoint is that the user means: for `demo` the folder that comes with the package."""
    if given != DEMO:
        return given
    # A build puts the folder into the package (see setup.py). In a checkout it lies beside the package.
    places = (_PACKAGE / "checkpoints" / DEMO, _PACKAGE.parent / "checkpoints" / DEMO)
    return str(next((place for place in places if place.is_dir()), places[0]))
