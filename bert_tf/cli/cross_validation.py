"""`--k_folds`: one run a part of the training file, each of which is evaluated on the part that it has not seen."""

import dataclasses
import math
import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bert_tf import files
from bert_tf.cli.inputs import ClassifierInputs, saved_config
from bert_tf.config import CONFIG_FILE, replace, to_json
from bert_tf.config_paths import with_absolute_paths
from bert_tf.console import say
from bert_tf.data.layouts import Split
from bert_tf.data.splitting import fold_of_each
from bert_tf.evaluation.results import EVAL_RESULTS
from bert_tf.tasks.task import Kind

RESULTS = "cross_validation.txt"
_NOT_SCORES = ("global_step", "loss")


def cross_validate(inputs: ClassifierInputs, run: Callable[[ClassifierInputs], int]) -> int:
    """Trains and evaluates on every fold, each in a folder of its own, and writes mean and deviation of the scores.

    A fold that was finished, or killed, goes on from its folder like any run.

    Args:
        inputs: What the options say; its training set is the whole.
        run: Does one run.
    """
    folder, count = inputs.output_dir, inputs.config.own_data.k_folds
    _keep_config(inputs)
    scores = []
    for fold in range(count):
        part = _inputs_of_fold(inputs, fold)
        say(f"fold {fold + 1} of {count}: {part.output_dir}")
        status = run(part)
        if status:
            return status
        scores.append(_read_scores(part.output_dir))
    text = summarise(scores)
    files.write_text(os.path.join(folder, RESULTS), text)
    print(text, end="")
    return 0


def summarise(scores: Sequence[Mapping[str, float]]) -> str:
    """Returns one line a score: its mean, its deviation (of a sample, with N - 1), and the score of each fold."""
    lines = []
    for name in sorted(scores[0]):
        values = np.array([fold[name] for fold in scores], np.float64)
        deviation = float(values.std(ddof=1)) if len(values) > 1 else math.nan
        each = " ".join(f"{value:.6g}" for value in values)
        lines.append(f"{name} = {values.mean():.6g} +- {deviation:.3g} ({each})\n")
    return "".join(lines)


def _inputs_of_fold(inputs: ClassifierInputs, fold: int) -> ClassifierInputs:
    whole, config = inputs.splits[Split.TRAIN], inputs.config
    has_groups = inputs.task.kind in (Kind.CLASSIFICATION, Kind.ORDINAL)
    groups = whole.labels if has_groups else None
    folds = fold_of_each(len(whole), config.own_data.k_folds, config.train.seed, groups)
    folder = os.path.join(inputs.output_dir, f"fold-{fold + 1}")
    anew = config.action.overwrite_output_dir
    splits = {
        Split.TRAIN: whole.rows(np.flatnonzero(folds != fold).tolist()),
        Split.DEV: whole.rows(np.flatnonzero(folds == fold).tolist()),
    }
    return dataclasses.replace(
        inputs,
        config=replace(config, output_dir=folder, k_folds=0, do_eval=True, cache_dir=None),
        output_dir=folder,
        splits=splits,
        earlier=None if anew else saved_config(folder),
    )


def _keep_config(inputs: ClassifierInputs) -> None:
    path = os.path.join(inputs.output_dir, CONFIG_FILE)
    if inputs.config.action.overwrite_output_dir or not files.exists(path):
        files.make_folder(inputs.output_dir)
        kept = replace(with_absolute_paths(inputs.config), overwrite_output_dir=False)
        files.write_text(path, to_json(kept))


def _read_scores(folder: str) -> dict[str, float]:
    text = files.read_text(os.path.join(folder, EVAL_RESULTS), "the scores of a fold", "Run it again")
    pairs = [line.split(" = ") for line in text.splitlines()]
    return {name: float(value) for name, value in pairs if name not in _NOT_SCORES}
