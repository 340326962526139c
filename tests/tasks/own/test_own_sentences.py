"""Sentences of own files as examples whose words have tags."""

import json

import numpy as np
import pytest

from bert_tf import features
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.data.splitting import fold_of_each
from bert_tf.data.tokens import tokenize
from bert_tf.doctor.data_findings import compare_splits, look_at_rows, short_warnings
from bert_tf.errors import InputError
from bert_tf.runs.examples import name_own_task, read_examples
from bert_tf.runs.inputs import check_long_text
from bert_tf.tasks.answers.space import PLACE, PROBABILITIES, SPLITS
from bert_tf.tasks.answers.tag_schemes import Scheme
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.own.own_data import layout_of
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import REQUIRED, Vocabulary

STEP = TextStep(Vocabulary((*REQUIRED, "a", "中")), lower_case=True, max_seq_length=16)
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
    assert (list(test.words), list(test.labels)) == EXPECTED
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


def test_strange_tokens_are_tokens_all_the_same(tmp_path):
    tokens = ["x" * 10_000, "\u4e2d" * 2_000, "\u200b", "\u200d\u2060", "\x01", "\u00a0", "\u202e"]
    found = read(tmp_path, "a.conll", "".join(f"{token}\tB-x\n" for token in tokens) + "a\tO\n").splits[TRAIN]
    assert list(found.words) == [(*tokens, "a")]
    space = Tags(("O", "B-x", "I-x"))
    table = tokenize(found, space.place(found), STEP.rows, columns=space.columns)
    words = table.columns[features.WORD_INDEX].values
    assert words[table.answering].tolist() == list(range(len(tokens) + 1))
    assert table.targets.tolist() == [1] * len(tokens) + [0]


def test_parts_of_speech_have_no_entities_and_accuracy_alone(tmp_path):
    found = read(tmp_path, "a.conll", "the DET\ncat NOUN\n\nsleeps VERB\n")
    assert found.task.answers.scheme is Scheme.NONE
    assert (found.task.labels, found.task.metrics) == (("DET", "NOUN", "VERB"), ("accuracy",))
    assert "tags without a scheme: 'DET' is neither O nor" in found.splits[TRAIN].summary()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("EU\tB-ORG\nrejects\n", r"a.conll:2"),
        ("EU\tB-ORG\nrejects\tX-PER\nx\tO\n", r"a.conll: All tags must be written in one scheme.*'X-PER"),
        ("a\tO\nb\tB-\n\nc\tI-\n", r"one scheme.* \(.*a.conll:1, word 2; 2 such tags\)\. Received: 'B-, I-"),
        ("a\tO\nb\tO\n", r"must have at least 2 different tags\. Received: 'O'"),
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


def test_a_dev_set_is_read_in_the_scheme_of_the_training_set(tmp_path):
    (tmp_path / "dev.conll").write_text("EU\tI-ORG\nx\tO\nPeter\tI-PER\nBlack\tI-PER\n")
    for first, options in (("EU\tS-ORG\nA\tB-PER\nB\tE-PER\n", {}), (COLUMNS, {"tag_scheme": "bioes"})):
        (tmp_path / "train.conll").write_text(first)
        files = {"train_file": f"{tmp_path}/train.conll", "eval_file": f"{tmp_path}/dev.conll"}
        found = read_examples(name_own_task(replace(RunConfig(), kind="tags", **files, **options)), [TRAIN, DEV])
        assert found.task.answers.scheme is Scheme.BIOES
        assert found.splits[DEV].labels == ["S-ORG O B-PER E-PER"]


def test_what_the_scheme_of_a_file_does_not_allow_is_told_with_its_places(tmp_path):
    content = "a\tB-x\nb\tI-x\n\nc\tI-x\n\nd\tB-x\ne\tI-y\n" + "f\tB-x\n\n" * 3
    (told,) = read(tmp_path, "a.conll", content).splits[TRAIN].doubts
    path = f"{tmp_path}/a.conll"
    assert told == (
        "2 tags that IOB2 doesn't allow, read as conlleval does: I-x first 1, I-y behind B-x 1 "
        f"({path}:4 word 1, {path}:6 word 2)"
    )


DOCUMENTS = (
    "-DOCSTART-\tO\n\na\tB-x\nb\tO\n\nc\tO\n\nd\tB-x\n\n-DOCSTART-\tO\n\ne\tB-x\n\nf\tO\n\n"
    "-DOCSTART-\tO\n\ng\tO\nh\tO\n"
)


def test_sentences_of_a_document_stay_together_and_are_the_context_of_one_another(tmp_path):
    alone = read(tmp_path, "a.conll", DOCUMENTS).splits[TRAIN]
    assert alone.groups == ["0", "0", "0", "1", "1", "2"]
    assert alone.contexts is None
    folds = fold_of_each(alone, 3, 5, None)
    assert [len(set(folds[np.array(alone.groups) == group])) for group in "012"] == [1, 1, 1]
    with pytest.raises(InputError, match="number of documents, articles or contexts"):
        fold_of_each(alone, 4, 5, None)
    found = read(tmp_path, "a.conll", DOCUMENTS, document_context=True, max_seq_length=5).splits[TRAIN]
    around = [("", "c d"), ("a b", "d"), ("a b c", ""), ("", "f"), ("e", ""), ("", "")]
    assert [(" ".join(before), " ".join(after)) for before, after in found.contexts] == around
    assert found.rows([4, 0]).contexts == [found.contexts[4], found.contexts[0]]


def test_one_mark_parts_nothing_and_none_gives_no_context(tmp_path):
    assert read(tmp_path, "a.conll", "-DOCSTART- O\n\n" + COLUMNS.replace("\t", " ")).splits[TRAIN].groups is None
    with pytest.raises(InputError, match=r"marks none.*-DOCSTART-"):
        read(tmp_path, "b.conll", COLUMNS, document_context=True)
    (test,) = read(tmp_path, "c.conll", DOCUMENTS, (TRAIN,), document_context=True).splits.values()
    assert test.contexts is not None


def test_a_file_without_marks_that_is_read_for_context_is_warned_of(tmp_path):
    (tmp_path / "marked.conll").write_text(DOCUMENTS)
    (tmp_path / "plain.conll").write_text(DOCUMENTS.replace("-DOCSTART-\tO\n\n", ""))
    (tmp_path / "plain.jsonl").write_text('{"tokens": ["a"], "tags": ["O"]}\n')
    for name in ("plain.conll", "plain.jsonl"):
        files = dict(zip(("train_file", "eval_file", "predict_file"), ("marked.conll", name, name), strict=True))
        config = replace(RunConfig(), kind="tags", document_context=True)
        config = name_own_task(replace(config, **{flag: f"{tmp_path}/{file}" for flag, file in files.items()}))
        found = read_examples(config, [TRAIN, DEV, TEST])
        told = "{}: {}/{} has no -DOCSTART- line, so its sentences are read without what --document_context adds"
        expected = [told.format(split, tmp_path, name) for split in ("dev", "test")]
        assert short_warnings(found.task, found.splits)[:2] == expected
        assert short_warnings(found.task, {DEV: found.splits[DEV]}) == expected[:1]
        section = look_at_rows(found.task, found.splits, compare_splits(found.task, found.splits), can_fix=True)
        assert [each.what for each in section.findings if "--document_context" in each.what] == expected
    alone = read_examples(replace(config, document_context=False), [TRAIN, DEV])
    assert not any("document" in line for line in short_warnings(alone.task, alone.splits))


def test_what_is_told_of_tags_counts_words_and_names_tags(tmp_path):
    found = read(tmp_path, "a.conll", COLUMNS + "\nEU\tO\nrejects\tO\n\n" + COLUMNS, (TRAIN,))
    assert "train: 5 tags, in this order, with their words: O 4, B-ORG 2, I-ORG 0, B-PER 2, I-PER 2" in found.told
    told = " ".join(short_warnings(found.task, found.splits))
    assert "have the texts of an earlier one, with the same tags" in told
    assert "have texts that others have with other tags" in told


def test_predictions_keep_the_lines_of_a_file_in_columns(tmp_path):
    found = read(tmp_path, "a.conll", DOCUMENTS, (TRAIN, TEST))
    space, test = found.task.answers, found.splits[TEST]
    places = np.array([1, 2, 0, 0, 1, 0, 0, 1], np.int32)
    outputs = {
        PLACE: places,
        PROBABILITIES: np.eye(3)[places],
        SPLITS: np.concatenate([[0], np.cumsum(list(map(len, test.words)))]),
    }
    (text,) = space.extra_files(test, outputs).values()
    tags = iter([space.labels[place] for place in places])
    expected = [
        line if not line else f"{line}\t{'O' if line.startswith('-DOC') else next(tags)}"
        for line in DOCUMENTS.split("\n")
    ]
    assert text.split("\n") == expected
    (new,) = space.extra_files(found.splits[TRAIN].rows([0]), {**outputs, SPLITS: np.array([0, 2])}).values()
    assert new == "a\tB-x\tB-x\nb\tO\tI-x\n\n"


def test_a_folder_has_files_with_the_usual_names(tmp_path):
    for name in ("train.txt", "valid.txt", "test.jsonl"):
        (tmp_path / name).write_text(COLUMNS if name.endswith("txt") else '{"tokens": ["a"]}\n')
    options = replace(RunConfig(), kind="tags", data_dir=str(tmp_path))
    own = name_own_task(options).own_data
    assert [own.train_file, own.eval_file, own.predict_file] == [
        f"{tmp_path}/{name}" for name in ("train.txt", "valid.txt", "test.jsonl")
    ]
    assert name_own_task(replace(options, eval_split=0.5)).own_data.eval_file is None
    found = read_examples(name_own_task(options), [TRAIN, DEV, TEST])
    assert [len(examples) for examples in found.splits.values()] == [2, 2, 1]
    published = read_examples(replace(options, task_name="conll2003"), [TRAIN, DEV])
    assert published.splits[DEV].labels == EXPECTED[1]
    (tmp_path / "testa").write_text(COLUMNS)
    with pytest.raises(InputError, match=r"must have one file for dev\. Received: 'testa, valid\.txt'"):
        name_own_task(options)
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match=r"must have files such as train\.txt"):
        name_own_task(replace(options, data_dir=f"{tmp_path}/sub"))


def test_unknown_tags_are_counted_and_named(tmp_path):
    (tmp_path / "dev.conll").write_text("a\tB-LOC\nb\tI-LOC\n\nc\tB-LOC\n")
    (tmp_path / "train.conll").write_text(COLUMNS)
    files = {"train_file": f"{tmp_path}/train.conll", "eval_file": f"{tmp_path}/dev.conll"}
    with pytest.raises(InputError, match=r"words with others: B-LOC 2, I-LOC 1\. Received: .*word 1 at .*dev.conll:1"):
        read_examples(name_own_task(replace(RunConfig(), kind="tags", **files)), [TRAIN, DEV])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_column": "100"}, r"the column of its tags, 100 counted from 0.*2 columns.*--label_column"),
        ({"text_column": "2"}, r"the column of its tokens, 2 counted from 0.*--text_column"),
        ({"text_column": "9" * 5000}, r"the column of its tokens, 999999999 counted from 0"),
        ({"text_column": "foo"}, r"no names, so --text_column must be a number.*'--text_column=foo'"),
        ({"label_column": "foo"}, r"no names, so --label_column must be a number.*'--label_column=foo'"),
        ({"label_column": "-1"}, r"must be a number"),
        ({"label_column": "\u0663"}, r"must be a number"),
    ],
)
def test_columns_that_a_file_does_not_have_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, "a.conll", COLUMNS, **options)


def test_columns_are_a_format_of_sentences_and_none_of_rows():
    config = replace(RunConfig(), file_format="conll", kind="tags")
    assert layout_of(config).file_format is None
    with pytest.raises(InputError, match="Only sentences whose words have tags come in columns"):
        layout_of(replace(config, kind="classification"))


def test_lines_that_are_no_sentences_are_named_in_what_helps(tmp_path):
    with pytest.raises(InputError, match=r"header\.tsv.*1 such tag\).*Remove lines that are headers or comments"):
        read(tmp_path, "header.tsv", "token\ttag\n" + COLUMNS)
    for name, content in {"ud.conll": "# text\n" + COLUMNS, "de.tsv": COLUMNS + "\n# x\tO\tO\n"}.items():
        with pytest.raises(InputError, match=r"comment"):
            read(tmp_path, name, content)
    for name in ("a.csv", "a.CSV.gz", "a.parquet"):
        with pytest.raises(InputError, match=r"columns of CoNLL.*or from JSON\. Received: .*Write such columns"):
            read(tmp_path, name, "a,O\n")


def test_what_is_told_counts_what_is_taken_and_no_tags_that_nobody_wrote(tmp_path):
    sentence = {"text": "Ann Lee sat", "entities": [{"start": 0, "end": 7, "label": "per"}]}
    content = "".join(json.dumps(sentence) + "\n" for _ in range(8))
    found = read(tmp_path, "a.jsonl", content, max_train_examples=3).splits[TRAIN]
    assert found.summary().startswith("3 examples from ")
    assert "(9 words; one object a line" in found.summary()
    assert "IOB2" not in found.summary()
    tokens = {"tokens": ["a"], "tags": ["B-x"]}
    told = read(tmp_path, "b.jsonl", json.dumps(tokens) + "\n" + json.dumps({**tokens, "tags": ["O"]}) + "\n")
    assert "(2 words; " in told.splits[TRAIN].summary()
    assert "IOB2: all tags are legal as IOB2; as IOB1 " in told.splits[TRAIN].summary()


@pytest.mark.parametrize(
    ("content", "labels", "told"),
    [
        ("EU\tI-PER\nx\tO\n", ["B-PER O"], "read as IOB2"),
        ("EU\tNNP\nx\tO\n", None, "not scored, since 'NNP' is no tag of the task"),
        ("EU\tB-LOC\nx\tO\n", None, "not scored, since 'B-LOC' is no tag of the task"),
        ("EU\tO\nx\tO\n", None, "not scored, since all tags are O"),
        ("EU\t\nx\tO\n", None, "tags not read"),
        ("EU\nx\n", None, "tags not read"),
    ],
)
def test_a_test_set_is_scored_if_its_tags_are_those_of_the_task(tmp_path, content, labels, told):
    (tmp_path / "test.conll").write_text(content)
    (tmp_path / "train.conll").write_text(COLUMNS)
    files = {"train_file": f"{tmp_path}/train.conll", "predict_file": f"{tmp_path}/test.conll"}
    found = read_examples(name_own_task(replace(RunConfig(), kind="tags", **files)), [TRAIN, TEST]).splits[TEST]
    assert found.labels == labels
    assert list(found.words) == [("EU", "x")]
    assert told in found.summary()


def test_a_test_set_in_json_has_its_tags_and_ids_or_none(tmp_path):
    rows = [{"id": "s7", "tokens": ["a"], "tags": ["O"]}, {"id": 8, "tokens": ["b"], "tags": ["B-x"]}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    found = read(tmp_path, "a.jsonl", lines, (TRAIN, TEST)).splits
    assert (found[TEST].labels, found[TEST].ids) == (["O", "B-x"], ["s7", "8"])
    assert found[TRAIN].ids == ["0", "1"]  # Nobody asks for these.
    text = json.dumps({"name": "x", "text": "a b", "spans": [[0, 1, "x"]]})
    named = read(tmp_path, "b.jsonl", text + "\n" + text.replace('"x", "t', '"y", "t'), (TRAIN, TEST), id_column="name")
    assert [named.splits[split].ids for split in (TRAIN, TEST)] == [["x", "y"]] * 2
    (tmp_path / "bare.jsonl").write_text('{"tokens": ["a"], "tags": null}\n')
    config = replace(RunConfig(), kind="tags", train_file=f"{tmp_path}/a.jsonl", predict_file=f"{tmp_path}/bare.jsonl")
    bare = read_examples(name_own_task(config), [TRAIN, TEST]).splits[TEST]
    assert (bare.labels, bare.ids) == (None, ["0"])


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([{"id": 1}, {"id": "1"}], {}, r"Ids must be unique \(.*a.jsonl:2, column 'id'.*also in line 1"),
        ([{"id": 1}, {"id": None}], {}, r"An id must be a string or a number \(.*a.jsonl:2, column 'id'"),
        ([{"id": 1}, {"id": True}], {}, r"An id must be a string or a number \(.*a.jsonl:2, column 'id'"),
        ([{"id": 1}, {}], {}, r"the same names \(.*a.jsonl:2.*no 'id'"),
        ([{"id": 1}, {"id": 2}], {"id_column": "key"}, r"must have objects with 'key'"),
    ],
)
def test_ids_of_sentences_are_unique_and_values(tmp_path, rows, options, message):
    sentences = [{"tokens": ["a"], "tags": [tag]} for tag in ("O", "B-x")]
    lines = "".join(json.dumps({**sentence, **row}) + "\n" for sentence, row in zip(sentences, rows, strict=True))
    with pytest.raises(InputError, match=message):
        read(tmp_path, "a.jsonl", lines, (TRAIN, TEST), **options)
