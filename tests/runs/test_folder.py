"""The case in which a run reads texts: kept with it, and the same for all that is done with it later."""

import itertools
import json

import pytest

from bert_tf.cli.main import main
from bert_tf.config.run import RunConfig, from_json, replace, to_json
from bert_tf.errors import InputError
from bert_tf.runs.folder import config_of_checkpoint, saved_config, with_case_of
from tests.conftest import DEMO_CHECKPOINT

SPECIAL = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n"
CHOICES = (None, False, True)


def case_of(config):
    return config.model.do_lower_case, config.model.strip_accents


@pytest.mark.parametrize("trained", [*itertools.product((False, True), repeat=2)])
@pytest.mark.parametrize("typed", [*itertools.product(CHOICES, repeat=2)])
def test_what_is_not_typed_is_as_in_the_run_that_it_comes_from(trained, typed):
    old, new = (replace(RunConfig(), do_lower_case=a, strip_accents=b) for a, b in (trained, typed))
    lower_case, strip_accents = case_of(with_case_of(new, old))
    assert lower_case == (trained[0] if typed[0] is None else typed[0])
    if typed[1] is not None:
        assert strip_accents == typed[1]
    else:  # With another lower case, the default of that one counts.
        assert strip_accents == (trained[1] if lower_case == trained[0] else None)
    assert with_case_of(new, None) == new


@pytest.mark.parametrize(
    ("written", "entries", "expected"),
    [
        (None, "a\nb\n", (True, True)),
        (None, "a\nñ\n", (False, False)),  # Accents spoke against lower case.
        (None, "A\nb\n", (False, False)),
        (True, "a\nb\n", (True, True)),
        (False, "A\nb\n", (False, False)),
    ],
)
def test_a_run_of_version_0_1_keeps_the_case_that_it_had(tmp_path, written, entries, expected):
    tree = json.loads(to_json(replace(RunConfig(), do_lower_case=written)))
    del tree["model"]["strip_accents"]
    (tmp_path / "config.json").write_text(json.dumps(tree))
    (tmp_path / "vocab.txt").write_text(SPECIAL + entries)
    assert case_of(saved_config(str(tmp_path))) == expected


def test_a_config_of_another_program_beside_a_checkpoint_is_of_no_run(tmp_path):
    assert config_of_checkpoint(str(tmp_path)) is None
    (tmp_path / "config.json").write_text('{"architectures": ["BertForMaskedLM"], "hidden_size": 8}')
    assert config_of_checkpoint(str(tmp_path)) is None
    with pytest.raises(InputError, match="must hold objects named"):
        saved_config(str(tmp_path))
    (tmp_path / "config.json").write_text(to_json(replace(RunConfig(), do_lower_case=False)))
    assert config_of_checkpoint(str(tmp_path)).model.do_lower_case is False


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_run_keeps_its_case_for_all_that_comes_later(tmp_path, capfd):
    rows = "text\tlabel\n" + "The Niño sleeps.\tyes\nSleeps ñandú the.\tno\n" * 8
    (tmp_path / "train.tsv").write_text(rows)
    run = f"--output_dir={tmp_path}/run"
    words = [f"--train_file={tmp_path}/train.tsv", f"--eval_file={tmp_path}/train.tsv", run, "--noreport"]
    words += ["--max_seq_length=16", "--num_train_epochs=1", "--train_batch_size=8", "--precision=float32"]
    start = f"--init_checkpoint={DEMO_CHECKPOINT}"
    assert main(["classifier", start, *words, "--strip_accents=False", f"--cache_dir={tmp_path}/cache"]) == 0
    told = capfd.readouterr().err
    assert "weights, lower-cased, accents kept, float32" in told
    assert "warning: accents are kept, but only 0 of the" in told
    kept = from_json((tmp_path / "run" / "config.json").read_text(), "config.json")
    assert case_of(kept) == (True, False)
    scores = (tmp_path / "run" / "eval_results.txt").read_text()

    assert main(["classifier", "--do_eval", *words]) == 0  # Nothing is typed: the same scores.
    assert "lower-cased, accents kept" in capfd.readouterr().err
    assert (tmp_path / "run" / "eval_results.txt").read_text() == scores
    assert main(["classifier", "--do_eval", *words, "--strip_accents"]) == 2
    assert "--strip_accents must be False, as in the run in" in capfd.readouterr().err
    assert main(["classifier", start, "--do_train", *words, "--strip_accents"]) == 2
    assert "strip_accents was False and is True" in capfd.readouterr().err

    words[2] = f"--output_dir={tmp_path}/other"  # The weights of a run bring its case into other folders.
    assert main(["classifier", "--do_eval", f"--init_checkpoint={tmp_path}/run", *words]) == 0
    assert "lower-cased, accents kept" in capfd.readouterr().err
    assert (tmp_path / "other" / "eval_results.txt").read_text() == scores
    words[2] = f"--output_dir={tmp_path}/third"
    assert main(["classifier", start, *words, f"--cache_dir={tmp_path}/cache"]) == 2
    assert "strip_accents False, now True" in capfd.readouterr().err
