import pytest

from bert_tf.config.paths import DEMO, PATH_OPTIONS, checkpoint_path, with_absolute_paths
from bert_tf.config.run import OPTIONS, RunConfig, replace
from tests.conftest import DEMO_CHECKPOINT


@pytest.mark.parametrize("name", PATH_OPTIONS)
def test_what_is_kept_of_a_path_holds_from_any_folder(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    section = OPTIONS[name].section
    given = {"a/b": f"{tmp_path}/a/b", "../x/": f"{tmp_path.parent}/x", "/c": "/c", "gs://d/e": "gs://d/e", "-": "-"}
    for path, kept in given.items():
        assert getattr(getattr(with_absolute_paths(replace(RunConfig(), **{name: path})), section), name) == kept


def test_options_that_are_no_paths_stay_as_they_are():
    config = replace(RunConfig(), text_column="a", labels="b,c", learning_rate=0.5)
    assert with_absolute_paths(config) == config


def test_every_option_that_names_a_file_or_a_folder_is_known_to_be_a_path():
    named = {name for name in OPTIONS if name.endswith(("_file", "_dir", "_checkpoint"))}
    assert named - {"overwrite_output_dir"} == set(PATH_OPTIONS)


def test_demo_as_a_checkpoint_is_a_word_from_any_folder_and_elsewhere_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    assert checkpoint_path(DEMO) == str(DEMO_CHECKPOINT)
    assert [checkpoint_path(path) for path in ("./demo", "demo/", "a/demo")] == ["./demo", "demo/", "a/demo"]
    for name in PATH_OPTIONS:
        kept = getattr(getattr(with_absolute_paths(replace(RunConfig(), **{name: DEMO})), OPTIONS[name].section), name)
        assert kept == (DEMO if name == "init_checkpoint" else str(tmp_path / "demo"))
    assert with_absolute_paths(replace(RunConfig(), init_checkpoint="./demo")).model.init_checkpoint == str(
        tmp_path / "demo"
    )
