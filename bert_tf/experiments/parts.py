"""A run of several runs: each part trains and is evaluated in a folder of its own, in the folder of the whole.

A part is a run like any other. One that was finished, or killed, continues from its folder.
"""

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence

from bert_tf.config.paths import with_absolute_paths
from bert_tf.config.run import CONFIG_FILE, differing_options, replace, to_json
from bert_tf.data.examples import Examples
from bert_tf.data.splits import Split
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import EVAL_RESULTS
from bert_tf.host import files
from bert_tf.runs.folder import check_strange_folder, clear, saved_config, with_case_of
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.tasks.own.stored import read_task
from bert_tf.training.checkpoints import RunCheckpoints

_NOT_SCORES = ("global_step", "loss")


def begin_together(whole: ClassifierInputs, parts: Sequence[ClassifierInputs]) -> list[ClassifierInputs]:
    """Makes the folder that of this run of several; what it continues stays.

    If it starts anew, that waits until the first part has checked its input and begins: bad input loses nothing. Then
    what an earlier run left is removed from all folders, so that after a kill none of the old parts is taken for a new
    one.

    Returns:
        The parts as they are to be run.
    """
    if any(each.earlier is not None for each in (whole, *parts)):
        keep_config(whole)
        return list(parts)
    return [dataclasses.replace(parts[0], begin=functools.partial(_begin_anew, whole, parts)), *parts[1:]]


def _begin_anew(whole: ClassifierInputs, parts: Sequence[ClassifierInputs]) -> None:
    for each in (*parts, whole):
        RunCheckpoints(each.output_dir, 1).remove_all()
        clear(each.output_dir)
    keep_config(whole)


def keep_config(whole: ClassifierInputs) -> None:
    """Writes the options of the whole into its folder."""
    files.make_folder(whole.output_dir)
    text = to_json(replace(with_absolute_paths(whole.config), overwrite_output_dir=False))
    files.write_text(os.path.join(whole.output_dir, CONFIG_FILE), text)


def part_of(
    whole: ClassifierInputs, name: str, splits: Mapping[Split, Examples], **options: object
) -> ClassifierInputs:
    """Returns one of the runs.

    Args:
        whole: What the options say.
        name: Name of its folder.
        splits: The examples that it needs.
        options: The options in which it differs.

    Raises:
        InputError: If its folder holds a run with other options, or what no run made.
    """
    folder = os.path.join(whole.output_dir, name)
    config = replace(whole.config, output_dir=folder, **options)
    anew = config.action.do_train and config.action.overwrite_output_dir
    earlier = saved_config(folder)
    if earlier is None and config.action.do_train:
        check_strange_folder(folder)
    if anew:
        earlier = None
    config = with_case_of(config, earlier)
    if earlier is not None and config.device.precision == "auto":  # What the part began with.
        config = replace(config, precision=earlier.device.precision)
    differing = {}
    if earlier is not None and config.action.do_train:
        differing = differing_options(with_absolute_paths(earlier), with_absolute_paths(config))
    if differing:
        shown = ", ".join(f"{name} was {old!r} and is {new!r}" for name, (old, new) in differing.items())
        raise InputError(
            f"{folder} belongs to a run with other options",
            received=shown,
            fix="Choose another --output_dir, or start anew in this one with --overwrite_output_dir",
        )
    stored = None if anew else read_task(folder)
    task = whole.task.answering(whole.task.answers.fitted_like(stored.answers if stored else None))
    return dataclasses.replace(whole, config=config, task=task, output_dir=folder, splits=dict(splits), earlier=earlier)


def read_scores(folder: str) -> dict[str, float]:
    """Returns the scores of a part on its dev set, as they stand in `eval_results.txt`."""
    text = files.read_text(os.path.join(folder, EVAL_RESULTS), "the scores of a run", "Run it again")
    pairs = [line.split(" = ") for line in text.splitlines()]
    return {name: float(value) for name, value in pairs if name not in _NOT_SCORES}
