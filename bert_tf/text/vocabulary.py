"""A WordPiece vocabulary file: one entry a line, the line number is the id."""

import dataclasses
import functools
from collections.abc import Iterable, Sequence

from bert_tf.errors import InputError
from bert_tf.text.characters import is_control, is_whitespace, unused_characters

CLS, SEP, PAD, UNK = "[CLS]", "[SEP]", "[PAD]", "[UNK]"
REQUIRED = (CLS, SEP, PAD, UNK)
LONGEST_ENTRY = 256  # Bytes, of an entry that the matcher of tensorflow-text can hold.
_CONTINUES = "##"
_SHOWN = 40  # Characters of an entry in a message.
_FIX = "Give the vocab.txt that was published with the checkpoint by --vocab_file"


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
        return frozenset("".join(plain_piece(entry) for entry in self.entries))

    @functools.cached_property
    def unmatchable(self) -> tuple[int, ...]:
        """The ids of the entries that are no piece of any text, whatever becomes of case and accents.

        They are empty, hold white space or characters that the tokenizer drops, or are too long for the matcher.
        """
        dropped = _dropped(self.alphabet)
        pieces = map(plain_piece, self.entries)
        return tuple(index for index, piece in enumerate(pieces) if not _is_matchable(piece, dropped))

    @functools.cached_property
    def repeated(self) -> tuple[int, ...]:
        """The ids that no text gets because a later line holds the same entry."""
        hopeless = set(self.unmatchable)
        return tuple(
            index for index, entry in enumerate(self.entries) if self.ids[entry] != index and index not in hopeless
        )

    @functools.cached_property
    def used(self) -> int:
        """How many entries there are up to the last that is not merely a line that no text can match."""
        hopeless = set(self.unmatchable)
        return 1 + max(index for index in range(len(self.entries)) if index not in hopeless)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, entry: str) -> int:
        return self.ids[entry]


def parse_vocabulary(data: bytes, path: str) -> Vocabulary:
    """Reads the bytes of a `vocab.txt`, as google-research/bert does through TensorFlow's files.

    Lines end at a line feed only: the Chinese vocabulary holds U+2028 as an entry, where `str.splitlines` would
    split. Carriage returns count for nothing, wherever they are. Blank lines are entries, also at the end: they count
    in the ids of what follows.

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
        received = f"byte 0x{data[error.start]:02x} at {path}:{line}"
        raise InputError("A vocabulary file must be UTF-8 text", received=received, fix=_FIX) from error
    lines = text.replace("\r", "").split("\n")
    if lines[-1] == "":
        lines.pop()
    entries = tuple(line.strip() for line in lines)
    missing = [token for token in REQUIRED if token not in entries]
    if missing:
        raise InputError(
            f"A vocabulary must hold {', '.join(REQUIRED)}",
            received=f"{path} with {len(entries)} entries and without {', '.join(missing)}",
            fix=_FIX,
        )
    if all(is_special(entry) or not _is_matchable(plain_piece(entry), _dropped(entry)) for entry in entries):
        raise InputError(
            "A vocabulary must hold pieces of words beside the special tokens",
            received=f"{path} with {len(entries)} entries, none of which a text can hold",
            fix=_FIX,
        )
    return Vocabulary(entries)


def matchable_entries(vocabulary: Vocabulary) -> Sequence[str]:
    """The entries for a matcher that demands distinct, non-empty ones of limited length without white space.

    Entries that no text can produce are replaced by distinct stand-ins, so that every other entry keeps its id. A
    stand-in begins with a character that no normalized text holds, so that no text can produce it either.
    """
    unused = chr(unused_characters(vocabulary.alphabet)[1])
    replaced = {*vocabulary.unmatchable, *vocabulary.repeated}
    return [f"{unused}{index}" if index in replaced else entry for index, entry in enumerate(vocabulary.entries)]


def tell_unmatchable(vocabulary: Vocabulary) -> str:
    """Returns how many entries no text can match, and which is the first; an empty string if there are none."""
    return _tell(vocabulary, vocabulary.unmatchable, "that no text matches")


def tell_repeated(vocabulary: Vocabulary) -> str:
    """Returns how many entries have the id of a later line, and which is the first; an empty string if none has."""
    return _tell(vocabulary, vocabulary.repeated, "that a later line repeats, whose id counts")


def _tell(vocabulary: Vocabulary, ids: Sequence[int], what: str) -> str:
    if not ids:
        return ""
    first = vocabulary.entries[ids[0]]
    shown = repr(first[:_SHOWN]) + ("..." if len(first) > _SHOWN else "")
    noun = "entry" if len(ids) == 1 else "entries"
    return f"the vocabulary has {len(ids):,} {noun} {what}; the first is {shown} in line {ids[0] + 1:,}"


def plain_piece(entry: str) -> str:
    """The characters of an entry, without the mark of a piece that continues a word."""
    return entry.removeprefix(_CONTINUES)


def is_special(entry: str) -> bool:
    """Whether an entry is a token such as `[CLS]`, of which no text is made."""
    return entry.startswith("[") and entry.endswith("]")


def _dropped(chars: Iterable[str]) -> frozenset[str]:
    return frozenset(char for char in chars if is_control(char) or is_whitespace(char))


def _is_matchable(piece: str, dropped: frozenset[str]) -> bool:
    return bool(piece) and dropped.isdisjoint(piece) and len(piece.encode()) <= LONGEST_ENTRY
