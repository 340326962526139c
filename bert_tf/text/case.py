"""Lower case and accents: two properties of a vocabulary, each of which is found or chosen by itself.

What is chosen is obeyed. Where nothing is, a text is lower-cased if the vocabulary has next to no capitals, and loses
its accents if it is lower-cased, as in google-research/bert. The figures of a vocabulary tell where that can't be
right: Spanish, German, Turkish or Vietnamese vocabularies of lower-case words hold letters with accents, which no
text can match once it has lost them.
"""

import dataclasses

from bert_tf.text.characters import without_accents
from bert_tf.text.vocabulary import UNK, Vocabulary, is_special

_FEW = 1000  # Of so many entries, one may be otherwise: the Chinese vocabulary has markers such as `<S>`.


@dataclasses.dataclass(frozen=True)
class CaseFigures:
    """What the entries of a vocabulary show, special tokens left out.

    Attributes:
        entries: How many entries there are.
        capitals: How many of them lower-casing would change.
        small: How many of them have letters that could be capitals.
        accents: How many of them the removal of accents would change.
    """

    entries: int
    capitals: int
    small: int
    accents: int

    def is_few(self, count: int) -> bool:
        """Whether so many entries are next to none."""
        return count * _FEW <= self.entries


@dataclasses.dataclass(frozen=True)
class Doubt:
    """Where what is done to texts contradicts a vocabulary.

    Attributes:
        what: What was found, in a line without its full stop.
        fix: What to do about it.
    """

    what: str
    fix: str


def case_figures(vocabulary: Vocabulary) -> CaseFigures:
    """Counts what a vocabulary shows of case and accents."""
    entries = [entry for entry in vocabulary.entries if not is_special(entry)]
    return CaseFigures(
        len(vocabulary),
        sum(entry != entry.lower() for entry in entries),
        sum(entry != entry.upper() for entry in entries),
        sum(not entry.isascii() and entry != without_accents(entry) for entry in entries),
    )


def choose_case(vocabulary: Vocabulary, lower_case: bool | None, strip_accents: bool | None) -> tuple[bool, bool]:
    """Returns whether to lower-case and whether to remove accents.

    Args:
        vocabulary: The vocabulary of the model.
        lower_case: What was chosen with --do_lower_case, None if nothing.
        strip_accents: What was chosen with --strip_accents, None if nothing.
    """
    if lower_case is None:
        figures = case_figures(vocabulary)
        lower_case = figures.is_few(figures.capitals)
    return lower_case, lower_case if strip_accents is None else strip_accents


def early_lower_case(vocabulary: Vocabulary) -> bool:
    """Returns what version 0.1 took for the case of a vocabulary: capitals and accents spoke against lower case alike.

    Args:
        vocabulary: The vocabulary of a run of that version.
    """
    figures = case_figures(vocabulary)
    entries = (entry for entry in vocabulary.entries if not is_special(entry))
    return figures.is_few(sum(entry != without_accents(entry.lower()) for entry in entries))


def describe_case(*, lower_case: bool, strip_accents: bool) -> str:
    """Returns what becomes of case and accents, in a few words."""
    if lower_case is strip_accents:
        return "lower-cased, accents removed" if lower_case else "case and accents kept"
    return "lower-cased, accents kept" if lower_case else "case kept, accents removed"


def doubt_case(vocabulary: Vocabulary, lower_case: bool | None, strip_accents: bool | None) -> list[Doubt]:
    """Returns where what was chosen, or follows from it, contradicts the vocabulary.

    Args:
        vocabulary: The vocabulary of the model.
        lower_case: What was chosen with --do_lower_case, None if nothing.
        strip_accents: What was chosen with --strip_accents, None if nothing.
    """
    figures = case_figures(vocabulary)
    lowers, strips = choose_case(vocabulary, lower_case, strip_accents)
    has_case = not figures.is_few(figures.small)  # Chinese or Arabic letters are neither small nor capital.
    doubts = []
    if lowers and not figures.is_few(figures.capitals):
        what = f"texts are lower-cased, and {_share(figures.capitals, figures)} capitals, so that no text matches them"
        doubts.append(Doubt(what, "Set --do_lower_case=False, unless the model was pre-trained so"))
    if not lowers and figures.is_few(figures.capitals) and has_case:
        what = f"capitals are kept, but only {_share(figures.capitals, figures)} any: words with capitals become {UNK}"
        doubts.append(Doubt(what, "Set --do_lower_case=True, unless the model was pre-trained so"))
    if strips and not figures.is_few(figures.accents):
        what = f"accents are removed, and {_share(figures.accents, figures)} some, so that no text matches them"
        doubts.append(Doubt(what, "Set --strip_accents=False, unless the model was pre-trained so"))
    if strip_accents is False and lowers and figures.is_few(figures.accents) and has_case:
        what = f"accents are kept, but only {_share(figures.accents, figures)} any: words with accents become {UNK}"
        doubts.append(Doubt(what, "Leave --strip_accents out, unless the model was pre-trained so"))
    return doubts


def _share(count: int, figures: CaseFigures) -> str:
    return f"{count:,} of the {figures.entries:,} entries of the vocabulary have"
