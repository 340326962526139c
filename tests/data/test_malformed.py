"""A hundred broken files: each is refused in a line with its place. And a hundred that only look odd: all is read."""

import re

import pytest

from bert_tf.cli.main import main
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import TRAIN
from bert_tf.runs.examples import name_own_task, read_examples
from tests.data import files
from tests.data.damage import KINDS, damaged


def examples_of(path):
    config = replace(RunConfig(), train_file=str(path), do_train=True)
    return read_examples(name_own_task(config), [TRAIN]).splits[TRAIN]


@pytest.mark.parametrize("seed", range(100))
def test_a_malformed_file_is_refused_in_one_line_with_its_place(tmp_path, capfd, seed):
    file = damaged(seed)
    path = tmp_path / f"damaged.{file.ending}"
    path.write_bytes(file.data)
    (tmp_path / "sound.csv").write_text(files.as_csv(files.many(8)))
    given = {"train_file": tmp_path / "sound.csv", "eval_file": tmp_path / "sound.csv", file.flag: path}
    flags = [*(f"--{name}={value}" for name, value in given.items()), *file.flags]
    assert main(["classifier", *flags, f"--output_dir={tmp_path}/run"]) == 2
    told = capfd.readouterr().err
    message = told.splitlines()[-1]
    assert re.search(f"^bert-tf: .*{file.rule}", message), (file.kind, message)
    place = f"{path}:{file.line}" if file.line else str(path)
    assert re.search(re.escape(place) + r"\b", message), (file.kind, file.line, message)
    assert "Traceback" not in told
    assert len(message) < 1000
    assert not (tmp_path / "run").exists()


def test_a_hundred_seeds_make_every_kind_of_damage():
    assert {damaged(seed).kind for seed in range(100)} == set(KINDS)


@pytest.mark.parametrize("seed", range(100))
def test_a_file_that_only_looks_odd_gives_every_row_as_it_was_written(tmp_path, seed):
    name, data, rows = files.odd(seed)
    (tmp_path / name).write_bytes(data)
    examples = examples_of(tmp_path / name)
    assert list(zip(examples.first, examples.labels, strict=True)) == rows
    assert f"all {len(rows)} " in examples.summary()


@pytest.mark.parametrize("count", [2, 3, 2047, 2048, 2049, 6144])
def test_a_sound_file_gives_every_row(tmp_path, count):
    path = tmp_path / "a.csv"
    path.write_text(files.as_csv(files.many(count)))
    assert len(examples_of(path)) == count
