"""What the files of a saved step must be, byte for byte: `manifest-N.json`, written when all of them are complete.

A step without it was never finished. One whose files differ from it, or that is itself not what it was, is damaged. It
also keeps which step was the best when it was written, so that a run that falls back on an older step falls back on
what was the best then.
"""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping

from bert_tf.host import files

MODEL, OPTIMIZER = "model.ckpt", "optimizer.ckpt"
FILE_SUFFIXES = (".data-00000-of-00001", ".index")
_NAME = re.compile(r"manifest-(\d+)\.json")


@dataclasses.dataclass(frozen=True)
class Fingerprint:
    """What a file must be.

    Attributes:
        bytes: Its length.
        sha256: The checksum of all of it, in hexadecimal digits.
    """

    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Best:
    """The step that scored best.

    Attributes:
        step: Updates done.
        metric: What was compared.
        value: Its score.
    """

    step: int
    metric: str
    value: float

    def note(self) -> dict[str, object]:
        """The same as it stands in files, where a reader looks for the name of a checkpoint."""
        return {"checkpoint": f"{MODEL}-{self.step}", "metric": self.metric, "value": self.value}


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The files of a step.

    Attributes:
        step: Updates done.
        files: What each file must be, by its name.
        best: The step that had scored best by then; None if none was compared.
        standing: How the evaluations of the run went by then, as training wants it back. It is here because it may
            change without the step, when a step that was saved is evaluated.
    """

    step: int
    files: Mapping[str, Fingerprint]
    best: Best | None
    standing: Mapping[str, object] | None = None

    def only(self, kind: str) -> "Manifest":
        """Returns the same for the files of one kind."""
        return dataclasses.replace(self, files={name: self.files[name] for name in file_names(kind, self.step)})

    def has(self, kind: str) -> bool:
        """Whether the files of a kind belong to it; those of the optimizer are removed before those of the model."""
        return all(name in self.files for name in file_names(kind, self.step))

    def to_json(self) -> str:
        """Returns the text of the file, in which any other byte than these is damage."""
        tree = {
            "step": self.step,
            "files": {name: dataclasses.asdict(entry) for name, entry in sorted(self.files.items())},
            "best": dataclasses.asdict(self.best) if self.best else None,
            "standing": self.standing,
        }
        return json.dumps({**tree, "sha256": checksum_of(tree)}, indent=2) + "\n"


def file_names(kind: str, step: int) -> tuple[str, ...]:
    """The names of the files of a kind, `MODEL` or `OPTIMIZER`."""
    return tuple(f"{kind}-{step}{suffix}" for suffix in FILE_SUFFIXES)


def manifest_name(step: int) -> str:
    """The name of a step's manifest."""
    return f"manifest-{step}.json"


def manifest_steps(folder: str) -> list[int]:
    """The steps that have a manifest, in order."""
    found = map(_NAME.fullmatch, files.list_folder(folder))
    return sorted(int(match[1]) for match in found if match)


def describe_step(
    folder: str,
    step: int,
    best: Best | None = None,
    standing: Mapping[str, object] | None = None,
    kinds: Iterable[str] = (MODEL, OPTIMIZER),
) -> Manifest:
    """Reads the files of a step that have just been written."""
    names = [name for kind in kinds for name in file_names(kind, step)]
    return Manifest(step, {name: fingerprint(os.path.join(folder, name)) for name in names}, best, standing)


def write_manifest(folder: str, manifest: Manifest) -> None:
    """Writes it, all or nothing: from then on the step counts as saved."""
    files.write_text(os.path.join(folder, manifest_name(manifest.step)), manifest.to_json())


def read_manifest(folder: str, step: int) -> Manifest | None:
    """Returns the manifest of a step; None if there is none, or it is not what was written."""
    path = os.path.join(folder, manifest_name(step))
    if not files.exists(path):
        return None
    try:
        text = files.read_text(path, "the list of the files of a step", "")
        tree = json.loads(text)
        entries = {name: Fingerprint(**entry) for name, entry in tree["files"].items()}
        manifest = Manifest(tree["step"], entries, Best(**tree["best"]) if tree["best"] else None, tree["standing"])
        return manifest if manifest.to_json() == text and manifest.step == step else None
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
    ):  # Whatever a changed byte may lead to.
        return None


def find_damage(folder: str, step: int, kinds: Iterable[str]) -> str:
    """Compares the files of a step with its manifest.

    Args:
        folder: Where they are.
        step: A step that has a manifest.
        kinds: `MODEL`, `OPTIMIZER` or both.

    Returns:
        Which file is damaged and how, in a few words; nothing if all is as it was written.
    """
    manifest = read_manifest(folder, step)
    if manifest is None:
        return f"{manifest_name(step)} is damaged"
    names = [name for kind in kinds for name in file_names(kind, step)]
    return next((damage for name in names if (damage := damage_of(folder, name, manifest.files.get(name)))), "")


def damage_of(folder: str, name: str, expected: Fingerprint | None) -> str:
    """What is wrong with a file, in a few words; nothing if it is what it must be."""
    path = os.path.join(folder, name)
    if expected is None or not files.exists(path):
        return f"{name} is missing"
    try:
        found = fingerprint(path)
    except OSError as error:
        return f"{name} can't be read ({error})"
    if found.bytes != expected.bytes:
        return f"{name} is damaged ({found.bytes:,} bytes instead of {expected.bytes:,})"
    return "" if found == expected else f"{name} is damaged (its checksum differs)"


def fingerprint(path: str) -> Fingerprint:
    """What a file is, read piece by piece."""
    digest, size = hashlib.sha256(), 0
    for block in files.read_blocks(path):
        digest.update(block)
        size += len(block)
    return Fingerprint(size, digest.hexdigest())


def checksum_of(tree: Mapping[str, object]) -> str:
    """The checksum of what a manifest says, so that a change of the manifest itself is noticed."""
    return hashlib.sha256(json.dumps(tree).encode()).hexdigest()
