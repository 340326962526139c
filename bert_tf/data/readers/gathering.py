"""The rules that questions with answers keep to, whatever file they stand in, and the columns that they become."""

import dataclasses
from collections.abc import Sequence

from bert_tf.data.questions import Answer, Questions
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.data.readers.rules import EMPTY_ID
from bert_tf.errors import InputError
from bert_tf.host.console import counted

NO_KEY = FaultKind("Every question must say the same of itself", "Add what is missing, or take it out of all others")
_DOUBLE_ID = FaultKind("Ids of questions must be unique", "Correct them")
_EMPTY_CONTEXT = FaultKind("A context must have text", "Leave its questions out")
_NO_ANSWER = FaultKind(
    "A question must have an answer", "Give it one, or say that it is impossible and set --version_2_with_negative"
)
_EMPTY_ANSWER = FaultKind("An answer must have text", "Correct it, or leave it out")
_HAS_ANSWER = FaultKind("An impossible question must have no answer", "Take the mark or the answers away")
_VERSION_2 = FaultKind(
    "Without --version_2_with_negative every question must have an answer",
    "Set --version_2_with_negative, as for SQuAD 2.0",
)


@dataclasses.dataclass(frozen=True)
class RawQuestion:
    """A question of a file, whose values have the right types.

    Attributes:
        place: Where it stands in the file.
        id: Its id.
        text: The question.
        context: What it is about.
        title: Title of the article; empty if it has none.
        answers: Texts and where each begins in the context; None if the file doesn't say.
        is_impossible: Whether it has no answer; None if the file doesn't say.
    """

    place: str
    id: str
    text: str
    context: str
    title: str = ""
    answers: Sequence[tuple[str, int]] | None = None
    is_impossible: bool | None = None


def gather_questions(
    origin: str,
    found: Sequence[RawQuestion],
    faults: Faults,
    *,
    needs_answers: bool,
    version_2_with_negative: bool,
    notes: tuple[str, ...] = (),
) -> Questions:
    """Checks questions and puts them together.

    Args:
        origin: Name of the file.
        found: What stands in it.
        faults: What was wrong so far.
        needs_answers: Whether all must have answers; else they are read if all have them.
        version_2_with_negative: Whether a question may have no answer.
        notes: What there is to say of how it was read.

    Raises:
        InputError: If a question is at fault, or there is none.
    """
    has_answers = needs_answers or any(question.answers is not None for question in found)
    tells_impossible = any(question.is_impossible is not None for question in found)
    _check_ids(origin, found, faults)
    for question in found:
        for kind, value in _faults_of(question, has_answers, tells_impossible, version_2_with_negative):
            faults.add(kind, Fault(f"{origin}:{question.place}", value))
    faults.raise_if_any(len(found))
    if not found:
        raise InputError(f"{origin} must hold at least one question", received="none")
    contexts: dict[str, int] = {}
    context_index = [contexts.setdefault(question.context, len(contexts)) for question in found]
    questions = Questions(
        origin,
        [question.id for question in found],
        [question.text for question in found],
        list(contexts),
        context_index,
        [_placed(question) for question in found] if has_answers else None,
        [bool(question.is_impossible) for question in found] if has_answers else None,
        [question.title for question in found],
        [question.place for question in found],
    )
    silent = version_2_with_negative and has_answers and not tells_impossible
    told = ("none says is_impossible, so each has an answer",) if silent else ()
    return dataclasses.replace(questions, notes=(*notes, *told, *_notes(questions)))


def _check_ids(origin: str, found: Sequence[RawQuestion], faults: Faults) -> None:
    first: dict[str, str] = {}
    for question in found:
        if not question.id.strip():
            faults.add(EMPTY_ID, Fault(f"{origin}:{question.place}", question.id))
        elif question.id in first:  # It may be in the same line, where an array is written in one.
            hint = f"also at {first[question.id]}"
            faults.add(_DOUBLE_ID, Fault(f"{origin}:{question.place}", question.id, hint))
        else:
            first[question.id] = question.place


def _faults_of(
    question: RawQuestion, has_answers: bool, tells_impossible: bool, version_2_with_negative: bool
) -> list[tuple[FaultKind, object]]:
    """The rules that a question breaks, and what breaks each."""
    found: list[tuple[FaultKind, object]] = []
    if not question.context.strip():
        found.append((_EMPTY_CONTEXT, question.context))
    if question.is_impossible and not version_2_with_negative:
        return [*found, (_VERSION_2, question.text)]
    if tells_impossible and version_2_with_negative and question.is_impossible is None:
        found.append((NO_KEY, "no 'is_impossible'"))
    if has_answers and question.answers is None:
        return [*found, (NO_KEY, "no 'answers'")]
    answers = question.answers or ()
    if question.is_impossible and answers:
        found.append((_HAS_ANSWER, answers[0][0]))
    if has_answers and not question.is_impossible and not answers:
        found.append((_NO_ANSWER, question.text))
    found += [(_EMPTY_ANSWER, text) for text, _ in answers if not text.strip()]
    return found


def _placed(question: RawQuestion) -> tuple[Answer, ...]:
    """The answers with whether each stands where it should; they are never looked for elsewhere."""
    return tuple(
        Answer(text, start, start >= 0 and question.context.startswith(text, start))
        for text, start in question.answers or ()
    )


def _notes(questions: Questions) -> tuple[str, ...]:
    """What people should know of the answers."""
    told = [counted(len(questions.contexts), "context")]
    empty = sum(not text.strip() for text in questions.questions)
    if empty:
        told.append(counted(empty, "empty question"))
    if questions.answers is None:
        return (*told, "no answers")
    impossible = sum(questions.is_impossible or ())
    several = sum(len(answers) > 1 for answers in questions.answers)
    if impossible:
        told.append(f"{impossible:,} without an answer")
    if several:
        told.append(
            f"{several:,} with several answers, of which training takes the first that is in its place and scoring all"
        )
    return (*told, *_notes_on_places(questions))


def _notes_on_places(questions: Questions) -> list[str]:
    """What to say of answers that don't stand where they should, with the place of the first of each kind."""
    lost: dict[str, list[int]] = {}
    for index, answers in enumerate(questions.answers or ()):
        for answer in answers:
            if not answer.is_in_place:
                kind = "with answer_start -1" if answer.start == -1 else "that are not where answer_start says"
                lost.setdefault(kind, []).append(index)
    told = [
        f"{counted(len(places), 'answer')} {kind}, first at {questions.places[places[0]]}"
        for kind, places in sorted(lost.items())
    ]
    if not told:
        return []
    left_out = len(questions) - len(questions.learnable())
    return [*told, f"training leaves these answers out, and {counted(left_out, 'question')} without another"]
