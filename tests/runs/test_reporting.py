"""The report of a real run: from the flags to the files."""

import os

import pytest

from bert_tf.cli.main import main
from tests.experiments.test_start import SHORT

REPORT_FILES = {"report.html", "model_card.md", "figures"}
# Twelve steps, evaluated twice on the way.
TINY = [*SHORT, "--do_train", "--do_eval", "--num_train_epochs=0.1", "--eval_every=6"]


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_with_evaluation_leaves_a_report_and_a_new_run_removes_it(tmp_path, capfd):
    folder = tmp_path / "run"
    assert main(["classifier", *TINY, f"--output_dir={folder}"]) == 0
    said = capfd.readouterr().err
    assert f"wrote {folder}/report.html and model_card.md" in said
    assert "warning" not in said
    assert {*os.listdir(folder)} >= REPORT_FILES
    page, card = ((folder / name).read_text() for name in ("report.html", "model_card.md"))
    assert ("Learning curves" in page, "Scores on the dev set" in card) == (True, True)
    assert str(tmp_path) not in card
    assert (folder / "figures" / "learning_curves.png").stat().st_size > 10_000
    again = [*TINY, "--noreport", "--overwrite_output_dir"]
    assert main(["classifier", *again, f"--output_dir={folder}"]) == 0
    assert not {*os.listdir(folder)} & REPORT_FILES


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_report_that_cannot_be_written_is_one_warning_of_a_run_that_ends_well(tmp_path, capfd):
    folder = tmp_path / "run"
    assert main(["classifier", *TINY, "--noreport", f"--output_dir={folder}"]) == 0
    before = (folder / "eval_results.txt").read_bytes()
    (folder / "report.html").mkdir()
    (folder / "report.html" / "in the way").write_text("")
    capfd.readouterr()
    assert main(["classifier", "--do_eval", "--report", f"--output_dir={folder}"]) == 0
    said = capfd.readouterr()
    warnings = [line for line in said.err.splitlines() if "warning: there is no report: " in line]
    assert len(warnings) == 1
    assert "IsADirectoryError" in warnings[0]
    assert "demo dev: matthews_correlation" in said.out
    assert (folder / "eval_results.txt").read_bytes() == before
    assert not [name for name in os.listdir(folder) if name.startswith(".tmp")]
