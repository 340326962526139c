"""Flags that have no effect, as a table: when, and why. Whoever types one is told.

The first row that holds for a flag is the reason that is told. Nothing here imports TensorFlow.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence

from bert_tf.config.run import OPTIONS, RunConfig
from bert_tf.config.typed import Typed, reasons_of_tpu, warn_without_meaning
from bert_tf.data.readers.own_files import may_be_delimited
from bert_tf.data.readers.tagged_files import SentenceFormat, find_sentence_format
from bert_tf.errors import InputError
from bert_tf.runs.devices import flags_without_cluster
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.answers.space import AnswerSpace
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.own_choices import choice_columns, is_of_stems
from bert_tf.tasks.own.own_questions import is_as_squad
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template
from bert_tf.training.devices.cluster import Cluster

_OF_FOLDS = ("k_folds", "split_seed")
_OF_QUESTIONS = ("question_column", "context_column", "answer_column", "answer_start_column")
_OF_CHOICES = ("question_column", "choice_columns", "start_column", "choice_label_form")
# Columns that a trained model may be asked by.
TEXT_COLUMNS = (
    "text_column",
    "text_pair_column",
    "question_column",
    "context_column",
    "choice_columns",
    "start_column",
)
_OTHER_COLUMNS = "questions have columns of their own, such as --question_column"
_WORDS = "it does not matter to sentences whose words have tags"
_OF_SQUAD, _OF_SWAG, _OF_STEMS = (
    f"files are as those of {name}, which have names of their own" for name in ("SQuAD", "SWAG", "OpenBookQA")
)


@dataclasses.dataclass(frozen=True)
class Situation:
    """What decides whether a flag has an effect.

    Attributes:
        config: All options.
        task: The task, with what is known of its answers so far.
        reads_folder: Whether the files of the run are those that were found in --data_dir.
    """

    config: RunConfig
    task: Task
    reads_folder: bool = False

    @property
    def template(self) -> Template:
        """What an example consists of."""
        return KINDS[self.config.own_data.kind if self.task is CUSTOM else self.task.answers.kind].template

    @property
    def is_own(self) -> bool:
        """Whether the task is one of the user's own files."""
        return self.task.name == CUSTOM.name

    @functools.cached_property
    def paths(self) -> list[str]:
        """The user's files that the run may need."""
        own, action = self.config.own_data, self.config.action
        learns = action.do_train or action.do_eval
        paths = [own.train_file, own.eval_file] * learns + [own.predict_file] * action.do_predict
        return [path for path in paths if path] if self.is_own else []

    @property
    def reads_delimited(self) -> bool:
        """Whether any of the files is perhaps one with a delimiter."""
        return any(may_be_delimited(path, self.config.own_data.file_format) for path in self.paths)

    @property
    def reads_objects(self) -> bool:
        """Whether any of the files of sentences has objects, which may have ids."""
        chosen = self.config.own_data.file_format
        if chosen is not None:
            return chosen.startswith("json")
        return any(find_sentence_format(path) is not SentenceFormat.COLUMNS for path in self.paths)

    def are_all(self, template: Template, has_form: Callable[[str, RunConfig], bool]) -> bool:
        """Whether there are files of examples of this template, and all of them have a form."""
        if self.template is not template or not self.paths:
            return False
        try:
            return all(has_form(path, self.config) for path in self.paths)
        except InputError:  # Whoever reads it will say so.
            return False


@dataclasses.dataclass(frozen=True)
class Idle:
    """A reason why flags have no effect.

    Attributes:
        names: The flags.
        holds: Whether it holds.
        reason: What is told, with `{}` for the name of the task.
    """

    names: Sequence[str]
    holds: Callable[[Situation], bool]
    reason: str


def _of_section(name: str, *, but: Sequence[str] = ()) -> list[str]:
    return [option.name for option in OPTIONS.values() if option.section == name and option.name not in but]


def _is_of(*templates: Template) -> Callable[[Situation], bool]:
    return lambda now: now.template in templates


def _is_not_of(template: Template) -> Callable[[Situation], bool]:
    return lambda now: now.template is not template


def _is_swag(now: Situation) -> bool:
    """Whether files of choices are read by SWAG's columns, as far as they are no JSON."""
    return now.is_own and now.template is Template.CHOICES and not choice_columns(now.config)


IDLE: tuple[Idle, ...] = (
    Idle(
        ("new_head", "num_seeds", "overwrite_output_dir", "remat"),
        lambda now: not now.config.action.do_train,
        "it only matters with --do_train",
    ),
    Idle(("ensemble",), lambda now: now.config.train.num_seeds == 1, "it only matters with --num_seeds"),
    Idle(("glue_submission",), lambda now: not now.config.action.do_predict, "it only matters with --do_predict"),
    Idle(
        ("train_batch_size",), lambda now: bool(now.config.train.tokens_per_batch), "--tokens_per_batch bounds the step"
    ),
    # --- A task that is known by name ---
    Idle(_of_section("own_data", but=_OF_FOLDS), lambda now: not now.is_own, "the task {} has its own data"),
    Idle(_OF_FOLDS, lambda now: not now.is_own and not now.config.own_data.k_folds, "the task {} has its own data"),
    Idle(
        _OF_QUESTIONS,
        lambda now: not now.is_own and now.template is Template.CONTEXT,
        "the task {} has its own data",
    ),
    Idle(_OF_CHOICES, lambda now: not now.is_own and now.template is Template.CHOICES, "the task {} has its own data"),
    Idle(("data_dir", "tfds_data_dir"), lambda now: now.task.generate is not None, "the task {} makes its own data"),
    Idle(("language",), lambda now: now.task.name != "xnli", "it only matters to the task xnli"),
    # --- The user's own files ---
    Idle(("tfds_data_dir",), lambda now: now.is_own, "your own files are read"),
    Idle(("data_dir",), lambda now: now.is_own and not now.reads_folder, "your own files are read"),
    Idle(
        ("header", "delimiter"),
        lambda now: now.is_own and not now.reads_delimited,
        "it only matters to CSV and TSV files",
    ),
    Idle(("cache_dir",), lambda now: now.config.own_data.k_folds > 0, "each fold of --k_folds has other examples"),
    # --- What examples consist of ---
    Idle(("header", "delimiter", "label_separator"), _is_of(Template.WORDS), _WORDS),
    Idle(("id_column",), lambda now: now.template is Template.WORDS and not now.reads_objects, _WORDS),
    Idle(
        ("text_column", "text_pair_column", "label_separator"),
        _is_of(Template.CONTEXT, Template.CHOICES),
        _OTHER_COLUMNS,
    ),
    Idle(("label_column",), _is_of(Template.CONTEXT), _OTHER_COLUMNS),
    Idle(("verbose_logging",), _is_of(Template.CONTEXT), "--verbosity says how much is told"),
    Idle(
        _of_section("spans", but=("question_column",)), _is_not_of(Template.CONTEXT), "it only matters to bert-tf squad"
    ),
    Idle(("question_column",), _is_of(Template.TEXTS, Template.WORDS), "it only matters to bert-tf squad"),
    Idle(
        ("null_score_diff_threshold",),
        lambda now: not now.config.spans.version_2_with_negative,
        "it only matters with --version_2_with_negative",
    ),
    Idle(_of_section("tagging"), _is_not_of(Template.WORDS), "it only matters to bert-tf tagger"),
    Idle(_of_section("choices"), _is_not_of(Template.CHOICES), "it only matters to bert-tf choice"),
    Idle(("doc_stride",), _is_of(Template.CHOICES), "questions with choices are not read in windows"),
    Idle(
        ("doc_stride",),
        lambda now: now.template is Template.TEXTS and not now.config.data.long_text.startswith("window"),
        "it only matters with --long_text=window_mean or window_max",
    ),
    # --- Files that are as published ones ---
    Idle((*_OF_QUESTIONS, "id_column"), lambda now: now.are_all(Template.CONTEXT, is_as_squad), _OF_SQUAD),
    Idle(
        (*_OF_CHOICES, "label_column", "id_column"), lambda now: now.are_all(Template.CHOICES, is_of_stems), _OF_STEMS
    ),
    Idle(("question_column", "start_column", "header"), _is_swag, _OF_SWAG),
)


@dataclasses.dataclass(frozen=True)
class Use:
    """How a trained model is asked.

    Attributes:
        answers: All answers that it may give.
        is_pair: Whether an example has two texts.
        is_table: Whether any text comes from a table.
        is_delimited: Whether any comes from CSV or TSV.
        is_python: Whether it is asked from Python.
        is_published: Whether all texts come from files as those that are published.
    """

    answers: AnswerSpace
    is_pair: bool
    is_table: bool = True
    is_delimited: bool = False
    is_python: bool = False
    is_published: bool = False

    def reads(self, name: str) -> bool:
        """Whether a column has texts of its examples."""
        template = self.answers.template
        if template is Template.CHOICES:
            return name in ("question_column", "choice_columns", "start_column") and not self.is_python
        if template is Template.CONTEXT:
            return name in ("question_column", "context_column")
        return name == "text_column" or (name == "text_pair_column" and self.is_pair)


def reasons_in_use(use: Use) -> dict[str, str]:
    """Returns why flags on tables have no effect where a trained model is asked, by their names."""
    forms = ("file_format", "header", "delimiter")
    if use.is_python:
        reasons = dict.fromkeys(forms, "it only matters to files")
    elif not use.is_table:
        return dict.fromkeys((*TEXT_COLUMNS, *forms), "it only matters to files that are tables")
    else:
        reasons = {} if use.is_delimited else dict.fromkeys(forms[1:], "it only matters to CSV and TSV files")
    reasons |= {
        name: f"a model of {use.answers.kind} has no such column" for name in TEXT_COLUMNS if not use.reads(name)
    }
    if use.is_published:
        reasons |= dict.fromkeys(
            filter(use.reads, TEXT_COLUMNS), "files are as published ones, which have their own names"
        )
    return reasons


def reasons_of(rows: Sequence[Idle], now: Situation) -> dict[str, str]:
    """Returns why flags have no effect, by their names."""
    found: dict[str, str] = {}
    for row in rows:
        if row.holds(now):
            found = {**dict.fromkeys(row.names, row.reason.format(now.task.name)), **found}
    return found


def warn_of_use(typed: Typed, use: Use) -> None:
    """Says which typed flags on tables have no effect where a trained model is asked."""
    warn_without_meaning(typed.values, reasons_in_use(use))


def warn_of_answers(typed: Typed, answers: AnswerSpace) -> None:
    """Says which typed flags have no effect, as far as it takes the answers of the task to know."""
    warn_without_meaning(typed.values, answers.idle_options())


def warn_of_idle_flags(typed: Typed, now: Situation, cluster: Cluster | None) -> None:
    """Says which typed flags have no effect, as far as can be known before examples are read."""
    of_devices = {**reasons_of_tpu(now.config.device.use_tpu), **flags_without_cluster(cluster)}
    warn_without_meaning(typed.values, {**of_devices, **reasons_of(IDLE, now)})
