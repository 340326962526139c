"""The arithmetic of the comparison with peers, which itself is run by `make bench` and not here."""

import pytest

from tests.peers import texts
from tests.peers.machine import fastest
from tests.peers.report import render
from tests.peers.results import Measurement, OtherConditionsError, load
from tests.peers.works import BFLOAT16, FLOAT32, WORKS, Comparison, Measure

MACHINE = {
    "processor": "Abacus", "cores": 3, "memory_gib": 7, "system": "x", "python": "3", "bfloat16_instructions": "",
    "ONEDNN_MAX_CPU_ISA": "",
}  # fmt: skip


def measurement(*rounds, settings=None, work="step-16x128"):
    filled = [{name: {"others_load": 0.01, **figures} for name, figures in each.items()} for each in rounds]
    return Measurement(work, BFLOAT16, "2001-02-03", "it was asked for", MACHINE, {}, settings or {}, filled)


def test_a_ratio_is_made_of_the_rounds_in_which_both_took_part():
    measured = measurement(
        {"ours": {"seconds": 2.0}, "hugging-face": {"seconds": 3.0}},
        {"ours": {"seconds": 1.0}},
        {"ours": {"seconds": 4.0}, "hugging-face": {"seconds": 2.0}},
    )
    speed = Comparison("ours", "hugging-face", "seconds", "step", Measure.SPEED)
    cost = Comparison("ours", "hugging-face", "seconds", "step", Measure.COST)
    assert measured.numbers(speed) == [1.5, 0.5]
    assert measured.numbers(cost) == [pytest.approx(2 / 3), 2.0]
    assert measured.numbers(Comparison("ours", "", "seconds", "step", Measure.SHARE)) == [2.0, 1.0, 4.0]


@pytest.mark.parametrize(
    ("ours", "row"),
    [
        (1.0, "2.00x | 2.00x - 2.00x | 1 | 1.30x | 1.70x | aim reached |"),
        (1.25, "1.60x | 1.60x - 1.60x | 1 | 1.30x | 1.70x | reached |"),
        (2.0, "1.00x | 1.00x - 1.00x | 1 | 1.30x | 1.70x | short |"),
    ],
)
def test_the_report_tells_whether_a_ratio_was_reached(ours, row):
    figures = {"ours": {"seconds": ours}, "hugging-face": {"seconds": 2.0}}
    assert f"| step-16x128 | step | ours | hugging-face | bfloat16 | {row}" in render([measurement(figures)])
    busy = {**figures, "ours": {"seconds": ours, "others_load": 0.5}}
    assert row.removesuffix(" |") + ", but the machine was busy |" in render([measurement(busy)])
    assert "(2 layers only) | step | ours | hugging-face" in render([measurement(figures, settings={"layers": 2})])


def test_figures_are_kept_and_added_to_under_the_same_conditions_only(tmp_path):
    kept = measurement({"ours": {"seconds": 2.0}})
    kept.save(tmp_path)
    assert load(tmp_path) == [kept]
    further = measurement()
    further.take_rounds(load(tmp_path))
    assert further.rounds == kept.rounds
    with pytest.raises(OtherConditionsError):
        measurement(settings={"rows": 5}).take_rounds(load(tmp_path))


def test_bfloat16_is_chosen_if_every_library_is_faster_in_it():
    quick, slow, ended = ({FLOAT32: 100.0, BFLOAT16: rate} for rate in (300.0, 90.0, None))
    assert fastest({"tensorflow": quick, "torch": quick}).precision == BFLOAT16
    assert fastest({"tensorflow": quick, "torch": slow}).precision == FLOAT32
    assert fastest({"tensorflow": ended, "torch": quick}).precision == FLOAT32


def test_the_rows_of_the_peers_are_those_of_the_files(shared):
    counts = {"cola": (8551, 1043), "mrpc": (3668, 408), "sst-2": (67349, 872)}
    for task, expected in counts.items():
        rows = [texts.read_rows(str(shared / "data" / "glue"), task, split) for split in ("train", "dev")]
        assert tuple(len(split.labels) for split in rows) == expected
        assert all(text and "\t" not in text for split in rows for column in split.texts for text in column)


def test_scores_of_the_peers_are_those_of_the_formula():
    predicted, labels = [1, 1, 1, 0, 0], [1, 1, 0, 0, 1]
    assert texts.score("mrpc", predicted, labels) == 3 / 5
    assert texts.score("cola", predicted, labels) == pytest.approx((2 * 1 - 1 * 1) / (3 * 2 * 3 * 2) ** 0.5)
    assert texts.score("cola", [1, 1], [0, 1]) == 0.0


def test_every_comparison_is_of_contestants_of_its_work():
    for work in WORKS:
        names = {contestant.name for contestant in work.contestants}
        assert {name for each in work.comparisons for name in (each.ours, each.against) if name} <= names
