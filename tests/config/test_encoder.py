import json

import pytest

from bert_tf.config.encoder import EncoderConfig, encoder_config_to_json, parse_encoder_config
from bert_tf.errors import InputError


def test_reading_what_was_written_gives_the_same_config():
    config = EncoderConfig(vocab_size=99, hidden_size=48, num_attention_heads=4, hidden_act="relu")
    assert parse_encoder_config(encoder_config_to_json(config), "x") == config


def test_what_is_left_out_has_the_defaults_of_the_original():
    config = parse_encoder_config('{"vocab_size": 5}', "x")
    assert (config.hidden_size, config.num_hidden_layers, config.type_vocab_size) == (768, 12, 16)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "must hold vocab_size"),
        ({"vocab_size": "5"}, "vocab_size in bert_config.json must be of type int. Received: '5'"),
        ({"vocab_size": 5, "num_hidden_layers": 0}, "must be at least 1"),
        ({"vocab_size": 5, "num_hidden_layers": 1001}, "num_hidden_layers must be at most 1,000. Received: '1,001'"),
        ({"vocab_size": 2**31}, "vocab_size must be at most 2,147,483,647. Received: '2,147,483,648'"),
        ({"vocab_size": 5, "type_vocab_size": 10**30}, "type_vocab_size .* Received: 'a number of 31 digits'"),
        ({"vocab_size": 5, "hidden_dropout_prob": 1.0}, "less than 1"),
        ({"vocab_size": 5, "hidden_size": 10, "num_attention_heads": 3}, "multiple of num_attention_heads"),
    ],
)
def test_a_config_that_describes_no_encoder_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        parse_encoder_config(json.dumps(values), "bert_config.json")


def test_published_configs_are_read(shared):
    for name, size in {"uncased": 30522, "cased": 28996, "chinese": 21128}.items():
        path = shared / "data" / "bert_vocabs" / name / "bert_config.json"
        config = parse_encoder_config(path.read_text(encoding="utf-8"), str(path))
        assert (config.vocab_size, config.hidden_size, config.num_hidden_layers) == (size, 768, 12)
