"""`bert-tf doctor` as a user calls it, and what the classifier says of the same files."""

import csv
import json
import os

import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.doctor_inputs import prepare_doctor
from bert_tf.cli.flags import parse
from bert_tf.cli.main import main
from bert_tf.data.splits import TRAIN
from bert_tf.errors import InputError
from bert_tf.runs.inputs import prepare
from bert_tf.tasks.known.grammar import acceptability
from tests.conftest import DEMO_CHECKPOINT

MODEL = [f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=32"]
TEXTS = [text.replace(",", "") for text in dict.fromkeys(acceptability(TRAIN).first)][:60]


def write(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([("note", "text", "label"), *(("n", *row) for row in rows)])
    return str(path)


@pytest.fixture
def troubled(tmp_path):
    """Flags for files with each kind of trouble: what is odd about them begins in line 52."""
    rows = [(text, "common") for text in TEXTS[:48]] + [(TEXTS[48], "rare"), (TEXTS[49], "rare")]
    rows += [(TEXTS[0], "common"), ("  ", "common"), (TEXTS[1], "rare"), (TEXTS[50], "common"), (TEXTS[0], "common")]
    train = write(tmp_path / "train.csv", rows)
    dev = write(tmp_path / "dev.csv", [(TEXTS[50], "rare"), (TEXTS[51], "common"), ("☃ ☃", "common")])
    return [f"--train_file={train}", f"--eval_file={dev}"]


def findings(out, mark):
    """The first line of each finding with a mark."""
    return [line.removeprefix(f"  {mark}").strip() for line in out.splitlines() if line.startswith(f"  {mark} ")]


def typed(command, *words):
    return parse(words, COMMANDS[command].options, COMMANDS[command].own_options)


@pytest.mark.slow
def test_each_kind_of_trouble_is_found_and_the_copy_is_without_it(troubled, tmp_path, capfd):
    original = (tmp_path / "train.csv").read_bytes()
    before = set(os.listdir(tmp_path))
    assert main(["doctor", *MODEL, *troubled, f"--output_dir={tmp_path}/run", "--fix"]) == 0
    out = capfd.readouterr().out
    told = findings(out, "WARNING")
    assert told[:4] == [
        "train: 1 of 55 examples (line 53) has an empty text",
        "train: 2 of 55 examples (lines 52, 56) have the texts of an earlier one, with the same label",
        "train: 2 of 55 examples (lines 3, 54) have texts that others have with another label",
        "dev: 1 of 3 examples (line 2) has texts that are in train too (33.3%), 1 of them with another label",
    ]
    assert told[4] == "train: rare 3 against 52 examples of common: the labels are not balanced"
    assert findings(out, "BLOCKER") == []
    assert "☃ 2" in out
    assert out.splitlines()[-1] == f"0 blockers, {len(told)} warnings: the run can start"
    assert (tmp_path / "train.csv").read_bytes() == original
    assert set(os.listdir(tmp_path)) - before == {"train.fixed.csv"}
    with open(tmp_path / "train.fixed.csv", newline="") as file:
        rows = list(csv.reader(file))
    with open(tmp_path / "train.csv", newline="") as file:
        every = list(csv.reader(file))
    assert rows == [row for line, row in enumerate(every, start=1) if line not in (52, 53, 55, 56)]
    again = [f"--train_file={tmp_path}/train.fixed.csv", troubled[1]]
    assert main(["doctor", *MODEL, *again]) == 0
    told = findings(capfd.readouterr().out, "WARNING")
    assert [line for line in told if "labels are not balanced" not in line] == [
        "train: 2 of 51 examples (lines 3, 52) have texts that others have with another label"
    ]


@pytest.mark.slow
def test_what_would_end_the_run_gives_status_1_and_is_told_in_one_go(troubled, tmp_path, capfd):
    config = json.loads((DEMO_CHECKPOINT / "bert_config.json").read_text())
    (tmp_path / "narrow.json").write_text(json.dumps({**config, "intermediate_size": 64}))
    wrong = [f"--bert_config_file={tmp_path}/narrow.json", "--max_seq_length=200", "--do_lower_case=False"]
    wrong += ["--train_batch_size=1000", "--num_train_epochs=1", "--keep_checkpoints=100000000"]
    assert main(["doctor", *MODEL, *troubled, *wrong, f"--output_dir={tmp_path}/run"]) == 1
    out = capfd.readouterr().out
    rules = [line.split(".")[0] for line in findings(out, "BLOCKER")]
    assert rules[0] == "--max_seq_length must not be larger than the model's 128 positions"
    assert rules[1].startswith("The shapes of the checkpoint must be those of the config (18 differ)")
    assert rules[2].startswith("Training must have at least one step")
    assert rules[3].startswith("disk: There must be room for 100000001 checkpoints")
    assert len(rules) == 4
    assert out.splitlines()[-1].startswith("4 blockers, ")
    assert [told for told in findings(out, "WARNING") if told.startswith("capitals are kept, but only 0 of the")]


@pytest.mark.slow
def test_a_checkpoint_that_is_cut_off_blocks_the_run(tmp_path, capfd):
    for name in os.listdir(DEMO_CHECKPOINT):
        data = (DEMO_CHECKPOINT / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2] if ".data-" in name else data)
    assert main(["doctor", "--task=demo", f"--init_checkpoint={tmp_path}"]) == 1
    assert "The data file is missing, cut off or damaged" in " ".join(capfd.readouterr().out.split())
    assert main(["doctor", "--task=demo", f"--init_checkpoint={tmp_path}/none"]) == 1
    out = capfd.readouterr().out
    assert len(findings(out, "BLOCKER")) == 1
    assert "There must be a checkpoint" in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task=demo", "file"], "takes flags only"),
        (["--task=demo", "--fix"], "--fix copies a training file of your own"),
        (["--train_file=x.csv", "--fixed_file=y.csv"], "--fixed_file names what --fix writes"),
        (["--train_file=x.csv", "--fix", "--fixed_file=y.tsv"], "has the format of the file"),
        (["--train_file=x.csv", "--fix", "--fixed_file=y.csv.gz"], "has the format of the file"),
        (["--train_file=x", "--file_format=csv", "--fix"], "must know what to call the copy"),
        (["--train_file=/nowhere/x.csv"], "There must be a data file"),
        (["--task=ax"], "has no train set"),
    ],
)
def test_flags_that_can_not_be_followed_are_refused(words, message):
    with pytest.raises(InputError, match=message):
        prepare_doctor(typed("doctor", *words))


def test_the_copy_never_replaces_a_file(troubled, tmp_path):
    (tmp_path / "train.fixed.csv").write_text("mine")
    with pytest.raises(InputError, match="must not replace a file"):
        prepare_doctor(typed("doctor", *troubled, "--fix"))
    assert (tmp_path / "train.fixed.csv").read_text() == "mine"


def test_every_flag_of_the_classifier_is_taken():
    assert set(COMMANDS["doctor"].options) == set(COMMANDS["classifier"].options)


def test_the_classifier_tells_the_short_of_it(troubled, tmp_path, capfd):
    prepare(typed("classifier", *troubled, f"--output_dir={tmp_path}/run"))
    warned = [line for line in capfd.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert [line.split(": ")[1] for line in warned] == ["train", "train", "train", "dev", "train"]
    assert warned[0] == "warning: train: 1 of 55 examples (line 53) has an empty text"
    prepare(typed("classifier", "--task=demo", "--do_train", f"--output_dir={tmp_path}/run"))
    assert "warning" not in capfd.readouterr().err
