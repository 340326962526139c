"""`--ensemble`: the mean of the answers of several runs, in a folder of its own with the files of a run."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from bert_tf.data.splits import Split
from bert_tf.evaluation import result_files, submissions
from bert_tf.evaluation.answers import score_answers
from bert_tf.experiments.divergence import mean_answers
from bert_tf.host import console, files
from bert_tf.host.console import say
from bert_tf.metrics.label_sets import best_thresholds
from bert_tf.runs.folder import ENSEMBLE
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.own.stored import read_task, write_task
from bert_tf.tasks.targets import targets
from bert_tf.tasks.task import Kind, Task


def write_ensemble(inputs: ClassifierInputs, members: Sequence[str]) -> None:
    """Scores the mean of the answers on the dev sets, and predicts the test sets with it, as the options say.

    Args:
        inputs: What the options say.
        members: Names of the folders of the runs, which hold their answers.
    """
    if len(members) < 2:
        console.warn(f"warning: there is no ensemble of {len(members)}: all other seeds diverged")
        return
    folder, action = os.path.join(inputs.output_dir, ENSEMBLE), inputs.config.action
    files.make_folder(folder)
    task = _task_of_ensemble(inputs, folder, members)
    if action.do_train or action.do_eval:
        _score(inputs, folder, members, task)
    if action.do_predict:
        for split in inputs.splits:
            if split.is_test:
                _predict(inputs, folder, members, task, split)
    result_files.write_labels(folder, task.labels)


def _task_of_ensemble(inputs: ClassifierInputs, folder: str, members: Sequence[str]) -> Task:
    """The task; if an example may have several labels, with thresholds for the mean of the probabilities."""
    task = inputs.task
    if inputs.config.action.do_train and task.kind is Kind.MULTI_LABEL:
        is_true = targets(inputs.splits[Split.DEV], task) > 0.5
        task = dataclasses.replace(task, thresholds=best_thresholds(is_true, _mean(inputs, members, Split.DEV)))
    elif (stored := read_task(folder)) is not None:
        task = dataclasses.replace(task, thresholds=stored.thresholds)
    if task.name == CUSTOM.name:
        write_task(folder, task)
    return task


def _score(inputs: ClassifierInputs, folder: str, members: Sequence[str], task: Task) -> None:
    scores: dict[str, float] = {}
    for split, prefix in ((Split.DEV, ""), (Split.DEV_MISMATCHED, "mismatched_")):
        if split not in inputs.splits:
            continue
        answers = _mean(inputs, members, split)
        found = score_answers(answers, targets(inputs.splits[split], task), task)
        scores |= {prefix + name: value for name, value in found.items()}
        result_files.write_test_results(folder, answers, split.suffix, result_files.DEV_RESULTS)
    result_files.write_scores(folder, scores)
    console.show(f"{task.name} dev, ensemble of {len(members)} seeds: {result_files.format_scores(scores)}")
    say(f"wrote {os.path.join(folder, result_files.EVAL_RESULTS)}")


def _predict(inputs: ClassifierInputs, folder: str, members: Sequence[str], task: Task, split: Split) -> None:
    examples, answers = inputs.splits[split], _mean(inputs, members, split)
    result_files.write_test_results(folder, answers, split.suffix)
    result_files.write_predictions(folder, examples, answers, task, split.suffix)
    say(f"predicted {len(answers):,} examples by {len(members)} seeds together, in {folder}")
    if examples.labels is not None:
        scores = score_answers(answers, targets(examples, task), task)
        console.show(f"{task.name} {split.value}, ensemble: {result_files.format_scores(scores)}")
    if inputs.config.evaluation.glue_submission:
        say(f"wrote {submissions.write_submission(folder, task.submissions[split], answers, task)}")


def _mean(inputs: ClassifierInputs, members: Sequence[str], split: Split) -> np.ndarray:
    name = result_files.with_suffix(
        result_files.TEST_RESULTS if split.is_test else result_files.DEV_RESULTS, split.suffix
    )
    count = len(inputs.splits[split])
    return mean_answers(
        [result_files.read_results(os.path.join(inputs.output_dir, member), name, count) for member in members]
    )
