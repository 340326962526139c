"""`--ensemble`: the mean of the answers of several runs, in a folder of its own with the files of a run."""

import os
from collections.abc import Sequence

from bert_tf.data.splits import DEV, Split
from bert_tf.evaluation import result_files, submissions
from bert_tf.experiments.seed_runs import mean_columns
from bert_tf.host import console, files
from bert_tf.host.console import counted, say
from bert_tf.runs.folder import ENSEMBLE
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.tasks.answers.space import Outputs
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.own.stored import read_task, write_task
from bert_tf.tasks.task import Task


def write_ensemble(inputs: ClassifierInputs, members: Sequence[str]) -> None:
    """Scores the mean of the answers on the dev sets, and predicts the test sets with it, as the options say.

    Args:
        inputs: What the options say.
        members: Names of the folders of the runs, which hold their answers.
    """
    if len(members) < 2:
        count = "every seed" if not members else "every seed but one"
        console.warn(f"warning: there is no ensemble, for which it takes two: {count} diverged")
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
    """The task, with what is fitted to the mean of the answers on the dev set."""
    task = inputs.task
    if inputs.config.action.do_train:
        outputs = _mean(inputs, members, task, DEV)
        task = task.answering(task.answers.fitted(outputs, task.answers.place(inputs.splits[DEV])))
    elif (stored := read_task(folder)) is not None:
        task = task.answering(task.answers.fitted_like(stored.answers))
    if task.name == CUSTOM.name:
        write_task(folder, task)
    return task


def _score(inputs: ClassifierInputs, folder: str, members: Sequence[str], task: Task) -> None:
    scores: dict[str, float] = {}
    for split in (split for split in inputs.splits if split.is_dev):
        outputs = _mean(inputs, members, task, split)
        found = task.score(outputs, task.answers.place(inputs.splits[split]))
        scores |= {split.prefix + name: value for name, value in found.items()}
        result_files.write_results(folder, _results_name(split), outputs, task)
    result_files.write_scores(folder, scores)
    console.show(f"{task.name} dev, ensemble of {len(members)} seeds: {result_files.format_scores(scores)}")
    say(f"wrote {os.path.join(folder, result_files.EVAL_RESULTS)}")


def _predict(inputs: ClassifierInputs, folder: str, members: Sequence[str], task: Task, split: Split) -> None:
    examples, outputs = inputs.splits[split], _mean(inputs, members, task, split)
    result_files.write_results(folder, _results_name(split), outputs, task)
    name = result_files.with_suffix(result_files.PREDICTIONS, split.suffix)
    result_files.write_predictions(folder, name, examples, outputs, task)
    say(f"predicted {counted(len(examples), 'example')} by {len(members)} seeds together, in {folder}")
    if examples.labels is not None:
        scores = task.score(outputs, task.answers.place(examples))
        console.show(f"{task.name} {split}, ensemble: {result_files.format_scores(scores)}")
    if inputs.config.evaluation.glue_submission:
        say(f"wrote {submissions.write_submission(folder, task.submissions[split], outputs, task)}")


def _results_name(split: Split) -> str:
    base = result_files.TEST_RESULTS if split.is_test else result_files.DEV_RESULTS
    return result_files.with_suffix(base, split.suffix)


def _mean(inputs: ClassifierInputs, members: Sequence[str], task: Task, split: Split) -> Outputs:
    """The mean of the answers of the members, decided on by the rule of serving."""
    examples = inputs.splits[split]
    several = [
        result_files.read_results(
            os.path.join(inputs.output_dir, member), _results_name(split), examples.answer_count, task
        )
        for member in members
    ]
    return objective_for(task.answers).decided({**mean_columns(several), **result_files.splits_of(examples)})
