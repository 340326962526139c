"""`--num_seeds`: the same training with several seeds, of which the best becomes the result of the folder."""

import dataclasses
import os
from collections.abc import Callable, Sequence

from bert_tf.config.run import replace
from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, Role, Split
from bert_tf.errors import InputError, TrainingError
from bert_tf.evaluation import result_files
from bert_tf.evaluation.divergence import find_divergence
from bert_tf.experiments.ensemble import write_ensemble
from bert_tf.experiments.parts import begin_together, keep_config, part_of, read_scores
from bert_tf.experiments.seed_runs import SeedRun, choose_best, describe_runs, read_runs, write_runs
from bert_tf.host import console, files
from bert_tf.host.console import say
from bert_tf.host.json_objects import parse_json_object
from bert_tf.runs.folder import BEST_SEED, RESULTS, SEEDS, saved_config, with_case_of
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.own.own_data import split_seed
from bert_tf.tasks.own.stored import read_task
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.watch.inquest import NotFiniteError
from bert_tf.weights.google import list_tensors
from bert_tf.weights.places import find_prefix
from bert_tf.weights.side_files import forget_side_files

Run = Callable[[ClassifierInputs], int]


def run_seeds(inputs: ClassifierInputs, run: Run) -> int:
    """Trains with every seed and keeps the best; then, or if that was done before, acts on the best.

    Args:
        inputs: What the options say.
        run: Does one run.
    """
    action = inputs.config.action
    parts = [_inputs_of_seed(inputs, seed) for seed in _seeds(inputs)]
    if action.do_train:
        _train(inputs, parts, run)
    members = _members(inputs.output_dir)
    asks_all = inputs.config.train.ensemble and (action.do_train or action.do_eval or action.do_predict)
    if asks_all and not action.do_train:
        for part in parts:
            if os.path.basename(part.output_dir) in members:
                run(part)
    if action.do_predict or action.do_export or not action.do_train:
        run(_inputs_of_best(inputs))
    if asks_all:
        write_ensemble(inputs, members)
    return 0


def _seeds(inputs: ClassifierInputs) -> list[int]:
    """The seeds that are to be trained, or those that were."""
    train = inputs.config.train
    if inputs.config.action.do_train:
        return list(range(train.seed, train.seed + train.num_seeds))
    return [each.seed for each in _read_runs(inputs.output_dir)]


def _inputs_of_seed(inputs: ClassifierInputs, seed: int) -> ClassifierInputs:
    config = inputs.config
    evaluates = config.action.do_train or config.action.do_eval
    predicts = config.action.do_predict and config.train.ensemble
    return part_of(
        inputs,
        f"seed-{seed}",
        _chosen(inputs, config.action.do_train, evaluates, predicts),
        seed=seed,
        num_seeds=1,
        ensemble=False,
        do_eval=evaluates,
        do_predict=predicts,
        do_export=False,
        glue_submission=False,
        # The dev set is cut off once, for all seeds and for whoever evaluates one of them later.
        split_seed=split_seed(config) if config.own_data.eval_split else config.own_data.split_seed,
    )


def _inputs_of_best(inputs: ClassifierInputs) -> ClassifierInputs:
    """What is done with the best run, whose model is in the folder of the whole by now."""
    folder, action = inputs.output_dir, inputs.config.action
    evaluates = action.do_eval and not action.do_train  # After training its results were kept.
    config = replace(inputs.config, do_train=False, do_eval=evaluates, overwrite_output_dir=False)
    splits = _chosen(inputs, False, evaluates, action.do_predict)
    task = read_task(folder) or inputs.task
    return dataclasses.replace(inputs, config=config, task=task, earlier=saved_config(folder), splits=splits)


def _chosen(inputs: ClassifierInputs, trains: bool, evaluates: bool, predicts: bool) -> dict[Split, Examples]:
    """The splits that a run needs."""
    needed = {Role.TRAIN: trains, Role.DEV: evaluates, Role.TEST: predicts}
    return {split: examples for split, examples in inputs.splits.items() if needed[split.role]}


def _train(inputs: ClassifierInputs, parts: Sequence[ClassifierInputs], run: Run) -> None:
    """Trains and evaluates every part, and keeps the best."""
    metric = f"eval_{inputs.task.metric}"
    runs = []
    for number, part in enumerate(begin_together(inputs, parts), start=1):
        say(f"seed {part.config.train.seed} ({number} of {len(parts)}): {part.output_dir}")
        runs.append(_trained(part, run))
    best = choose_best(runs, metric)
    if best is None:
        raise TrainingError(
            "A seed must end with a score",
            received="; ".join(f"{each.seed}: {each.divergence or 'no score'}" for each in runs),
            fix="Lower --learning_rate, or choose --precision=float32",
        )
    _keep(inputs, runs, best, metric)


def _trained(part: ClassifierInputs, run: Run) -> SeedRun:
    """Trains and evaluates, and says what came of it."""
    seed, name = part.config.train.seed, os.path.basename(part.output_dir)
    try:
        run(part)
    except NotFiniteError as error:  # Which examples were at fault is told on the terminal.
        console.warn(f"warning: {error}")
        return SeedRun(seed, name, {}, f"the loss is not a finite number after step {error.step}")
    dev, scores = part.splits[DEV], read_scores(part.output_dir)
    task = read_task(part.output_dir) or part.task  # With the thresholds that were found.
    read = result_files.read_results(part.output_dir, result_files.DEV_RESULTS, dev.answer_count, task)
    outputs = objective_for(task.answers).decided({**read, **result_files.splits_of(dev)})
    answers = task.answers
    divergence = find_divergence(scores["eval_loss"], outputs, answers.place(dev), answers)
    return SeedRun(seed, name, scores, divergence)


def _keep(inputs: ClassifierInputs, runs: Sequence[SeedRun], best: SeedRun, metric: str) -> None:
    """Makes the best run the result, and writes what all of them tell."""
    folder = inputs.output_dir
    source = os.path.join(folder, best.folder)
    forget_side_files(folder)  # Until those of the best are there, with its model.
    for name in RESULTS:
        _copy(source, folder, name)
    keep_config(dataclasses.replace(inputs, config=with_case_of(inputs.config, saved_config(source))))
    checkpoint = list_tensors(find_prefix(source))
    adopted = checkpoint.read_all(checkpoint.weights)
    RunCheckpoints(folder, inputs.config.train.keep_checkpoints).adopt(checkpoint.global_step, adopted)
    text = describe_runs(runs, best, metric)
    files.write_text(os.path.join(folder, SEEDS), text)
    files.write_text(os.path.join(folder, BEST_SEED), write_runs(runs, best, metric))
    console.show(text.rstrip("\n"))
    for each in runs:
        if each.divergence:
            console.warn(f"warning: seed {each.seed} diverged: {each.divergence}")
    if best.divergence:
        console.warn("warning: every seed diverged; the best of them is kept all the same")
    say(f"the model of seed {best.seed} and its results are now those of {folder}; the others stay in seed-*")


def _copy(source: str, folder: str, name: str) -> None:
    """Copies a file or a folder of files; what the run does not have is removed, since it would be that of another."""
    path, target = os.path.join(source, name), os.path.join(folder, name)
    if files.is_folder(path):
        files.remove(target)
        files.make_folder(target)
        for inner in files.list_folder(path):
            _copy(path, target, inner)
    elif files.exists(path):
        files.write_bytes(target, files.read_bytes(path, "a result of the best seed", "Run it again"))
    else:
        files.remove(target)


def _read_runs(folder: str) -> list[SeedRun]:
    path = os.path.join(folder, BEST_SEED)
    fix = "Type the command of the training again"
    if not files.exists(path):
        raise InputError("All seeds must be trained before the best one is used", received=folder, fix=fix)
    tree = parse_json_object(files.read_text(path, "the list of the seeds", fix), path)
    try:
        return read_runs(tree)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} must be as bert_tf wrote it", received=repr(error), fix=fix) from error


def _members(folder: str) -> list[str]:
    """The folders of the runs that did not diverge."""
    return [each.folder for each in _read_runs(folder) if not each.divergence]
