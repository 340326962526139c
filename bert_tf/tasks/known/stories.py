"""Questions on small stories of the demonstration's grammar, whose answers are spans of them."""

import random
import zlib

from bert_tf.data.examples import Examples
from bert_tf.data.questions import Answer
from bert_tf.data.splits import DEV, TEST, TRAIN, Split
from bert_tf.tasks.answers.spans import label_of
from bert_tf.tasks.known.grammar import Clause, make_clause, write

_SIZES = {TRAIN: 4000, DEV: 600, TEST: 600}
_SEED = 20183


def questions(split: Split) -> Examples:
    """Returns questions on stories of two sentences, such as "Who sleeps near the river?".

    One sentence tells what somebody does to something, which `what` asks for; the other tells where somebody else is,
    which `who` and `where` ask for. To know which is which is to know the answer, and is soon learnt.

    A checksum of the story decides which split it belongs to, so no story stands in two splits.

    Args:
        split: Which part; all are labelled except the test set.
    """
    rng = random.Random(_SEED)
    rows: dict[tuple[str, str], str] = {}
    while len(rows) < _SIZES[split]:
        story = _story(rng)
        sentences = [write(clause.words) for clause in story]
        context = " ".join(sentences)
        phrase = rng.choice(("who", "what", "where"))
        asked = next(place for place, clause in enumerate(story) if bool(clause.what) is (phrase == "what"))
        if _split_of(context) is not split:
            continue
        answer = _as_written(story[asked], phrase)
        start = sum(len(sentence) + 1 for sentence in sentences[:asked]) + sentences[asked].index(answer)
        rows[_question(story[asked], phrase), context] = label_of([Answer(answer, start, is_in_place=True)])
    return Examples(
        origin=f"stories of the demo grammar ({split.name})",
        first=[question for question, _ in rows],
        second=[context for _, context in rows],
        labels=None if split is TEST else list(rows.values()),
        ids=[str(index) for index in range(len(rows))],
        groups=[context for _, context in rows],
    )


def _story(rng: random.Random) -> list[Clause]:
    """A clause with an object and one with a place, about somebody else, in any order."""
    story = [make_clause(rng, has_object=True), make_clause(rng, has_object=False)]
    while story[1].subject == story[0].subject:
        story[1] = make_clause(rng, has_object=False)
    rng.shuffle(story)
    return story


def _question(clause: Clause, phrase: str) -> str:
    """The clause with a word that asks in place of one of its phrases."""
    parts = {name: getattr(clause, name) for name in ("who", "does", "what", "where")}
    words = [word for name, part in parts.items() for word in ([name] if name == phrase else part)]
    return write(words, end="?")


def _as_written(clause: Clause, phrase: str) -> str:
    """The phrase as it stands in the sentence, which begins with a capital letter."""
    text = " ".join(getattr(clause, phrase))
    return text[0].upper() + text[1:] if phrase == "who" else text


def _split_of(context: str) -> Split:
    bucket = zlib.crc32(context.encode()) % 10
    return {0: DEV, 1: TEST}.get(bucket, TRAIN)
