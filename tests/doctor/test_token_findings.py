import numpy as np
import pytest

from bert_tf.config.data import DataConfig
from bert_tf.config.run import ModelConfig, RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.doctor.findings import Severity
from bert_tf.doctor.token_findings import Pieces, TextFacts, look_at_texts, read_texts, sample
from bert_tf.tasks.assets import load_assets
from tests.conftest import DEMO_CHECKPOINT


def examples(texts, second=None):
    return Examples("x", texts, second, None, [str(i) for i in range(len(texts))])


def facts(lengths, unknown=0, is_pair=False, characters=(), count=None, has_windows=False):
    pieces = Pieces(count or len(lengths), np.array(lengths), unknown, sum(lengths))
    return TextFacts({TRAIN: pieces}, is_pair, np.array(lengths), characters, has_windows)


def test_pieces_are_counted_before_any_is_cut_and_without_the_special_ones():
    assets = load_assets(str(DEMO_CHECKPOINT), ModelConfig())
    splits = {
        TRAIN: examples(["The cat sleeps.", "a ☃ a ☃ ü"], ["a", ""]),
        DEV: examples(["a " * 600], ["a a"]),
    }
    found = read_texts(splits, assets, RunConfig(data=DataConfig(max_seq_length=6)))
    train, dev = found.pieces[TRAIN], found.pieces[DEV]
    assert dev.lengths.tolist() == [605]
    assert (dev.unknown, dev.pieces) == (0, 602)
    assert train.lengths[1] == 3 + 5
    assert (train.unknown, train.pieces) == (2, train.lengths.sum() - 6)
    assert found.row_lengths.tolist() == [6, 6]
    assert (found.is_pair, found.unknown_characters) == (True, [("☃", 2)])


def test_texts_that_are_read_in_windows_make_as_many_rows_as_in_training():
    assets = load_assets(str(DEMO_CHECKPOINT), ModelConfig())
    options = DataConfig(max_seq_length=6, long_text="window_mean", doc_stride=2)
    found = read_texts({TRAIN: examples(["a a", "a a a a a a a"])}, assets, RunConfig(data=options))
    assert found.rows_in_use == 4  # [PAD], [CLS], [SEP] and the word.
    assert found.row_lengths.tolist() == [4, 6, 6, 5]  # Windows of 4 pieces from 0, 2 and 4 on.
    assert look_at_texts(found, options, 128).findings[0].severity is Severity.OK


def test_a_sample_is_spread_evenly_and_bounded_by_rows_and_by_characters():
    rows = examples([str(i) for i in range(10)])
    assert sample(rows, rows=10, characters=10) is rows
    for bound in ({"rows": 4, "characters": 100}, {"rows": 100, "characters": 4}):
        assert [int(text) // 3 for text in sample(rows, **bound).first] == [0, 1, 2, 3]


def test_what_repeats_itself_at_regular_distances_does_not_mislead_a_sample():
    rows = examples(["rare" if i % 5 == 0 else "common" for i in range(1000)])
    assert 20 < list(sample(rows, rows=200, characters=10**6).first).count("rare") < 60
    assert sample(rows, rows=200) == sample(rows, rows=200)


@pytest.mark.parametrize("length", [2, 4, 8, 9, 1000])
def test_every_length_has_its_place(length):
    section = look_at_texts(facts([length] * 3), DataConfig(max_seq_length=8), 512)
    counted = [line.split() for line in section.lines[4:] if " to " in line]
    begin, end = (int(counted[-1][place].replace(",", "")) for place in (0, 2))
    assert begin <= length <= end
    assert counted[-1][3] == "3"


def test_lengths_are_told_by_quantiles_and_by_powers_of_two():
    section = look_at_texts(facts([*range(1, 100), 40], count=1000), DataConfig(max_seq_length=50), 512)
    assert section.lines[1].split() == ["train", "100", "of", "1,000", "49", "89", "98", "99", "49.0%", "none"]
    table = [line.split() for line in section.lines[5:]]
    assert [row[:4] for row in table] == [
        ["1", "to", "8", "8"],
        ["9", "to", "16", "8"],
        ["17", "to", "32", "16"],
        ["33", "to", "50", "19"],
        ["---", "longer", "than", "--max_seq_length=50:"],
        ["51", "to", "64", "14"],
        ["65", "to", "128", "35"],
    ]


def test_a_length_is_proposed_that_spares_99_of_100_texts_if_the_model_can_take_it():
    def fix(lengths, **options):
        pair = options.pop("is_pair", False)
        (finding, _) = look_at_texts(facts(lengths, is_pair=pair), DataConfig(**options), 512).findings
        return finding.severity, finding.fix

    warned = Severity.WARNING
    assert fix([129] * 9 + [90] * 91, max_seq_length=128) == (warned, "Set --max_seq_length=160")
    assert fix([129] * 5 + [90] * 95, max_seq_length=128)[0] is Severity.OK
    most = "Set --max_seq_length=512, the most that the model takes"
    assert fix([900] * 9 + [90], max_seq_length=128) == (warned, f"{most}, or try --long_text=head_tail or window_mean")
    assert fix([900] * 9 + [90], max_seq_length=128, is_pair=True) == (warned, most)
    assert fix([900] * 9 + [90], max_seq_length=512) == (warned, "try --long_text=head_tail or window_mean")
    assert fix([900] * 9 + [90], max_seq_length=512, long_text="tail") == (warned, "")


def test_unknown_pieces_are_a_warning_from_one_in_a_hundred_on():
    def finding(unknown, characters=()):
        return look_at_texts(facts([100], unknown, characters=characters), DataConfig(), 512).findings[1]

    assert finding(0).what == "the vocabulary knows every word"
    assert (
        finding(1, [("☃", 3)]).what
        == "1.00% of the pieces are unknown to the vocabulary; characters that it lacks: ☃ 3"
    )
    assert [finding(count).severity for count in (1, 2)] == [Severity.OK, Severity.WARNING]
