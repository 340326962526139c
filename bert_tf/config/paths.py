"""The paths among the options, so that what an output folder keeps of them holds from any working directory."""

import os

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
_STANDARD_INPUT = "-"


def with_absolute_paths(config: RunConfig) -> RunConfig:
    """Returns the options with local paths made absolute; remote ones and standard input stay as they are."""
    given = {name: getattr(getattr(config, OPTIONS[name].section), name) for name in PATH_OPTIONS}
    return replace(config, **{name: absolute_path(path) for name, path in given.items()})


def absolute_path(path: str | None) -> str | None:
    """Returns a path that means the same in any working directory."""
    if not path or path == _STANDARD_INPUT or files.is_remote(path):
        return path
    return os.path.abspath(path)
