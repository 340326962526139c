"""What the doctor reads, and what it finds in the data, before TensorFlow is loaded."""

import dataclasses
import os
import re
from collections.abc import Mapping

from bert_tf.config.commands import DoctorConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.config.typed import Typed
from bert_tf.data.examples import Examples
from bert_tf.data.readers.opening import STANDARD_INPUT
from bert_tf.data.readers.own_files import find_format
from bert_tf.data.splits import DEV, TEST, TRAIN, Split
from bert_tf.doctor.answer_places import look_at_places
from bert_tf.doctor.data_findings import compare_splits, look_at_rows
from bert_tf.doctor.findings import Finding, Section, blocking, render
from bert_tf.doctor.label_findings import look_at_labels
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.pipes import is_pipe
from bert_tf.runs.examples import TaskExamples, name_own_task, read_examples
from bert_tf.runs.families import of_family
from bert_tf.runs.folder import weights_place
from bert_tf.runs.inputs import check_long_text
from bert_tf.tasks.answers.kinds import KINDS
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.own_data import layout_of
from bert_tf.tasks.own.own_questions import read_own_questions
from bert_tf.tasks.registry import get_task
from bert_tf.tasks.task import Task
from bert_tf.text.template import Template
from bert_tf.weights.places import check_place

_ENDING = re.compile(r"(\.\w+(?:\.gz)?)$", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class DoctorInputs:
    """Everything that the doctor looks at but the model and the machine.

    Attributes:
        typed: What the command line says.
        config: All options, with training.
        found: The task and its examples.
        sections: What was told of them.
        fixed_file: Path of the cleaned copy that is to be written; None for none.
        has_place: Whether the checkpoint to start from was found, if one was named.
    """

    typed: Typed
    config: RunConfig
    found: TaskExamples
    sections: tuple[Section, ...]
    fixed_file: str | None
    has_place: bool = True


def prepare_doctor(typed: Typed) -> DoctorInputs:
    """Reads and checks what the flags say, and tells at once what the examples alone show.

    Raises:
        InputError: If flags are wrong, or examples can't be had.
    """
    if typed.arguments:
        raise InputError("The doctor takes flags only", received=typed.arguments[0], fix="Write --name=value")
    typed = of_family(typed, None)
    config = name_own_task(replace(typed.config(), do_train=True))
    fixed_file = _fixed_file(config, typed.own(DoctorConfig))
    task = get_task(config.data.task_name)
    check_long_text(config, task)
    missing = _look_for_checkpoint(config)
    for section in missing:
        print(render(section), flush=True)
    found = read_examples(config, _splits(config, task))
    sections = _look(found, config)
    for section in sections:
        print(render(section), flush=True)
    return DoctorInputs(typed, config, found, (*missing, *sections), fixed_file, has_place=not missing)


def _look_for_checkpoint(config: RunConfig) -> tuple[Section, ...]:
    """What keeps the weights from being found, which is told first; nothing if they are there."""
    findings: list[Finding] = []
    with blocking(findings):
        check_place(weights_place(config))
    return (Section("checkpoint", findings=findings),) if findings else ()


def _splits(config: RunConfig, task: Task) -> list[Split]:
    """The training set, the dev set if there is one, and what is to be predicted if that can be read twice."""
    own = config.own_data
    if task is CUSTOM:
        wanted: Mapping[Split, bool] = {
            DEV: bool(own.eval_file or own.eval_split) and not own.k_folds,
            TEST: own.predict_file not in (None, STANDARD_INPUT) and not own.k_folds,
        }
    else:
        wanted = {split: not split.is_test or config.action.do_predict for split in task.splits if split != TRAIN}
    return [TRAIN, *(split for split, is_wanted in wanted.items() if is_wanted)]


def _look(found: TaskExamples, config: RunConfig) -> tuple[Section, ...]:
    oddities = compare_splits(found.task, found.splits)
    is_own, folds = config.own_data.train_file is not None, config.own_data.k_folds
    can_fix = is_own and found.task.answers.template is Template.TEXTS
    rows = look_at_rows(found.task, found.splits, oddities, can_fix=can_fix, needs_dev=not folds)
    labels = look_at_labels(found.task, found.splits, config.train)
    if found.task.answers.template is Template.CONTEXT:
        places = look_at_places(_with_all_questions(found, config), found.task.answers)
        labels = dataclasses.replace(labels, findings=[*labels.findings, *places])
    return rows, labels


def _with_all_questions(found: TaskExamples, config: RunConfig) -> dict[Split, Examples]:
    """The examples, also those that the training set is left without, as nothing can be learnt from them."""
    path = config.own_data.train_file
    if path is None or path == STANDARD_INPUT or is_pipe(path):
        return found.splits
    others = {split: examples for split, examples in found.splits.items() if split != DEV or config.own_data.eval_file}
    return {**others, TRAIN: read_own_questions(path, config, TRAIN)}


def _fixed_file(config: RunConfig, settings: DoctorConfig) -> str | None:
    """The path of the cleaned copy, at which nothing must be."""
    path = config.own_data.train_file
    if not settings.fix:
        if settings.fixed_file is not None:
            raise InputError("--fixed_file names what --fix writes", received=settings.fixed_file, fix="Add --fix")
        return None
    if path is None or path == STANDARD_INPUT or is_pipe(path):
        raise InputError("--fix copies a training file of your own", received=path, fix="Set --train_file to its path")
    if KINDS[config.own_data.kind].template is not Template.TEXTS:
        fix = "Leave it out, and correct the file"
        raise InputError("--fix copies files of texts with labels", received=f"--kind={config.own_data.kind}", fix=fix)
    target = settings.fixed_file or _ENDING.sub(r".fixed\1", path)
    if settings.fixed_file is None and target == path:
        raise InputError("--fix must know what to call the copy", received=path, fix="Set --fixed_file")
    chosen = layout_of(config).file_format
    if find_format(target, chosen) is not find_format(path, chosen) or _is_packed(target) != _is_packed(path):
        raise InputError("The cleaned copy has the format of the file", received=target, fix="Give it the same ending")
    if files.exists(target):
        raise InputError("A cleaned copy must not replace a file", received=target, fix="Choose another --fixed_file")
    files.check_writable(os.path.dirname(target) or ".", "fixed_file")
    return target


def _is_packed(path: str) -> bool:
    return path.lower().endswith(".gz")
