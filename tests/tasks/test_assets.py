import json

import pytest

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import ModelConfig, RunConfig
from bert_tf.errors import InputError
from bert_tf.tasks.assets import check_length, load_assets, make_text_step
from bert_tf.text.template import Template

CONFIG = {"vocab_size": 6, "hidden_size": 8, "num_attention_heads": 2}
VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "vocab.txt").write_text(VOCABULARY)
    (tmp_path / "bert_config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def test_what_stands_beside_the_checkpoint_is_read(folder):
    assets = load_assets(str(folder), ModelConfig())
    assert (assets.encoder_config.hidden_size, len(assets.vocabulary)) == (8, 6)
    assert (assets.lower_case, assets.strip_accents) == (True, True)


def test_reading_what_was_written_gives_the_same(folder, tmp_path):
    assets = load_assets(str(folder), ModelConfig(hidden_act="relu"))
    (tmp_path / "new").mkdir()
    assets.write(str(tmp_path / "new"))
    assert load_assets(str(tmp_path / "new"), ModelConfig()) == assets
    assert (tmp_path / "new" / "vocab.txt").read_bytes() == VOCABULARY.encode()


@pytest.mark.parametrize("end", ["\n\n\n", "\x1a", "\0\n##\n", "c" * 257])
def test_lines_behind_the_vocabulary_that_no_text_matches_need_no_room_in_the_model(folder, end):
    (folder / "vocab.txt").write_text(VOCABULARY + end)
    assert load_assets(str(folder), ModelConfig()).vocabulary["b"] == 5
    (folder / "vocab.txt").write_text(VOCABULARY + end + "\nc\n")
    with pytest.raises(InputError, match="must not be larger than the model's, which has 6 entries"):
        load_assets(str(folder), ModelConfig())


@pytest.mark.parametrize("lower_case", [None, False, True])
@pytest.mark.parametrize("strip_accents", [None, False, True])
def test_case_and_accents_are_chosen_by_themselves(folder, lower_case, strip_accents):
    options = ModelConfig(do_lower_case=lower_case, strip_accents=strip_accents)
    assets = load_assets(str(folder), options)
    lowers = True if lower_case is None else lower_case
    assert (assets.lower_case, assets.strip_accents) == (lowers, lowers if strip_accents is None else strip_accents)
    step = make_text_step(assets, RunConfig(), Template.TEXTS)
    assert (step.lower_case, step.strip_accents) == (assets.lower_case, assets.strip_accents)


def test_named_files_come_first(folder, tmp_path):
    (tmp_path / "other.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nA\n")
    assets = load_assets(str(folder), ModelConfig(vocab_file=str(tmp_path / "other.txt")))
    assert (len(assets.vocabulary), assets.lower_case) == (5, False)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vocab.txt", None, "There must be the model's vocabulary at .*--vocab_file"),
        ("bert_config.json", None, "There must be the model's config at .*--bert_config_file"),
        ("bert_config.json", "{", "must be a JSON file"),
        (
            "bert_config.json",
            json.dumps({**CONFIG, "vocab_size": 5}),
            "must not be larger than the model's, which has 5",
        ),
        ("bert_config.json", json.dumps({**CONFIG, "hidden_act": "swish"}), "hidden_act must be one of"),
    ],
)
def test_files_that_do_not_fit_are_refused(folder, name, content, message):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(InputError, match=message):
        load_assets(str(folder), ModelConfig())


def test_without_checkpoint_the_files_must_be_named():
    with pytest.raises(InputError, match="There must be a checkpoint to start from"):
        load_assets(None, ModelConfig())


def test_rows_must_fit_the_positions():
    check_length(64, EncoderConfig(vocab_size=9, max_position_embeddings=64))
    with pytest.raises(InputError, match=r"the model's 64 positions. Received: 65. Set --max_seq_length=64 or less"):
        check_length(65, EncoderConfig(vocab_size=9, max_position_embeddings=64))
