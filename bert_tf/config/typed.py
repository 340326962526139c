"""What was typed of the options, on a command line or as arguments of a function."""

import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import TypeVar

from bert_tf.config.commands import OWN_PATH_OPTIONS
from bert_tf.config.options import options_of
from bert_tf.config.paths import PATH_OPTIONS, STANDARD_STREAM, with_home_folders
from bert_tf.config.run import OPTIONS, RunConfig, from_json, replace
from bert_tf.host import console, files

_TPU_FLAGS = ("iterations_per_loop", "master", "tpu_name", "tpu_zone", "gcp_project")


Section = TypeVar("Section")


@dataclasses.dataclass(frozen=True)
class Typed:
    """What a command line says.

    Attributes:
        values: The options that were typed, by name.
        config_file: The value of --config.
        arguments: What is not a flag.
        own_values: The options that only this command has and that were typed, by name.
        wants_help: Whether --help was typed.
        wants_version: Whether --version was typed.
        defaults: Options whose default is another than usual, by name: those of a family of tasks.
    """

    values: dict[str, object]
    config_file: str | None
    arguments: tuple[str, ...]
    own_values: dict[str, object]
    wants_help: bool
    wants_version: bool
    defaults: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def config(self, base: RunConfig | None = None) -> RunConfig:
        """Returns the options: those of `base`, then those of --config, then the typed ones.

        Raises:
            InputError: If the file can't be read, or a value breaks a rule.
        """
        config = base or replace(RunConfig(), **self.defaults)
        if self.config_file is not None:
            path = os.path.expanduser(self.config_file)
            text = files.read_text(path, "a config", "Set --config to a JSON file")
            config = from_json(text, path, config)
        return with_home_folders(replace(config, **self.values))

    def own(self, section: type[Section]) -> Section:
        """Returns the options that only this command has.

        Args:
            section: The dataclass of them.

        Raises:
            InputError: If a value breaks a rule.
        """
        known = options_of(section, section.__name__)
        values = {each.name: each.check(self.own_values.get(each.name, each.default)) for each in known}
        paths = {name: os.path.expanduser(values[name]) for name in OWN_PATH_OPTIONS if values.get(name)}
        return section(**{**values, **paths})


def reasons_of_tpu(on_tpu: bool) -> dict[str, str]:
    """Returns why flags on TPUs have no effect, by their names; `on_tpu` says whether the run is on one."""
    reasons = {"num_tpu_cores": "the TPU itself says how many cores it has"}
    return reasons if on_tpu else reasons | dict.fromkeys(_TPU_FLAGS, "it only matters with --use_tpu")


def warn_without_meaning(values: Mapping[str, object], reasons: Mapping[str, str]) -> None:
    """Says in one line each which typed flags have no effect.

    Args:
        values: The flags that were typed.
        reasons: Why a flag has none, by its name.
    """
    for name, reason in reasons.items():
        if name in values:
            console.warn(f"--{name} has no effect: {reason}")


def check_paths(typed: Typed) -> None:
    """Makes sure that every path that was typed can be reached, before any of them is read.

    Raises:
        InputError: If one can't be.
    """
    for what, path in _typed_paths(typed):
        if isinstance(path, str) and path != STANDARD_STREAM:
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
