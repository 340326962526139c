"""What becomes of questions in word pieces, whose answers are spans of their contexts.

M questions, N windows. A window without the answer teaches that there is none, and an answer that no window holds whole
can't be learnt or given.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from bert_tf import features
from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import Split
from bert_tf.data.table import Column, Rows
from bert_tf.data.tokens import tokenize
from bert_tf.doctor.findings import Finding, Section, aligned, ok, percent, warning
from bert_tf.doctor.token_findings import sample
from bert_tf.host.console import counted
from bert_tf.host.progress import telling
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.answers.span_targets import pieces_of_answers
from bert_tf.tasks.assets import Assets, make_text_step

_MANY = 0.01  # More than this share is told as a warning.


@dataclasses.dataclass(frozen=True)
class AnswerFacts:
    """What is known of the answers of some questions of a split.

    Attributes:
        questions: How many were read.
        read_in_windows: How many have a context that is longer than a row.
        cut_questions: How many questions lost pieces.
        windows: How many rows there are.
        windows_without: How many of them have no answer whole, of questions that have one in its place.
        lengths: int64, pieces of each answer that is in its place, and has any.
        lost: How many answers are in their place, and no window has them whole.
        inside: How many begin or end inside a piece, so that they can't come back as they are.
    """

    questions: int
    read_in_windows: int
    cut_questions: int
    windows: int
    windows_without: int
    lengths: np.ndarray
    lost: int
    inside: int


def read_answers(examples: Examples, assets: Assets, config: RunConfig, answers: AnswerSpace) -> AnswerFacts:
    """Makes word pieces of a sample of a split, as training does."""
    chosen = sample(examples)
    targets = answers.place(chosen)
    kept: list[Rows] = []

    def keep(targets: np.ndarray, rows: Rows) -> Mapping[str, Column]:
        kept.append(rows)
        return answers.columns(targets, rows)

    step = make_text_step(assets, config, answers.template)
    with telling("placing answers", "questions") as report:
        table = tokenize(chosen, targets, step.rows, report, keep)
    (rows,) = kept
    firsts, lasts = pieces_of_answers(targets, rows)
    has_place = np.array([asked.learnt is not None for asked in targets], bool)
    has_pieces = has_place & (lasts >= 0)
    is_whole = table.columns[features.END_POSITIONS].values > 0
    found = np.bincount(rows.example_index, is_whole, len(targets)) > 0
    is_cut = rows.example_anchors[features.IS_CUT_QUESTION]
    return AnswerFacts(
        questions=len(chosen),
        read_in_windows=table.long_examples,
        cut_questions=int(is_cut.sum()),
        windows=len(rows.example_index),
        windows_without=int((~is_whole & has_place[rows.example_index]).sum()),
        lengths=(lasts - firsts + 1)[has_pieces].astype(np.int64),
        lost=int((has_place & ~found).sum()),
        inside=int(_begins_or_ends_inside(targets, rows, firsts, lasts, has_pieces).sum()),
    )


def _begins_or_ends_inside(
    targets: np.ndarray, rows: Rows, firsts: np.ndarray, lasts: np.ndarray, has_pieces: np.ndarray
) -> np.ndarray:
    """Whether the pieces of each learnt answer have other characters too, bool [M]."""
    pieces = rows.anchors[features.PIECE_INDEX]
    question = np.repeat(rows.example_index, np.diff(rows.row_splits))
    begins, ends = (np.full(len(targets), -1, np.int64) for _ in range(2))
    for places, characters, found in (
        (firsts, rows.anchors[features.FIRST_CHARS], begins),
        (lasts, rows.anchors[features.END_CHARS], ends),
    ):
        is_place = (pieces == places[question]) & (pieces >= 0)
        found[question[is_place]] = characters[is_place]
    learnt = [asked.learnt for asked in targets]
    wanted_begins = np.array([-1 if answer is None else answer.start for answer in learnt])
    wanted_ends = np.array([-1 if answer is None else answer.start + len(answer.text) for answer in learnt])
    return has_pieces & ((begins != wanted_begins) | (ends != wanted_ends))


def look_at_answers(facts: Mapping[Split, AnswerFacts], config: RunConfig) -> Section:
    """Tells what becomes of questions and answers in word pieces."""
    rows = [["", "questions read", "in windows", "windows", "without the answer", "answer", "longest"]]
    for split, found in facts.items():
        middle, longest = (
            (f"{int(np.median(found.lengths)):,}", f"{int(found.lengths.max()):,}") if len(found.lengths) else ("", "")
        )
        share = percent(found.windows_without, found.windows)
        numbers = (found.questions, found.read_in_windows, found.windows)
        rows.append([split.name, *(f"{each:,}" for each in numbers), share, middle, longest])
    lines = [*aligned(rows), "(answer: pieces of one, the median; windows of questions that have an answer count)"]
    findings = [finding for split, found in facts.items() for finding in _findings(split, found, config)]
    return Section(
        "answers in word pieces", lines, findings or [ok("every answer is whole in a window, and can be given")]
    )


def _findings(split: Split, found: AnswerFacts, config: RunConfig) -> list[Finding]:
    spans, data, count = config.spans, config.data, len(found.lengths)
    long = int((found.lengths > spans.max_answer_length).sum())
    findings = []
    if found.cut_questions:
        what = f"{split.name}: {counted(found.cut_questions, 'question')} of {found.questions:,} cut to "
        what += f"--max_query_length={spans.max_query_length} word pieces"
        findings.append(_told(what, found.cut_questions, found.questions, "Set a larger --max_query_length"))
    if found.lost:
        what = f"{split.name}: {counted(found.lost, 'answer')} of {count:,} whole in no window: not learnt as answers"
        fix = f"Set --max_seq_length above {data.max_seq_length}, or a smaller --doc_stride than {data.doc_stride}"
        findings.append(_told(what, found.lost, count, fix))
    if long:
        most = int(np.quantile(found.lengths, 0.99, method="inverted_cdf"))
        what = f"{split.name}: {counted(long, 'answer')} of {count:,} longer than --max_answer_length="
        what += f"{spans.max_answer_length} word pieces: they can't be given"
        fix = f"Set --max_answer_length={max(most, spans.max_answer_length + 1)}, which 99% of them need"
        findings.append(_told(what, long, count, fix))
    if found.inside:
        what = (
            f"{split.name}: {counted(found.inside, 'answer')} of {count:,} with a border inside a word piece, coming "
        )
        what += "back with the rest of it"
        findings.append(_told(what, found.inside, count, "Let answers begin and end with whole words"))
    return findings


def _told(what: str, part: int, whole: int, fix: str) -> Finding:
    """A warning where it is many, else a fact."""
    return warning(what, fix) if part > _MANY * whole else ok(what)
