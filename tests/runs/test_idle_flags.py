"""Every row of the table of flags without an effect, with runs for which it holds and for which it does not."""

import json

import pytest

from bert_tf.cli.commands import COMMANDS
from bert_tf.cli.flags import parse
from bert_tf.cli.predict_inputs import prepare_predict
from bert_tf.config.run import RunConfig, replace
from bert_tf.runs.families import FAMILIES
from bert_tf.runs.idle_flags import IDLE, Situation, Use, reasons_in_use, reasons_of
from bert_tf.runs.inputs import prepare
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tag_schemes import Scheme
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.registry import get_task
from tests.cli.test_predict import run_folder

SQUAD_COLUMNS = ("question_column", "context_column", "answer_column", "answer_start_column")
CSV, JSON, LINES, ROWS = "train.csv", "train.json", "train.jsonl", "rows.json"
TRAIN = {"do_train": True}


def situation(folder, task="custom", reads_folder=False, **options):
    """A run with such options; files have the form of their names."""
    (folder / JSON).write_text(json.dumps({"data": []}))
    (folder / ROWS).write_text("[]")
    options = {**TRAIN, **options}
    if task == "custom":
        options.setdefault("train_file", CSV)
    paths = {name: str(folder / value) for name, value in options.items() if name.endswith("_file")}
    return Situation(replace(RunConfig(), **{**options, **paths}), get_task(task), reads_folder)


SPANS, CHOICES, TAGS = {"kind": "spans"}, {"kind": "choices"}, {"kind": "tags"}
OWN = {**CHOICES, "choice_columns": "a,b"}
# What a run is like, the flags that have no effect there, a part of the reason, and those that have one.
CASES = [
    ({"do_train": False, "do_eval": True}, ["new_head", "num_seeds", "remat"], "with --do_train", ["seed"]),
    ({}, ["ensemble", "glue_submission"], "it only matters with --", ["new_head", "num_seeds"]),
    ({"num_seeds": 2, "do_predict": True}, [], "", ["ensemble", "glue_submission"]),
    ({"tokens_per_batch": 100}, ["train_batch_size"], "--tokens_per_batch bounds", []),
    ({"task": "cola"}, ["train_file", "text_column", "k_folds", "split_seed"], "cola has its own data", ["data_dir"]),
    ({"task": "cola", "k_folds": 2}, ["cache_dir"], "each fold", ["split_seed", "k_folds", "train_batch_size"]),
    ({"task": "demo"}, ["data_dir", "tfds_data_dir"], "makes its own data", []),
    ({"task": "demo-spans"}, SQUAD_COLUMNS, "demo-spans has its own data", ["max_query_length"]),
    ({"task": "demo-choice"}, ["choice_columns", "start_column", "question_column"], "demo-choice has its own", []),
    ({"task": "cola"}, ["language"], "the task xnli", []),
    ({"task": "xnli"}, [], "", ["language"]),
    ({}, ["tfds_data_dir", "data_dir"], "your own files are read", ["header", "delimiter", "text_column"]),
    ({"reads_folder": True}, [], "", ["data_dir"]),
    ({"train_file": LINES}, ["header", "delimiter"], "CSV and TSV", ["id_column"]),
    ({"train_file": LINES, "eval_file": CSV, "do_eval": True}, [], "", ["header", "delimiter"]),
    (
        TAGS,
        ["id_column", "header", "label_separator"],
        "whose words have tags",
        ["text_column", "crf", "document_context"],
    ),
    (SPANS, ["text_column", "label_column", "label_separator"], "columns of their own", [*SQUAD_COLUMNS, "id_column"]),
    (CHOICES, ["text_column", "text_pair_column"], "columns of their own", ["label_column", "id_column", "delimiter"]),
    (SPANS, ["verbose_logging"], "--verbosity", ["n_best_size"]),
    ({}, ["n_best_size", "question_column", "context_column"], "it only matters to bert-tf squad", []),
    (OWN, ["n_best_size", "context_column"], "it only matters to bert-tf squad", ["question_column", "start_column"]),
    (SPANS, ["null_score_diff_threshold"], "--version_2_with_negative", []),
    ({**SPANS, "version_2_with_negative": True}, [], "", ["null_score_diff_threshold"]),
    ({}, ["crf", "tag_scheme", "document_context"], "it only matters to bert-tf tagger", []),
    ({}, ["choice_columns", "start_column", "choice_label_form"], "it only matters to bert-tf choice", []),
    (CHOICES, ["doc_stride"], "not read in windows", []),
    ({}, ["doc_stride"], "--long_text=window_mean", []),
    ({"long_text": "window_max"}, [], "", ["doc_stride"]),
    ({**SPANS, "train_file": JSON}, [*SQUAD_COLUMNS, "id_column"], "as those of SQuAD", ["max_query_length"]),
    ({**SPANS, "train_file": ROWS}, [], "", [*SQUAD_COLUMNS, "id_column"]),
    ({**SPANS, "train_file": JSON, "eval_file": ROWS, "do_eval": True}, [], "", [*SQUAD_COLUMNS, "id_column"]),
    (
        {**CHOICES, "train_file": LINES},
        ["question_column", "choice_label_form", "label_column", "id_column", "start_column"],
        "as those of OpenBookQA",
        [],
    ),
    (CHOICES, ["start_column", "question_column", "header"], "as those of SWAG", ["choice_label_form", "label_column"]),
    ({**OWN, "train_file": LINES}, [], "", ["question_column", "choice_label_form", "label_column", "start_column"]),
    (OWN, [], "", ["question_column", "header", "label_column", "start_column"]),
]


@pytest.mark.parametrize(("run", "idle", "reason", "heeded"), CASES)
def test_a_flag_has_an_effect_or_it_is_told_why_not(tmp_path, run, idle, reason, heeded):
    reasons = reasons_of(IDLE, situation(tmp_path, **run))
    assert {name: reason in reasons.get(name, "has an effect") for name in idle} == dict.fromkeys(idle, True)
    assert reasons.keys().isdisjoint(heeded)


def test_every_row_holds_in_one_of_the_runs_and_not_in_another(tmp_path):
    runs = [situation(tmp_path, **run) for run, *_ in CASES]
    named = {name for _, idle, *_ in CASES for name in idle}
    for row in IDLE:
        assert {row.holds(now) for now in runs} == {True, False}, row.reason
        assert named & set(row.names), row.names


WORDS = Tags(labels=("O", "B-x"), scheme=Scheme.IOB2)
PARTS_OF_SPEECH = Tags(labels=("noun", "verb"), scheme=Scheme.NONE)


@pytest.mark.parametrize(
    ("answers", "idle"),
    [
        (WORDS, {"crf_learning_rate"}),
        (PARTS_OF_SPEECH, {"crf_learning_rate", "written_tag_scheme"}),
        (Tags(labels=("O", "B-x"), scheme=Scheme.IOB2, crf=True), set()),
        (OneLabel(("a", "b")), set()),
    ],
)
def test_flags_of_tags_depend_on_the_tags(answers, idle):
    assert set(answers.idle_options()) == idle


TABLES, FORMS = {"is_table": True, "is_delimited": True}, {"file_format", "header", "delimiter"}
COLUMNS = {"text_column", "text_pair_column", "question_column", "context_column", "choice_columns", "start_column"}


@pytest.mark.parametrize(
    ("use", "heeded"),
    [
        (Use(WORDS, False, **TABLES), {"text_column", *FORMS}),
        (Use(OneLabel(("a", "b")), False, **TABLES), {"text_column", *FORMS}),
        (Use(OneLabel(("a", "b")), True, **TABLES), {"text_column", "text_pair_column", *FORMS}),
        (Use(Spans(), True, **TABLES), {"question_column", "context_column", *FORMS}),
        (Use(Spans(), True, is_published=True), {"file_format"}),
        (Use(Choice(), False, **TABLES), {"question_column", "choice_columns", "start_column", *FORMS}),
        (Use(Spans(), True), {"question_column", "context_column", "file_format"}),
        (Use(WORDS, False, is_table=False), set()),  # Standard input, and files that are read line by line.
        (Use(OneLabel(("a", "b")), True, is_python=True), {"text_column", "text_pair_column"}),
        (Use(Choice(), False, is_python=True), set()),
        (Use(Spans(), True, is_python=True), {"question_column", "context_column"}),
    ],
)
def test_a_model_in_use_heeds_the_columns_that_it_has(use, heeded):
    assert (COLUMNS | FORMS) - set(reasons_in_use(use)) == heeded


def test_what_is_typed_is_told_where_it_has_no_effect(tmp_path, capsys):
    rows = [{"tokens": ["Ada", "sleeps"], "tags": ["noun", "verb"]}] * 2
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = [f"--train_file={path}", f"--data_dir={tmp_path}", "--crf_learning_rate=1", "--written_tag_scheme=bioes"]
    words += ["--do_train", "--init_checkpoint=demo", f"--output_dir={tmp_path}/run"]
    prepare(parse(words, COMMANDS["tagger"].options), FAMILIES["tagger"])
    told = capsys.readouterr().err
    for name in ("data_dir", "crf_learning_rate", "written_tag_scheme"):
        assert f"--{name} has no effect: " in told
    path.rename(tmp_path / "train.txt")
    (tmp_path / "train.txt").write_text("Ada noun\nsleeps verb\n\n")
    prepare(parse([f"--data_dir={tmp_path}", *words[2:]], COMMANDS["tagger"].options), FAMILIES["tagger"])
    assert "--data_dir" not in capsys.readouterr().err


def test_a_model_in_use_tells_of_columns_that_it_has_not(tmp_path, capsys):
    words = [f"--output_dir={run_folder(tmp_path)}", "--question_column=q", "--header=no"]
    prepare_predict(parse(words, COMMANDS["predict"].options))
    told = capsys.readouterr().err
    assert "--question_column has no effect: it only matters to files that are tables" in told
    assert "--header has no effect: " in told
    (tmp_path / "asked.jsonl").write_text('{"says": "a"}\n')
    prepare_predict(parse([*words, str(tmp_path / "asked.jsonl")], COMMANDS["predict"].options))
    told = capsys.readouterr().err
    assert "--question_column has no effect: a model of classification has no such column" in told
    assert "--header has no effect: it only matters to CSV and TSV files" in told
