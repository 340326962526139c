"""A WordPiece vocabulary file: one entry a line, the line number is the id."""

import dataclasses
import functools
from collections.abc import Sequence

from bert_tf.errors import InputError
from bert_tf.text.characters import strip_accents

CLS, SEP, PAD, UNK = "[CLS]", "[SEP]", "[PAD]", "[UNK]"
REQUIRED = (CLS, SEP, PAD, UNK)


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The entries of a vocabulary in the order of their ids.

    Attributes:
        entries: The entries, stripped of white space as Google's reader does. A repeated entry has the id of its
            last line, also as there.
    """

    entries: tuple[str, ...]

    @functools.cached_property
    def ids(self) -> dict[str, int]:
        """The id of each entry."""
        return {entry: index for index, entry in enumerate(self.entries)}

    @functools.cached_property
    def alphabet(self) -> frozenset[str]:
        """Every character that occurs in an entry that text can produce."""
        return frozenset("".join(_plain(entry) for entry in self.entries))

    @functools.cached_property
    def lower_case(self) -> bool:
        """Whether the vocabulary is of an uncased model.

        A cased vocabulary has entries that lower-casing and accent stripping would change. An uncased one has none
        that they would, except a handful of markers such as `<S>`: one in a thousand entries is the limit.
        """
        changed = sum(1 for entry in self.entries if _is_cased(entry))
        return changed * 1000 <= len(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, entry: str) -> int:
        return self.ids[entry]


def parse_vocabulary(data: bytes, path: str) -> Vocabulary:
    """Reads the bytes of a `vocab.txt`.

    Lines end at a line feed only: the Chinese vocabulary holds U+2028 as an entry, where `str.splitlines` would
    split.

    Args:
        data: The content of the file, UTF-8.
        path: Where it came from, for messages.

    Raises:
        InputError: If it is not UTF-8, lacks one of the special tokens, or holds nothing beside such.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            "A vocabulary file must be UTF-8 text",
            received=f"byte 0x{data[error.start]:02x} at {path}:{line}",
            fix="Give the vocab.txt that was published with the checkpoint by --vocab_file",
        ) from error
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    entries = tuple(line.strip() for line in lines)
    missing = [token for token in REQUIRED if token not in entries]
    if missing:
        raise InputError(
            f"A vocabulary must hold {', '.join(REQUIRED)}",
            received=f"{path} with {len(entries)} entries and without {', '.join(missing)}",
            fix="Give the vocab.txt that was published with the checkpoint by --vocab_file",
        )
    if all(_is_special(entry) or not _matchable(entry) for entry in entries):
        raise InputError(
            "A vocabulary must hold pieces of words beside the special tokens",
            received=f"{path} with {len(entries)} entries, none of which a text can hold",
            fix="Give the vocab.txt that was published with the checkpoint by --vocab_file",
        )
    return Vocabulary(entries)


def check_case(vocabulary: Vocabulary, lower_case: bool | None, path: str) -> bool:
    """Returns whether to lower-case, from the vocabulary unless told, and refuses a contradiction.

    Args:
        vocabulary: The vocabulary of the model.
        lower_case: What the user said with --do_lower_case, None if nothing.
        path: Where the vocabulary came from, for messages.

    Raises:
        InputError: If the user said the contrary of what the vocabulary shows.
    """
    if lower_case is None or lower_case == vocabulary.lower_case:
        return vocabulary.lower_case
    kind = "uncased" if vocabulary.lower_case else "cased"
    raise InputError(
        f"The case must fit the vocabulary, and {path} is {kind}",
        received=f"--do_lower_case={lower_case}",
        fix="Leave --do_lower_case out, it is found from the vocabulary",
    )


def matchable_entries(vocabulary: Vocabulary) -> Sequence[str]:
    """The entries for a matcher that demands distinct, non-empty ones without white space.

    Entries that no text can produce are replaced by distinct stand-ins, so that every other entry keeps its id.
    """
    return [
        entry if vocabulary.ids[entry] == index and _matchable(entry) else f"\ufffe{index}"
        for index, entry in enumerate(vocabulary.entries)
    ]


def _matchable(entry: str) -> bool:
    return bool(_plain(entry)) and not any(char.isspace() for char in entry)


def _plain(entry: str) -> str:
    return entry.removeprefix("##")


def _is_special(entry: str) -> bool:
    return entry.startswith("[") and entry.endswith("]")


def _is_cased(entry: str) -> bool:
    return not _is_special(entry) and entry != strip_accents(entry.lower())
