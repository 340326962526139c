"""A hundred broken files: each is refused in a line with its place, none is read in part."""

import pytest

from bert_tf.cli.examples import name_own_task, read_examples
from bert_tf.config import RunConfig, replace
from bert_tf.data.layouts import Split
from bert_tf.errors import InputError
from tests.data import files


def examples_of(path):
    config = replace(RunConfig(), train_file=str(path), do_train=True)
    return read_examples(name_own_task(config), [Split.TRAIN]).splits[Split.TRAIN]


@pytest.mark.parametrize("seed", range(100))
def test_a_malformed_file_is_refused(tmp_path, seed):
    name, data = files.malformed(seed)
    path = tmp_path / name.replace(" ", "-")
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        examples_of(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("count", [2, 3, 8191, 8192, 8193])
def test_a_sound_file_gives_every_row(tmp_path, count):
    path = tmp_path / "a.csv"
    path.write_text(files.as_csv(files.many(count)))
    assert len(examples_of(path)) == count
