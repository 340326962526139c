"""`--k_folds`: one run a part of the training file, each of which is evaluated on the part that it has not seen."""

import os
from collections.abc import Callable

import numpy as np

from bert_tf.data.splits import DEV, TRAIN
from bert_tf.data.splitting import fold_of_each
from bert_tf.errors import InputError
from bert_tf.experiments.parts import begin_together, part_of, read_scores
from bert_tf.experiments.spread import summarise
from bert_tf.host import console, files
from bert_tf.host.console import say
from bert_tf.runs.folder import CROSS_VALIDATION
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.tasks.own.own_data import split_seed
from bert_tf.weights.selection import holds_run


def cross_validate(inputs: ClassifierInputs, run: Callable[[ClassifierInputs], int]) -> int:
    """Trains and evaluates on every fold, each in a folder of its own, and writes mean and deviation of the scores.

    Args:
        inputs: What the options say; its training set is the whole.
        run: Does one run.

    Raises:
        InputError: If the folder is that of a run, or one of a fold holds what no run made.
    """
    if holds_run(inputs.output_dir) and not inputs.config.action.overwrite_output_dir:
        fix = "Choose another --output_dir"
        raise InputError("--k_folds needs a folder that has no run of its own", received=inputs.output_dir, fix=fix)
    count = inputs.config.own_data.k_folds
    parts = [_inputs_of_fold(inputs, fold) for fold in range(count)]
    scores = []
    for number, part in enumerate(begin_together(inputs, parts), start=1):
        say(f"fold {number} of {count}: {part.output_dir}")
        run(part)
        scores.append(read_scores(part.output_dir))
    text = summarise(scores)
    files.write_text(os.path.join(inputs.output_dir, CROSS_VALIDATION), text)
    console.show(text.rstrip("\n"))
    return 0


def _inputs_of_fold(inputs: ClassifierInputs, fold: int) -> ClassifierInputs:
    whole, config = inputs.splits[TRAIN], inputs.config
    strata = inputs.task.answers.strata(whole)
    folds = fold_of_each(whole, config.own_data.k_folds, split_seed(config), strata)
    splits = {
        TRAIN: inputs.task.answers.learnable(whole.rows(np.flatnonzero(folds != fold).tolist())),
        DEV: whole.rows(np.flatnonzero(folds == fold).tolist()),
    }
    return part_of(inputs, f"fold-{fold + 1}", splits, k_folds=0, do_eval=True, cache_dir=None)
