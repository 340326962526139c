"""`bert-tf benchmark`: its flags, its files and its complaints."""

import json
import os
import re

import pytest

from bert_tf.benchmark.subject import BERT_BASE
from bert_tf.cli.benchmark import _load_subject
from bert_tf.cli.benchmark_inputs import prepare_benchmark
from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.cli.main import main
from tests.conftest import DEMO_CHECKPOINT

TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 40, "vocab_size": 300}
SHORT = ["--max_seq_length=16", "--steps=2", "--untimed_steps=1", "--requests=3", "--train_batch_size=4"]


@pytest.fixture
def architecture(tmp_path):
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(TINY))
    return f"--bert_config_file={path}"


def typed(*arguments):
    command = COMMANDS["benchmark"]
    return parse(arguments, command.options, command.own_options)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_random_rows_need_no_download_and_leave_the_files_asked_for(architecture, tmp_path, capfd):
    target, trace = tmp_path / "new" / "out.json", tmp_path / "trace"
    before = set(os.listdir(tmp_path))
    assert main(["benchmark", architecture, *SHORT, f"--json={target}", f"--trace={trace}"]) == 0
    assert set(os.listdir(tmp_path)) - before == {"new", "trace"}
    assert os.listdir(tmp_path / "new") == ["out.json"]
    tree = json.loads(target.read_text())
    assert tree["encoder"]["hidden_size"] == 32
    assert tree["options"]["benchmark"]["steps"] == len(tree["step_seconds"]) == 2
    assert tree["options"]["train"]["train_batch_size"] == 4
    assert tree["options"]["device"]["precision"] in ("float32", "mixed_bfloat16")  # What auto chose.
    captured = capfd.readouterr()
    assert re.search(rf"^  examples +{tree['figures']['training']['examples_per_second']:,.1f} /s$", captured.out, re.M)
    assert "wrote a profile of 3 more steps" in captured.err
    (profile,) = (trace / "plugins" / "profile").glob("*/*.xplane.pb")
    assert b"bert" in profile.read_bytes()  # The names of the model's operations.


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_rows_of_a_task_are_measured_and_json_goes_to_standard_output(architecture, capfd):
    vocabulary = f"--vocab_file={DEMO_CHECKPOINT}/vocab.txt"
    arguments = ["--task=demo", vocabulary, "--batching=packed", "--json=-", "--shortest_row=4"]
    assert main(["benchmark", architecture, *SHORT, *arguments]) == 0
    captured = capfd.readouterr()
    tree = json.loads(captured.out)
    assert tree["work"]["task"] == "demo"
    assert tree["figures"]["training"]["useful_tokens_share"] < 1
    assert "--shortest_row has no effect: rows are those of --task" in captured.err
    assert "2 steps of 4 examples (demo) of at most 16 word pieces, packed" in captured.err


def test_the_architecture_is_that_of_the_file_or_the_checkpoint_and_else_bert_base(architecture):
    cases = {
        (): BERT_BASE.hidden_size,
        (architecture,): 32,
        (f"--init_checkpoint={DEMO_CHECKPOINT}",): 128,
        (architecture, f"--init_checkpoint={DEMO_CHECKPOINT}"): 32,
    }
    for arguments, width in cases.items():
        assert _load_subject(prepare_benchmark(typed("--max_seq_length=16", *arguments))).encoder.hidden_size == width
    other = _load_subject(prepare_benchmark(typed("--max_seq_length=16", "--hidden_act=relu")))
    assert other.encoder.hidden_act == "relu"


def test_a_checkpoint_gives_the_vocabulary_of_a_task():
    subject = _load_subject(prepare_benchmark(typed("--task=demo", f"--init_checkpoint={DEMO_CHECKPOINT}")))
    assert (subject.task.name, subject.encoder.num_hidden_layers) == ("demo", 6)
    assert len(subject.table) == 4000
    assert subject.text_step.vocabulary["[CLS]"] == subject.table.columns["input_ids"].values[0]


def test_the_config_of_a_run_says_what_to_measure(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"action": {"do_train": True}, "train": {"train_batch_size": 7, "clip_norm": 0.0}}))
    config = prepare_benchmark(typed(f"--config={path}", "--seed=3")).config
    assert (config.train.train_batch_size, config.train.clip_norm, config.train.seed) == (7, 0.0, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["file.txt"], "The benchmark takes flags only. Received: 'file.txt'"),
        (["--steps=0"], "--steps must be at least 1. Received: 0."),
        (["--untimed_steps=0"], "--untimed_steps must be at least 1"),
        (["--requests=-1"], "--requests must be at least 1"),
        (
            ["--shortest_row=129"],
            "--shortest_row must not be longer than --max_seq_length, which is 128. Received: 129",
        ),
        (["--step=3"], "Received: '--step'. Did you mean 'steps'"),
        (["--output_dir=x"], "A flag must be one of those that --help lists"),
        (["--json={file}/out.json"], "The output folder must be writable"),
        (["--json={folder}"], "--json must be the name of a file, new or to be replaced"),
        (["--json={folder}/"], "--json must be the name of a file, new or to be replaced"),
        (["--json={file}"], "--json must not replace a file that no benchmark wrote"),
        (["--json=/dev/null"], "--json must be the name of a file, new or to be replaced"),
        (["--json={link}"], "--json must be the name of a file, new or to be replaced"),
        (["--trace={file}/trace"], "Choose another --trace"),
        (["--trace={file}"], "which is not a folder"),
        (["--config={tpu}"], "The benchmark measures the CPU and GPUs of one machine"),
        (["--task=colla"], "Did you mean 'cola'"),
        (["--task=cola", "--data_dir=/nowhere"], "There must be a data file at /nowhere/train.tsv"),
        (["--task=demo"], "There must be a checkpoint to start from"),
        (["--bert_config_file=/nowhere"], "There must be the model's config at /nowhere"),
        (["--init_checkpoint=/nowhere"], "There must be a checkpoint at the path"),
        (["--max_seq_length=513"], "must not be larger than the model's 512 positions"),
        (["--gradient_accumulation_steps=33"], "--train_batch_size must be at least 33"),
        (["--tokens_per_batch=100"], "--tokens_per_batch must leave room for the longest row"),
        (["--train_batch_size=40000"], "Training must have at least one step"),
        (["--precision=float8"], "--precision must be one of"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, capfd, arguments, message):
    places = {name: tmp_path / name for name in ("file", "folder", "link", "tpu")}
    places["file"].write_text("")
    places["folder"].mkdir()
    places["link"].symlink_to(places["file"])
    places["tpu"].write_text('{"device": {"use_tpu": true}}')
    before = sorted(os.listdir(tmp_path))
    assert main(["benchmark", *(argument.format(**places) for argument in arguments)]) == 2
    captured = capfd.readouterr()
    complaint = captured.err.splitlines()[-1]
    assert message in complaint
    assert complaint.startswith("bert-tf: ")
    assert captured.out == ""
    assert sorted(os.listdir(tmp_path)) == before


def test_flags_without_meaning_are_named(capfd):
    prepare_benchmark(typed("--vocab_file=x", "--tokens_per_batch=512", "--train_batch_size=8"))
    lines = capfd.readouterr().err.splitlines()
    assert "--vocab_file has no effect: rows are random without --task" in lines
    assert "--train_batch_size has no effect: --tokens_per_batch bounds the step" in lines


def test_only_the_benchmark_has_its_flags(capfd):
    assert main(["classifier", "--requests=3"]) == 2
    assert "A flag must be one of those that --help lists. Received: '--requests'" in capfd.readouterr().err
