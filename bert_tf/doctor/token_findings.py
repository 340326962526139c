"""What texts become in word pieces: how long they are, what is cut off, how much of them the vocabulary lacks.

Of large sets a sample is read, spread evenly over the rows; the table says of how many.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf import features
from bert_tf.config.data import DataConfig
from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import TRAIN, Split
from bert_tf.data.table import TokenTable
from bert_tf.data.tokens import tokenize
from bert_tf.doctor.findings import Finding, Section, aligned, bar, name, ok, percent, warning
from bert_tf.host.progress import telling
from bert_tf.tasks.assets import Assets, make_text_step
from bert_tf.text.excerpts import LongText
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template
from bert_tf.text.unknown import count_unknown_characters
from bert_tf.text.vocabulary import UNK

SAMPLED_ROWS, SAMPLED_CHARACTERS = 20_000, 8_000_000
_NO_LIMIT = 2**20  # Pieces of a row, so that none is cut.
_CUT_SHARE, _UNKNOWN_SHARE = 0.05, 0.01  # More than these is told as a warning.
_SHOWN_CHARACTERS = 8
_ROUND_LENGTH = 32


@dataclasses.dataclass(frozen=True)
class Pieces:
    """Some examples of a split in word pieces.

    Attributes:
        examples: How many examples the split has.
        lengths: int64 [S], pieces of each example that was read, or of the longest of its rows, with the special
            ones, before any is cut.
        unknown: How many pieces are unknown.
        pieces: How many there are, without the special ones.
    """

    examples: int
    lengths: np.ndarray
    unknown: int
    pieces: int

    def longer_than(self, limit: int) -> int:
        """How many are longer than a row."""
        return int((self.lengths > limit).sum())


@dataclasses.dataclass(frozen=True)
class TextFacts:
    """What is known of the texts of a run.

    Attributes:
        pieces: Of each split.
        is_pair: Whether an example has two texts.
        row_lengths: int64, pieces of each row that the sample of the training set makes.
        unknown_characters: Those that the vocabulary lacks, the most frequent first, with their counts.
        has_windows: Whether what is longer than a row is read in several.
        whole_examples: The rows that a batch takes as a whole; see `data.batches.units.Units`.
        rows_in_use: Different word pieces of the sample of the training set, and padding: the set has at least these.
    """

    pieces: Mapping[Split, Pieces]
    is_pair: bool
    row_lengths: np.ndarray
    unknown_characters: Sequence[tuple[str, int]]
    has_windows: bool = False
    whole_examples: np.ndarray | None = None
    rows_in_use: int | None = None

    def rows_of(self, examples: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns rows of so many examples as those of the sample: their pieces, and which are taken as a whole."""
        read = len(self.pieces[TRAIN].lengths)
        if self.whole_examples is None:
            return np.resize(self.row_lengths, round(examples * len(self.row_lengths) / read)), None
        splits = np.concatenate([[0], np.cumsum(np.resize(np.diff(self.whole_examples), examples))])
        return np.resize(self.row_lengths, splits[-1]), splits


def sample(examples: Examples, rows: int = SAMPLED_ROWS, characters: int = SAMPLED_CHARACTERS) -> Examples:
    """Returns one example of each of as many stretches of equal length, all examples if there are few.

    Which one of a stretch is drawn at random, always in the same way, as data may repeat itself at regular distances.

    Args:
        examples: A split.
        rows: How many are enough.
        characters: How many characters are enough.
    """
    size = sum(map(len, examples.first)) + sum(map(len, examples.second or ()))
    size += sum(len(text) for texts in examples.choices or () for text in texts)
    step = max(-(-len(examples) // rows), -(-size // characters), 1)
    if step == 1:
        return examples
    starts = np.arange(0, len(examples), step)
    chosen = starts + np.random.Generator(np.random.Philox(0)).integers(0, step, len(starts))
    return examples.rows(np.minimum(chosen, len(examples) - 1).tolist())


def read_texts(
    splits: Mapping[Split, Examples], assets: Assets, config: RunConfig, template: Template = Template.TEXTS
) -> TextFacts:
    """Makes word pieces of a sample of each split."""
    samples = {split: sample(examples) for split, examples in splits.items()}
    joined = _join(list(samples.values()))
    lower_case, strip_accents = assets.lower_case, assets.strip_accents
    whole = TextStep(assets.vocabulary, lower_case=lower_case, strip_accents=strip_accents, max_seq_length=_NO_LIMIT)
    with telling("tokenizing", "texts") as report:
        table = tokenize(joined, np.zeros(len(joined), np.int32), whole.rows, report)
    ids = table.columns[features.INPUT_IDS].values
    is_pair = joined.second is not None or joined.choices is not None
    first_rows, specials = table.example_splits[:-1], 3 if is_pair else 2
    unknown = np.add.reduceat(ids == assets.vocabulary[UNK], table.row_splits[first_rows], dtype=np.int64)
    known = np.add.reduceat(table.lengths - specials, first_rows)
    longest = np.maximum.reduceat(table.lengths, first_rows)
    ends = np.cumsum([len(each) for each in samples.values()])[:-1]
    parts = zip(splits.items(), *(np.split(each, ends) for each in (longest, unknown, known)), strict=True)
    pieces = {
        split: Pieces(len(examples), lengths, int(count.sum()), int(size.sum()))
        for (split, examples), lengths, count, size in parts
    }
    texts = itertools.chain(joined.first, joined.second or (), *(joined.choices or ()))
    lacking = count_unknown_characters(texts, assets.vocabulary, lower_case=lower_case, strip_accents=strip_accents)
    whole_examples = None
    rows = np.minimum(pieces[TRAIN].lengths, config.data.max_seq_length)
    has_windows = LongText(config.data.long_text).has_windows or template.has_windows
    if has_windows or template is Template.CHOICES:
        train = samples[TRAIN]
        step = make_text_step(assets, config, template)
        found = tokenize(train, np.zeros(len(train), np.int32), step.rows)
        rows = found.lengths
        if template is Template.CHOICES:
            whole_examples = found.example_splits
    shown = lacking.most_common(_SHOWN_CHARACTERS)
    in_use = len(np.unique(_pieces_of(table, samples, TRAIN))) + 1  # With padding.
    return TextFacts(pieces, is_pair, rows, shown, has_windows, whole_examples, in_use)


def _pieces_of(table: TokenTable, samples: Mapping[Split, Examples], wanted: Split) -> np.ndarray:
    """The pieces of one of the splits whose examples are behind one another in a table."""
    splits = list(samples)
    first = sum(len(samples[split]) for split in splits[: splits.index(wanted)])
    rows = table.example_splits[[first, first + len(samples[wanted])]]
    start, end = table.row_splits[rows]
    return table.columns[features.INPUT_IDS].values[start:end]


def look_at_texts(facts: TextFacts, options: DataConfig, positions: int) -> Section:
    """Tells lengths, what is cut off, and what is unknown.

    Args:
        facts: What is known of the texts.
        options: How they are read.
        positions: The longest row that the model can take.
    """
    limit = options.max_seq_length
    lines = aligned([_head(limit), *(_row(split, pieces, limit) for split, pieces in facts.pieces.items())])
    if any(len(pieces.lengths) < pieces.examples for pieces in facts.pieces.values()):
        lines.append("(of the larger sets, a part was read that is spread evenly over them)")
    lines += ["", *_histogram(facts.pieces[TRAIN].lengths, limit)]
    findings = [*_cut(facts, options, positions), *_unknown(facts)]
    return Section("texts in word pieces", lines, findings)


def _join(parts: Sequence[Examples]) -> Examples:
    """The texts of several splits behind one another, so that the text step is made ready once."""
    first = [text for part in parts for text in part.first]
    if parts[0].choices is not None:
        choices = [each for part in parts for each in part.continuations()]
        return Examples("", first, None, None, range(len(first)), choices=choices)  # type: ignore[arg-type]
    second = None if parts[0].second is None else [text for part in parts for text in part.second or ()]
    return Examples("", first, second, None, range(len(first)))  # type: ignore[arg-type]


def _head(limit: int) -> list[str]:
    return ["", "examples read", "median", "90%", "99%", "longest", f"over {limit}", "unknown"]


def _row(split: Split, pieces: Pieces, limit: int) -> list[str]:
    lengths = pieces.lengths
    quantiles = np.quantile(lengths, (0.5, 0.9, 0.99, 1.0), method="inverted_cdf")
    read = f"{len(lengths):,} of {pieces.examples:,}" if len(lengths) < pieces.examples else f"all {len(lengths):,}"
    shares = percent(pieces.longer_than(limit), len(lengths)), _fine_percent(pieces.unknown, pieces.pieces)
    return [split.name, read, *(f"{int(length):,}" for length in quantiles), *shares]


def _histogram(lengths: np.ndarray, limit: int) -> list[str]:
    """How many examples of the training set have which length, by powers of two and the longest row."""
    powers = [2**power for power in range(3, 31) if power == 3 or 2 ** (power - 1) < lengths.max()]
    ends = sorted({end for end in powers if end >= lengths.min()} | ({limit} if limit < lengths.max() else set()))
    counts = np.diff([0, *np.searchsorted(np.sort(lengths), ends, side="right")])
    begins = [1, *(end + 1 for end in ends[:-1])]
    rows = [["train", "examples", "share"]]
    for begin, end, count in zip(begins, ends, counts.tolist(), strict=True):
        shown = bar(count, int(counts.max()))
        rows.append([f"{begin:,} to {end:,}", f"{count:,}", percent(count, len(lengths)), shown])
    lines = aligned(rows)
    if limit < ends[-1]:
        lines.insert(1 + sum(end <= limit for end in ends), f"--- longer than --max_seq_length={limit}:")
    return lines


def _cut(facts: TextFacts, options: DataConfig, positions: int) -> list[Finding]:
    """What becomes of examples that are longer than a row."""
    limit, train = options.max_seq_length, facts.pieces[TRAIN]
    longer, count = train.longer_than(limit), len(train.lengths)
    if not longer:
        return [ok(f"no example of train that was read is longer than --max_seq_length={limit}")]
    read = "train" if count == train.examples else "what was read of train"
    share = f"{percent(longer, count)} of {read} are longer than --max_seq_length={limit}"
    if facts.has_windows:
        return [ok(f"{share} and read in windows")]
    if longer <= _CUT_SHARE * count:
        return [ok(f"{share} and cut")]
    most = int(np.quantile(train.lengths, 0.99, method="inverted_cdf"))
    enough = min(-(-most // _ROUND_LENGTH) * _ROUND_LENGTH, positions)
    fixes = [f"Set --max_seq_length={enough}" + (", the most that the model takes" if enough < most else "")]
    fixes = fixes if enough > limit else []
    if enough < most and not facts.is_pair and options.long_text == LongText.HEAD.value:
        fixes.append("try --long_text=head_tail or window_mean")
    return [warning(f"{share} and cut", ", or ".join(fixes))]


def _unknown(facts: TextFacts) -> list[Finding]:
    unknown = sum(pieces.unknown for pieces in facts.pieces.values())
    whole = sum(pieces.pieces for pieces in facts.pieces.values())
    if not unknown:
        return [ok("the vocabulary knows every word")]
    lacking = ", ".join(f"{name(char)} {count:,}" for char, count in facts.unknown_characters)
    what = f"{_fine_percent(unknown, whole)} of the pieces are unknown to the vocabulary"
    what += f"; characters that it lacks: {lacking}" if lacking else ""
    if unknown <= _UNKNOWN_SHARE * whole:
        return [ok(what)]
    return [warning(what, "Take a checkpoint whose vocabulary is of the language and script of the texts")]


def _fine_percent(part: int, whole: int) -> str:
    """A share that is small as a rule."""
    share = 100 * part / max(whole, 1)
    return "none" if not part else f"{share:.2f}%" if share >= 0.005 else "<0.01%"
