"""Where the tokens of a split are kept between runs, and what they were made from. Nothing here imports TensorFlow."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from bert_tf.data.examples import Examples
from bert_tf.data.splits import Split

Fingerprint = Mapping[str, object]
CACHE_FLAG = "cache_dir"

_LONGEST_NAME = 60
_LONGEST_VALUE = 40  # A longer one is a checksum, which tells a person nothing.


def cache_path(folder: str, task_name: str, split: Split, max_seq_length: int) -> str:
    """Returns the file of a split, such as `cola-train-128.tf_record`.

    A task may have any name. One that is no plain file name is replaced by what is plain of it and a checksum, so that
    the path never leaves the folder and no two tasks share a file.
    """
    plain = re.sub(r"[^a-z0-9-]+", "_", task_name)[:_LONGEST_NAME]
    name = plain if plain == task_name else f"{plain}-{hashlib.sha256(_utf8(task_name)).hexdigest()[:8]}"
    return os.path.join(folder, f"{name}-{split.name}-{max_seq_length}.tf_record")


def fingerprint(examples: Examples, facts: Mapping[str, object], text_step: Fingerprint) -> dict[str, object]:
    """Returns all that the columns of a split depend on, one entry a cause: checksums, and settings as they are.

    Args:
        examples: The split.
        facts: What targets depend on beside the labels of the examples, as `AnswerSpace.facts` gives it.
        text_step: What the word pieces of a text depend on.
    """
    told = {name: _checksum(value) if _is_list_of_texts(value) else value for name, value in facts.items()}
    return {
        "texts": _checksum(examples.first),
        "second texts": _checksum(examples.second),
        **({} if examples.words is None else {"words": _checksum("\0".join(words) for words in examples.words)}),
        **({} if examples.contexts is None else {"contexts": _checksum(map(_context, examples.contexts))}),
        **({} if examples.choices is None else {"choices": _checksum("\0".join(each) for each in examples.choices)}),
        "labels": _checksum(examples.labels),
        **told,
        **text_step,
    }


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """Returns in a few words in what two fingerprints differ; an empty string if in nothing."""
    names = [*new, *(name for name in old if name not in new)]
    return ", ".join(
        _difference(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    )


def _difference(name: str, old: object, new: object) -> str:
    is_legible = all(value is not None and len(str(value)) <= _LONGEST_VALUE for value in (old, new))
    return f"{name} {old}, now {new}" if is_legible else f"other {name[:_LONGEST_VALUE]}"


def _checksum(texts: Iterable[str] | None) -> str:
    """A checksum that tells every list of texts from every other, and from none."""
    if texts is None:
        return "none"
    digest = hashlib.sha256()
    for text in texts:
        data = _utf8(text)
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _context(context: tuple[Sequence[str], Sequence[str]]) -> str:
    return "\0\0".join("\0".join(words) for words in context)


def _is_list_of_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
