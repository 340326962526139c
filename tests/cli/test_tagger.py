"""`bert-tf tagger` from files of sentences to entities, on the demonstration's grammar."""

import json

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.cli.main import main
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.tasks.known.grammar import phrases
from tests.conftest import DEMO_CHECKPOINT

SIZES = {"train": (TRAIN, 400), "dev": (DEV, 60)}


def write(folder, name):
    """Sentences in columns; returns their words and tags."""
    split, count = SIZES[name]
    found = phrases(split)
    lines = []
    for words, label in zip(found.words[:count], found.labels[:count], strict=True):
        lines += [f"{word}\t{tag}\n" for word, tag in zip(words, label.split(), strict=True)] + ["\n"]
    (folder / f"{name}.conll").write_text("".join(lines))
    return found.words[:count], found.labels[:count]


@pytest.fixture(scope="module", params=["--nocrf", pytest.param("--crf", marks=pytest.mark.exhaustive)])
def trained(request, tmp_path_factory):
    """The folder of a run on own files, which was evaluated, and predicts the dev set."""
    folder = tmp_path_factory.mktemp("tags")
    for name in SIZES:
        write(folder, name)
    flags = [f"--train_file={folder}/train.conll", f"--eval_file={folder}/dev.conll", f"--output_dir={folder}/run"]
    flags += [f"--predict_file={folder}/dev.conll", f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=16"]
    flags += ["--learning_rate=2e-3", "--num_train_epochs=3", "--batching=packed", "--eval_batch_size=30"]
    flags += [request.param, "--crf_learning_rate=2e-2"]
    assert main(["tagger", *flags, "--do_train", "--do_eval", "--do_predict", "--do_export"]) == 0
    return folder


@pytest.mark.slow
def test_it_learns_and_writes_what_conlleval_reads(trained):
    scores = dict(line.split(" = ") for line in (trained / "run" / "eval_results.txt").read_text().splitlines())
    assert float(scores["eval_f1"]) > 0.9
    for line in (trained / "run" / "test_scores.txt").read_text().splitlines():  # Of the same sentences, with tags.
        name, value = line.replace("test_", "eval_").split(" = ")
        assert float(value) == pytest.approx(float(scores[name]), abs=1e-6)  # In batches of another size.
    words, labels = write(trained, "dev")
    blocks = (trained / "run" / "predictions.conll").read_text().removesuffix("\n\n").split("\n\n")
    rows = [[line.split("\t") for line in block.split("\n")] for block in blocks]
    assert [tuple(word for word, *_ in block) for block in rows] == list(words)
    assert [" ".join(tag for _, tag, _ in block) for block in rows] == list(labels)  # As they stand in the file.
    found = [json.loads(line) for line in (trained / "run" / "predictions.jsonl").read_text().splitlines()]
    assert [entry["tags"] for entry in found] == [[tag for *_, tag in block] for block in rows]
    right = [tag == wanted for entry, label in zip(found, labels, strict=True)
             for tag, wanted in zip(entry["tags"], label.split(), strict=True)]  # fmt: skip
    assert np.mean(right) == pytest.approx(float(scores["eval_accuracy"]))
    page = (trained / "run" / "report.html").read_text()
    assert "Sentences with most mistakes" in page


@pytest.mark.slow
def test_a_file_of_sentences_gets_the_tags_that_the_run_gives_it(trained, capfd):
    assert main(["predict", f"--output_dir={trained}/run", str(trained / "dev.conll")]) == 0
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    wanted = [json.loads(line) for line in (trained / "run" / "predictions.jsonl").read_text().splitlines()]
    assert len(found) == len(wanted) == SIZES["dev"][1]
    for one, two in zip(found, wanted, strict=True):
        assert [one[name] for name in ("text", "tokens", "tags")] == [two[name] for name in ("text", "tokens", "tags")]
        for entity, other in zip(one["entities"], two["entities"], strict=True):
            assert entity.pop("probability") == pytest.approx(other.pop("probability"), abs=1e-5)
            assert entity == other


@pytest.mark.slow
def test_text_gets_the_same_entities_from_the_folder_the_export_and_python(trained):
    found = [json.loads(line) for line in (trained / "run" / "predictions.jsonl").read_text().splitlines()][:20]
    texts = [entry["text"] for entry in found]
    answers = bert_tf.Predictor(trained / "run")(texts)
    served = tf.saved_model.load(str(trained / "run" / "export" / "1")).signatures["serving_default"](
        text=tf.constant(texts)
    )
    for index, (entry, answer) in enumerate(zip(found, answers, strict=True)):
        assert answer["tags"] == entry["tags"]
        for one, two in zip(answer["entities"], entry["entities"], strict=True):
            assert (one["type"], one["start"], one["end"]) == (two["type"], two["start"], two["end"])
            assert one["probability"] == pytest.approx(two["probability"], abs=1e-5)
        count = len(entry["entities"])
        ends = zip(
            *(served[f"entity_{name}"][index, :count].numpy().tolist() for name in ("starts", "ends")), strict=True
        )
        assert list(ends) == [(each["start"], each["end"]) for each in entry["entities"]]


@pytest.mark.exhaustive
def test_the_benchmark_measures_it_too(capfd):
    flags = ["--task=demo-tags", f"--init_checkpoint={DEMO_CHECKPOINT}", "--max_seq_length=16", "--steps=1"]
    assert main(["benchmark", *flags, "--batching=padded", "--requests=1"]) == 0
    assert "prediction" in capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_classifier_and_the_tagger_know_each_other(trained, capfd):
    assert main(["classifier", "--task=demo-tags", f"--output_dir={trained}/x"]) == 2
    assert "Call bert-tf tagger" in capfd.readouterr().err
    assert main(["tagger", "--task=demo", f"--output_dir={trained}/x"]) == 2
    assert "Call bert-tf classifier" in capfd.readouterr().err
    assert main(["tagger", "--do_eval", f"--eval_file={trained}/train.conll", f"--output_dir={trained}/run"]) == 0
    assert (trained / "run" / "eval-train" / "eval_results.txt").exists()
