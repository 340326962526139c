"""Where a checkpoint is found, and what is told where there is none. No TensorFlow is needed for it."""

import json

import pytest

from bert_tf.errors import InputError
from bert_tf.weights.places import check_place, find_prefix, listed_prefix
from tests.conftest import run_python


def put(folder, *names):
    """Files that look like checkpoints to whoever does not read them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for suffix in (".index", ".data-00000-of-00001"):
            (folder / f"{name}{suffix}").write_bytes(b"table")


@pytest.fixture
def checkpoint(tmp_path):
    put(tmp_path, "model.ckpt-5")
    return tmp_path / "model.ckpt-5"


def test_a_checkpoint_is_found_by_prefix_by_index_file_and_by_folder(checkpoint):
    for path in (checkpoint, f"{checkpoint}.index", checkpoint.parent):
        assert find_prefix(str(path)) == str(checkpoint)


def test_of_several_the_published_name_or_the_latest_one_is_meant(checkpoint):
    folder = str(checkpoint.parent)
    put(checkpoint.parent, "other.ckpt")
    with pytest.raises(InputError, match=r"must hold one checkpoint. Received: .*model.ckpt-5, other.ckpt"):
        find_prefix(folder)
    put(checkpoint.parent, "bert_model.ckpt")
    assert find_prefix(folder) == folder + "/bert_model.ckpt"
    (checkpoint.parent / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-5"\n')
    assert find_prefix(folder) == str(checkpoint)
    (checkpoint.parent / "best_checkpoint.json").write_text('{"checkpoint": "other.ckpt"}')
    assert find_prefix(folder) == folder + "/other.ckpt"


@pytest.mark.parametrize("path", ["nothing", "empty", "model.ckpt-6"])
def test_where_there_is_none_the_forms_are_named(checkpoint, path):
    (checkpoint.parent / "empty").mkdir()
    with pytest.raises(InputError, match=r"Name its prefix, such as DIR/bert_model.ckpt, its folder"):
        find_prefix(str(checkpoint.parent / path))


@pytest.mark.parametrize(
    ("listed", "leads_elsewhere"),
    [
        ("model.ckpt-5", False),
        ("/old/place/model.ckpt-5", False),
        ("../stranger/secret.ckpt", True),
        ("gone.ckpt", False),
    ],
)
def test_no_path_of_a_list_of_checkpoints_is_followed(tmp_path, listed, leads_elsewhere):
    put(tmp_path / "run", "model.ckpt-5", "model.ckpt-6")
    put(tmp_path / "stranger", "secret.ckpt")
    told = []
    for path in (listed, str(tmp_path / "run" / listed)) if leads_elsewhere else (listed,):
        (tmp_path / "run" / "checkpoint").write_text(f'model_checkpoint_path: "{path}"\n')
        found = listed_prefix(str(tmp_path / "run"), told.append)
        assert found == (str(tmp_path / "run" / "model.ckpt-5") if "ckpt-5" in listed else None)
    assert len(told) == (2 if leads_elsewhere else 0)
    assert all("is not in its folder and is not followed" in line for line in told)


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin", "tf_model.h5"])
def test_a_model_of_hugging_face_is_recognised_and_what_can_be_done_is_said(tmp_path, weights):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (tmp_path / weights).write_bytes(b"weights")
    for path in (tmp_path, tmp_path / weights):
        with pytest.raises(InputError) as caught:
            check_place(str(path))
        told = str(caught.value)
        assert told.startswith(
            "A checkpoint must be in Google's format: bert_model.ckpt.index and .data-00000-of-00001"
        )
        assert weights in told
        assert "convert_bert_pytorch_checkpoint_to_original_tf.py" in told


def test_the_data_file_in_place_of_the_prefix_is_understood(checkpoint):
    with pytest.raises(InputError, match=f"Leave out the ending: {checkpoint}.$"):
        check_place(f"{checkpoint}.data-00000-of-00001")


def test_a_wrong_checkpoint_is_told_before_tensorflow_is_loaded(tmp_path):
    commands = [
        ["classifier", "--task=demo", f"--init_checkpoint={tmp_path}/none", f"--output_dir={tmp_path}/out"],
        ["doctor", "--task=demo", f"--init_checkpoint={tmp_path}/none"],
        ["benchmark", f"--init_checkpoint={tmp_path}/none"],
        ["convert", f"{tmp_path}/none", f"{tmp_path}/out"],
        ["inspect", f"{tmp_path}/none.zip"],
    ]
    program = (
        "import sys; from bert_tf.cli.commands import COMMANDS; from bert_tf.cli.flags import parse\n"
        "from bert_tf.errors import InputError\n"
        f"for name, *words in {commands!r}:\n"
        "    command = COMMANDS[name]\n"
        "    try: command.prepare(parse(words, command.options, command.own_options))\n"
        "    except InputError as error: print(error)\n"
        "print('tensorflow' in sys.modules)\n"
    )
    done = run_python("-c", program)
    told, (*others, has_tensorflow) = done.stdout, done.stdout.splitlines()
    assert has_tensorflow == "False", done.stderr
    missing = f"There must be a checkpoint at the path. Received: '{tmp_path}/none'"
    assert [line.startswith(missing) for line in others].count(True) == 3, told
    assert f"There must be an archive at the path. Received: '{tmp_path}/none.zip'" in told
    assert "BLOCKER There must be a checkpoint at the path" in told  # The doctor says so first, and then looks on.
