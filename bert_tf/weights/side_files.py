"""What the files beside the weights of a run must be, byte for byte: `manifest.json`, written when a run begins.

Two lines of a vocabulary that changed places, or another number of heads, make a model answer as readily as before,
and wrongly. So a folder whose files are not those with which its model was trained is refused.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from bert_tf.config.encoder import ENCODER_CONFIG_FILE, VOCABULARY_FILE
from bert_tf.errors import InputError
from bert_tf.host import console, files
from bert_tf.weights.manifest import Fingerprint, checksum_of, damage_of, fingerprint, manifest_steps

SIDE_FILES = (ENCODER_CONFIG_FILE, VOCABULARY_FILE, "labels.txt", "task.json")
SIDE_MANIFEST = "manifest.json"

# What each file may be, by its name: one thing, or for a moment two, while it is replaced.
_Entries: TypeAlias = dict[str, tuple[Fingerprint, ...]]


def keep_side_files(folder: str) -> None:
    """Writes down what the files beside the weights are, now that they are those of the run."""
    names = [name for name in SIDE_FILES if files.exists(os.path.join(folder, name))]
    if names:
        _write(folder, {name: (fingerprint(os.path.join(folder, name)),) for name in names})


def forget_side_files(folder: str) -> None:
    """Takes back what is written down, before files of another run come into a folder."""
    files.remove(os.path.join(folder, SIDE_MANIFEST))


def replace_side_file(folder: str, name: str, text: str) -> None:
    """Replaces a file that the run itself changes, such as a task whose thresholds were found.

    Whenever the process is killed, the file is one of those that are written down.

    Args:
        folder: The folder of the run, or another one, where nothing is written down.
        name: One of `SIDE_FILES`.
        text: What it is to hold.
    """
    path, entries = os.path.join(folder, name), _read(folder)
    if entries is None:
        files.write_text(path, text)
        return
    data = text.encode()
    new = Fingerprint(len(data), hashlib.sha256(data).hexdigest())
    _write(folder, {**entries, name: (*entries.get(name, ()), new)})
    files.write_text(path, text)
    _write(folder, {**entries, name: (new,)})


def check_side_files(folder: str, tell: Callable[[str], None] = console.warn) -> None:
    """Makes sure that the files beside the weights are those of the run, if it is a run that wrote them down.

    Args:
        folder: The folder of a checkpoint.
        tell: Is told, in a line, if an older version of bert_tf wrote nothing down.

    Raises:
        InputError: If one of them is missing or not what it was, or has come from elsewhere.
    """
    there = [name for name in SIDE_FILES if files.exists(os.path.join(folder, name))]
    entries = _read(folder)
    if entries is None:
        if there and manifest_steps(folder):
            named = ", ".join(there)
            tell(f"{folder} has no {SIDE_MANIFEST}, so {named} can't be checked: an older version trained it")
        return
    damage = next(_damages(folder, entries, there), "")
    if damage:
        raise _refused(folder, damage)


def _damages(folder: str, entries: Mapping[str, tuple[Fingerprint, ...]], there: Iterable[str]) -> Iterator[str]:
    for name, allowed in entries.items():
        found = [damage_of(folder, name, each) for each in allowed]
        if all(found):
            yield found[-1]
    yield from (f"{name} was not there when the model was trained" for name in there if name not in entries)


def _write(folder: str, entries: _Entries) -> None:
    tree = {name: [dataclasses.asdict(each) for each in entries[name]] for name in sorted(entries)}
    text = json.dumps({"files": tree, "sha256": checksum_of(tree)}, indent=2) + "\n"
    files.write_text(os.path.join(folder, SIDE_MANIFEST), text)


def _read(folder: str) -> _Entries | None:
    """What is written down; None if nothing is.

    Raises:
        InputError: If that is not what was written.
    """
    path = os.path.join(folder, SIDE_MANIFEST)
    if not files.exists(path):
        return None
    try:
        stored = json.loads(files.read_text(path, "the list of the files beside the weights", "Copy the folder again"))
        tree = stored["files"]
        if stored["sha256"] != checksum_of(tree):
            raise _refused(folder, f"{SIDE_MANIFEST} is damaged")
        return {name: tuple(Fingerprint(**each) for each in entry) for name, entry in tree.items()}
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _refused(folder, f"{SIDE_MANIFEST} is damaged") from error


def _refused(folder: str, damage: str) -> InputError:
    return InputError(
        f"The files beside the model in {folder} must be those with which it was trained",
        received=damage,
        fix="Copy the folder again from where it was trained, or train anew with --overwrite_output_dir",
    )
