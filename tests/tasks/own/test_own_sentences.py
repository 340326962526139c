"""Sentences of own files as examples whose words have tags."""

import json

import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.runs.examples import name_own_task, read_examples
from bert_tf.runs.inputs import check_long_text
from bert_tf.tasks.answers.tag_schemes import Scheme

COLUMNS = "EU\tB-ORG\nrejects\tO\n\nPeter\tB-PER\nBlack\tI-PER\n"
EXPECTED = ([("EU", "rejects"), ("Peter", "Black")], ["B-ORG O", "B-PER I-PER"])


def read(tmp_path, name, content, splits=(TRAIN,), **options):
    (tmp_path / name).write_text(content)
    files = {
        "train_file": f"{tmp_path}/{name}",
        "eval_file": f"{tmp_path}/{name}",
        "predict_file": f"{tmp_path}/{name}",
    }
    config = replace(RunConfig(), kind="tags", **files, **options)
    return read_examples(name_own_task(config), list(splits))


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.conll", COLUMNS, {}),
        ("a.txt", COLUMNS.replace("\t", " "), {}),
        ("a.bio", "-DOCSTART- O\n\n" + COLUMNS.replace("\t", " X X "), {}),
        ("a.x", "B-ORG EU\nO rejects\n\nB-PER Peter\nI-PER Black\n", {"text_column": "1", "label_column": "0"}),
        ("a.iob1", COLUMNS.replace("B-", "I-"), {}),
        ("a.jsonl", '{"tokens": ["EU", "rejects"], "tags": ["B-ORG", "O"]}\n'
         '{"tokens": ["Peter", "Black"], "tags": ["B-PER", "I-PER"]}\n', {}),
        ("b.jsonl", '{"w": ["EU", "rejects"], "t": ["B-ORG", "O"]}\n'
         '{"w": ["Peter", "Black"], "t": ["B-PER", "I-PER"]}\n', {"text_column": "w", "label_column": "t"}),
        ("a.json", json.dumps([
            {"text": "EU rejects", "entities": [{"start": 0, "end": 2, "label": "ORG"}]},
            {"text": "Peter Black", "entities": [{"start": 0, "end": 11, "label": "PER"}]},
        ]), {}),
    ],
)  # fmt: skip
def test_every_form_is_the_same_sentences(tmp_path, name, content, options):
    found = read(tmp_path, name, content, (TRAIN, DEV, TEST), **options)
    train, test = found.splits[TRAIN], found.splits[TEST]
    assert (list(train.words), list(train.labels)) == EXPECTED
    assert (list(test.words), test.labels) == (EXPECTED[0], None)
    assert found.task.labels == ("O", "B-ORG", "I-ORG", "B-PER", "I-PER")
    assert found.task.answers.scheme is Scheme.IOB2
    assert found.task.answers.place(train).tolist() == [1, 0, 3, 4]
    assert train.word_spans() == ([0, 3, 0, 6], [2, 10, 5, 11])


def test_bioes_and_its_other_spellings_stay_what_they_are(tmp_path):
    for one, last, content in (("S", "E", "EU\tS-ORG\nx\tO\n"), ("U", "L", "EU\tU-ORG\nx\tO\na\tB-PER\nb\tL-PER\n")):
        found = read(tmp_path, f"{one}{last}.conll", content)
        assert found.task.answers.scheme is Scheme.BIOES
        assert found.splits[TRAIN].labels[0].startswith("S-ORG O")
        assert found.task.labels[1:5] == ("B-ORG", "I-ORG", "E-ORG", "S-ORG")


def test_parts_of_speech_have_no_entities_and_accuracy_alone(tmp_path):
    found = read(tmp_path, "a.conll", "the DET\ncat NOUN\n\nsleeps VERB\n")
    assert found.task.answers.scheme is Scheme.NONE
    assert (found.task.labels, found.task.metrics) == (("DET", "NOUN", "VERB"), ("accuracy",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("EU\tB-ORG\nrejects\n", r"a.conll:2"),
        ("EU\tB-ORG\nrejects\tX-PER\nx\tO\n", r"a.conll: All tags must be written in one scheme.*'X-PER"),
        ("EU\n", r"column"),
        ("\n\n", r"at least one token"),
        ("EU\tB-ORG\n\0\tO\n", r"a.conll:2"),
    ],
)
def test_what_is_no_tagged_sentence_is_refused_with_its_place(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, "a.conll", content)


def test_options_of_texts_do_not_pass_for_those_of_sentences(tmp_path):
    with pytest.raises(InputError, match=r"are no pairs\. Received: '--text_pair_column=b'"):
        read(tmp_path, "a.conll", COLUMNS, text_pair_column="b")
    found = read(tmp_path, "a.conll", COLUMNS)
    with pytest.raises(InputError, match=r"always read in windows\. Received: '--long_text=tail'"):
        check_long_text(replace(RunConfig(), long_text="tail"), found.task)


def test_a_tag_that_was_never_learnt_is_named_with_its_word(tmp_path):
    (tmp_path / "dev.conll").write_text("a\tB-LOC\n")
    (tmp_path / "train.conll").write_text(COLUMNS)
    files = {"train_file": f"{tmp_path}/train.conll", "eval_file": f"{tmp_path}/dev.conll"}
    config = name_own_task(replace(RunConfig(), kind="tags", **files))
    with pytest.raises(InputError, match=r"A tag must be one of the task's.*'B-LOC' of word 1 at .*dev.conll:1"):
        read_examples(config, [TRAIN, DEV])
