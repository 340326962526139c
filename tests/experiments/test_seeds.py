"""One training with several seeds, from the flags to the files."""

import json
import os
import shutil

import numpy as np
import pytest

from bert_tf.cli.main import main
from bert_tf.evaluation.result_files import read_results
from bert_tf.tasks.own.stored import read_task
from tests.cli.test_own_data import LABELS, SHORT, TEXTS

FOLDERS = ("seed-12345", "seed-12346")


def scores_of(folder):
    return {
        name: float(value)
        for name, value in (line.split(" = ") for line in (folder / "eval_results.txt").read_text().splitlines())
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a run of two seeds, and its flags."""
    folder = tmp_path_factory.mktemp("seeds")
    label_of = LABELS["multi_label"][0]
    for name, texts in (("train", TEXTS[:160]), ("new", TEXTS[200:213])):
        rows = [json.dumps({"text": text, "label": label_of(text)}) + "\n" for text in texts]
        (folder / f"{name}.jsonl").write_text("".join(rows))
    flags = [f"--train_file={folder}/train.jsonl", "--kind=multi_label", "--eval_split=0.25", "--num_train_epochs=5"]
    flags += [f"--predict_file={folder}/new.jsonl", "--num_seeds=2", "--ensemble", "--keep_checkpoints=1"]
    flags += ["--do_train", "--do_eval", "--do_predict", "--batching=padded", f"--output_dir={folder}/run"]
    assert main(["classifier", *SHORT, *flags]) == 0
    return folder / "run", [*SHORT, *flags]


@pytest.mark.slow
def test_every_seed_is_a_run_and_the_best_is_the_result(finished):
    folder, _ = finished
    of_seeds = [scores_of(folder / name) for name in FOLDERS]
    f1 = [scores["eval_f1_micro"] for scores in of_seeds]
    assert of_seeds[0] != of_seeds[1]
    lines = (folder / "seeds.txt").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("eval_f1_micro = ")]
    assert float(line.split()[2]) == pytest.approx(np.mean(f1), abs=1e-5)
    assert float(line.split()[4]) == pytest.approx(np.std(f1, ddof=1), rel=1e-2, abs=1e-6)
    assert "diverged = none" in lines
    best = FOLDERS[int(np.argmax(f1))]
    assert json.loads((folder / "best_seed.json").read_text())["folder"] == best
    for name in ("eval_results.txt", "dev_results.tsv", "report.html", "task.json", "labels.txt", "vocab.txt"):
        assert (folder / name).read_bytes() == (folder / best / name).read_bytes(), name
    (weights,) = [name for name in os.listdir(folder) if name.startswith("model.ckpt") and "data" in name]
    assert (folder / weights).stat().st_size == (folder / best / weights).stat().st_size
    assert sorted(os.listdir(folder / "figures")) == sorted(os.listdir(folder / best / "figures"))
    options = [json.loads((folder / name / "config.json").read_text()) for name in FOLDERS]
    assert [tree["train"]["seed"] for tree in options] == [12345, 12346]
    assert [tree["own_data"]["split_seed"] for tree in options] == [12345, 12345]


@pytest.mark.slow
def test_predictions_are_those_of_the_best_and_of_the_ensemble(finished):
    folder, _ = finished
    task = read_task(str(folder / "ensemble"))

    def read(place, name, examples):
        return read_results(str(place), name, examples, task)["probabilities"]

    best = json.loads((folder / "best_seed.json").read_text())["folder"]
    np.testing.assert_allclose(
        read(folder, "test_results.tsv", 13), read(folder / best, "test_results.tsv", 13), atol=1e-6
    )
    for name, examples in (("test_results.tsv", 13), ("dev_results.tsv", 40)):
        each = [read(folder / seed, name, examples) for seed in FOLDERS]
        together = read(folder / "ensemble", name, examples)
        np.testing.assert_allclose(together, np.mean(each, axis=0), atol=1e-7)
    rows = [json.loads(line) for line in (folder / "ensemble" / "predictions.jsonl").read_text().splitlines()]
    answers = read(folder / "ensemble", "test_results.tsv", 13)
    for row, answer in zip(rows, answers, strict=True):
        chosen = answer >= np.array(task.answers.thresholds, np.float32)
        assert row["labels"] == [label for label, is_chosen in zip(task.labels, chosen, strict=True) if is_chosen]
    assert 0 < scores_of(folder / "ensemble")["eval_f1_micro"] <= 1


@pytest.mark.slow
@pytest.mark.exhaustive
def test_afterwards_the_folder_is_used_like_any_other(finished, tmp_path, capfd):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    before = {name: (folder / name).read_bytes() for name in ("eval_results.txt", "ensemble/eval_results.txt")}
    results = ("test_results.tsv", "ensemble/test_results.tsv")
    answers = {name: (folder / name).read_bytes() for name in results}
    for name in results:
        (folder / name).unlink()
    assert main(["classifier", "--do_eval", "--do_predict", f"--output_dir={folder}", "--noreport"]) == 0
    for name, content in {**before, **answers}.items():
        assert (folder / name).read_bytes() == content, name
    (tmp_path / "lines.txt").write_text(TEXTS[0] + "\n")
    capfd.readouterr()
    assert main(["predict", f"--output_dir={folder}", f"{tmp_path}/lines.txt"]) == 0
    assert set(json.loads(capfd.readouterr().out)["probabilities"]) == {"not", "the"}


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_command_goes_on_where_it_was_also_with_another_number_of_seeds(finished, tmp_path, capfd):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    shutil.rmtree(folder / "seed-12346")  # As if it had been killed in between.
    (folder / "best_seed.json").unlink()
    tree = json.loads((folder / "config.json").read_text())
    tree["train"]["num_seeds"] = 5
    (folder / "config.json").write_text(json.dumps(tree))
    flags = [flag for flag in finished[1] if not flag.startswith("--output_dir")] + [f"--output_dir={folder}"]
    expected = (finished[0] / "seeds.txt").read_text()
    assert main(["classifier", *flags, "--noreport"]) == 0
    assert capfd.readouterr().err.count("nothing is left to train") == 1
    assert (folder / "seeds.txt").read_text() == expected
    one = [flag for flag in flags if flag not in ("--num_seeds=2", "--ensemble")]
    assert main(["classifier", *one]) == 2
    assert "num_seeds was 2 and is 1" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.exhaustive
def test_seeds_that_learn_nothing_are_named(tmp_path, capfd):
    # Steps that change nothing, and labels that depend on nothing, one of them rare.
    rows = [f"{text.replace(',', '')},{'ab'[index % 6 == 0]}\n" for index, text in enumerate(TEXTS[:120])]
    (tmp_path / "train.csv").write_text("text,label\n" + "".join(rows))
    flags = [f"--train_file={tmp_path}/train.csv", f"--eval_file={tmp_path}/train.csv", "--num_train_epochs=0.3"]
    flags += ["--num_seeds=2", "--ensemble", "--noreport", "--batching=padded", "--learning_rate=1e-9"]
    assert main(["classifier", *SHORT, *flags, f"--output_dir={tmp_path}/run"]) == 0
    said = capfd.readouterr()
    assert "every seed diverged; the best of them is kept all the same" in said.err
    assert "there is no ensemble of 0" in said.err
    (line,) = [line for line in said.out.splitlines() if line.startswith("diverged = ")]
    assert line.count("it answers the same for every example") + line.count("can't be told from chance") == 2


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_seed_whose_loss_is_not_finite_does_not_end_the_others(tmp_path, capfd):
    flags = ["--task=demo", "--do_train", "--num_train_epochs=0.02", "--num_seeds=2", "--noreport"]
    flags += ["--batching=padded", "--warmup_proportion=0", "--clip_norm=0", "--learning_rate=1e30"]
    assert main(["classifier", *SHORT, *flags, f"--output_dir={tmp_path}/run"]) == 1
    last = capfd.readouterr().err.splitlines()[-1]
    assert last.startswith("bert-tf: A seed must end with a score. Received: '12345: the loss is not a finite number")
    assert "12346: the loss is not a finite number" in last


@pytest.mark.slow
def test_bad_input_that_would_start_anew_loses_nothing(finished, tmp_path, capfd):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    flags = [*finished[1], f"--output_dir={folder}", "--overwrite_output_dir", "--num_train_epochs=0.001"]
    assert main(["classifier", *flags]) == 2
    assert "Training must have at least one step" in capfd.readouterr().err
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_bad_input_leaves_nothing(tmp_path, capfd):
    flags = ["--task=demo", "--do_train", "--num_seeds=2", f"--output_dir={tmp_path}/run", "--num_train_epochs=0.001"]
    assert main(["classifier", *SHORT, *flags]) == 2
    assert "Training must have at least one step" in capfd.readouterr().err
    assert not (tmp_path / "run").exists()


def test_folds_and_seeds_are_not_tried_together(tmp_path, capfd):
    (tmp_path / "train.csv").write_text("text,label\na,b\nc,d\n")
    flags = [f"--train_file={tmp_path}/train.csv", "--k_folds=2", "--num_seeds=2", f"--output_dir={tmp_path}/run"]
    assert main(["classifier", *flags]) == 2
    assert "Folds and seeds can't be tried in one run" in capfd.readouterr().err
    flags = ["--task=demo", "--do_train", "--num_seeds=2", f"--output_dir={tmp_path}/run"]
    flags += ["--distribution=multi_worker", "--worker_hosts=a:1,b:2", "--task_index=0"]
    assert main(["classifier", *flags]) == 2
    assert "--num_seeds is for one process" in capfd.readouterr().err
