"""Which model of an output folder is used: the best, else the newest, and never a damaged one."""

import os
import re
from collections.abc import Callable

from bert_tf.errors import InputError
from bert_tf.host import console, files
from bert_tf.weights.manifest import MODEL, find_damage, manifest_name, manifest_steps, read_manifest

_LISTED = re.compile(rf'^all_model_checkpoint_paths: "(?:.*/)?{re.escape(MODEL)}-(\d+)"$', re.MULTILINE)
_NAMED = re.compile(rf"{re.escape(MODEL)}-(\d+)")


def holds_run(folder: str) -> bool:
    """Whether a run has saved a checkpoint in a folder, damaged or not."""
    return files.exists(os.path.join(folder, "checkpoint")) or bool(manifest_steps(folder))


def saved_steps(folder: str) -> list[int]:
    """The steps whose saving was finished, in order: those with a manifest, and those that an older version saved.

    An older version wrote no manifest; what it finished, the file `checkpoint` lists.
    """
    path = os.path.join(folder, "checkpoint")
    text = files.read_bytes(path, "the list of checkpoints", "") if files.exists(path) else b""
    listed = [int(step) for step in _LISTED.findall(text.decode(errors="replace"))]
    return sorted({*manifest_steps(folder), *listed})


def choose_model(folder: str, tell: Callable[[str], None] = console.warn) -> str | None:
    """Returns the prefix of the model to use from the folder of a run.

    Args:
        folder: The folder.
        tell: Is told, in a line, if it is not the one that it should be.

    Returns:
        That of the best step, else of the newest, else of the newest that is intact. None if the folder holds no step
        with a manifest.

    Raises:
        InputError: If every model is damaged.
    """
    if not manifest_steps(folder):
        return None
    damaged: list[str] = []
    for step in _in_order_of_choice(folder):
        damage = model_damage(folder, step)
        if not damage:
            if damaged:
                tell(f"{damaged[0]}; using {MODEL}-{step} in its place")
            return os.path.join(folder, f"{MODEL}-{step}")
        damaged.append(damage)
    raise InputError(
        f"{folder} must hold a model that is intact",
        received="; ".join(damaged[:3]),
        fix="Copy the folder again from where it was trained, or train anew with --overwrite_output_dir",
    )


def check_named(prefix: str) -> None:
    """Makes sure that a checkpoint that was named is as it was saved, if there is a manifest that tells.

    Raises:
        InputError: If it is damaged.
    """
    folder, name = os.path.split(prefix)
    match = _NAMED.fullmatch(name)
    damage = model_damage(folder, int(match[1])) if match else ""
    if damage:
        raise InputError(
            f"{prefix} must be as it was saved",
            received=damage,
            fix="Copy it again, or name its folder in place of it, for the newest checkpoint that is intact",
        )


def model_damage(folder: str, step: int) -> str:
    """What is wrong with the model of a step, in a few words; what an older version saved has checks of its own."""
    if files.exists(os.path.join(folder, manifest_name(step))):
        return find_damage(folder, step, (MODEL,))
    index = f"{MODEL}-{step}.index"
    return "" if files.exists(os.path.join(folder, index)) else f"{index} is missing"


def _in_order_of_choice(folder: str) -> list[int]:
    """The best step as the newest manifest that can be read tells it, then all, the newest first."""
    steps = saved_steps(folder)[::-1]
    for position, step in enumerate(steps):
        manifest = read_manifest(folder, step)
        if manifest is None and step in manifest_steps(folder):
            continue  # It is named as damaged, since it stays before the best.
        best = manifest.best if manifest else None
        chosen = [best.step] if best else []
        return [*steps[:position], *chosen, *(other for other in steps[position:] if other not in chosen)]
    return steps
