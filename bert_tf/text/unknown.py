"""Which characters of texts no entry of a vocabulary holds, so that their words become [UNK]."""

from collections import Counter
from collections.abc import Iterable

from bert_tf.text.characters import folded, is_control, is_whitespace
from bert_tf.text.vocabulary import Vocabulary


def count_unknown_characters(
    texts: Iterable[str], vocabulary: Vocabulary, *, lower_case: bool, strip_accents: bool
) -> Counter[str]:
    """Returns how often each character occurs that the vocabulary lacks in every form that the tokenizer gives it.

    Args:
        texts: The texts.
        vocabulary: The vocabulary.
        lower_case: Whether texts are lower-cased.
        strip_accents: Whether they lose their accents.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    known = vocabulary.alphabet
    return Counter(
        {
            char: count
            for char, count in counts.items()
            if not (is_control(char) or is_whitespace(char))
            and not known.issuperset(folded(char, lower_case=lower_case, strip_accents=strip_accents))
        }
    )
