"""What a trained model is asked for: scores of the dev sets, predictions of the test sets, an exported model."""

import contextlib
import dataclasses
import os
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from bert_tf.data.examples import Examples
from bert_tf.data.splits import Split
from bert_tf.data.table import TokenTable
from bert_tf.evaluation import result_files, submissions
from bert_tf.evaluation.evaluate import Evaluator, Outputs, evaluate, is_constant
from bert_tf.evaluation.predict import Predictor
from bert_tf.export.saved_model import export_saved_model
from bert_tf.host import console
from bert_tf.host.console import say
from bert_tf.host.progress import telling
from bert_tf.host.workers import count_workers
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.runs.reporting import report_on
from bert_tf.runs.session import Session
from bert_tf.tasks.objectives.label_set import with_best_thresholds
from bert_tf.tasks.own.stored import write_task
from bert_tf.tasks.task import Kind
from bert_tf.tasks.task_model import build_model, load_trained
from bert_tf.training.journal import Event
from bert_tf.weights.checkpoint import Checkpoint


def dev_scores(session: Session, outputs: Outputs, table: TokenTable) -> dict[str, float]:
    """Scores what the model says, and warns if it says always the same."""
    if session.task.kind is Kind.CLASSIFICATION and is_constant(outputs, table):
        text = "the model gives every example of the dev set the same label; more steps, a lower or higher "
        text += "--learning_rate, another --seed or a larger model may help"
        console.warn(f"warning: {text}")
        session.journal.note(Event.WARN, kind="constant_prediction", text=text)
    return evaluate(outputs, table, session.task, session.objective)


def evaluate_dev_sets(
    session: Session,
    evaluator: Evaluator,
    splits: Mapping[Split, Examples],
    tables: Mapping[Split, TokenTable],
    step: int,
) -> Session:
    """Scores the dev sets and reports on them.

    Args:
        session: The model and all that is about it.
        evaluator: Runs the model over the dev set.
        splits: The examples of each split.
        tables: Their tokens.
        step: Updates that the weights had.

    Returns:
        The session with the thresholds that were found, if it trained and needs any.
    """
    outputs = _outputs(session, evaluator, Split.DEV)
    if session.task.kind is Kind.MULTI_LABEL and session.config.action.do_train:
        session = _with_thresholds(session, outputs, tables[Split.DEV])
    scores = dev_scores(session, outputs, tables[Split.DEV])
    lines = [f"{session.task.name} dev: {result_files.format_scores(scores)}"]
    if Split.DEV_MISMATCHED in tables:
        other = tables[Split.DEV_MISMATCHED]
        other_outputs = _outputs(session, session.evaluator(other), Split.DEV_MISMATCHED)
        mismatched = evaluate(other_outputs, other, session.task, session.objective)
        _write_dev_answers(session, other_outputs, Split.DEV_MISMATCHED)
        lines.append(f"{session.task.name} dev mismatched: {result_files.format_scores(mismatched)}")
        scores |= {f"mismatched_{name}": value for name, value in mismatched.items()}
    answers = _write_dev_answers(session, outputs, Split.DEV)
    if not session.writes:
        return session
    result_files.write_eval_results(session.output_dir, scores, step)
    session.journal.note(Event.EVALUATE, step=step, scores=scores)
    print("\n".join(lines))
    say(f"wrote {os.path.join(session.output_dir, result_files.EVAL_RESULTS)}")
    if session.config.evaluation.report:
        report_on(session.described(step), splits, tables, answers, scores)
    return session


def _outputs(session: Session, evaluator: Evaluator, split: Split) -> Outputs:
    """What the model says of a split, with a bar while it does."""
    with telling(
        f"{'predicting' if split.is_test else 'evaluating'} {split.value}", "batches", is_shown=session.writes
    ) as report:
        return evaluator.run(report)


def _with_thresholds(session: Session, outputs: Outputs, table: TokenTable) -> Session:
    task = with_best_thresholds(session.task, outputs.logits, table.example_targets)
    if session.writes:
        write_task(session.output_dir, task)
    shown = ", ".join(f"{label} {value:g}" for label, value in zip(task.labels, task.thresholds, strict=True))
    say(f"thresholds with the best F1 on dev, so that its scores flatter: {shown}")
    return dataclasses.replace(session, task=task)


def _write_dev_answers(session: Session, outputs: Outputs, split: Split) -> np.ndarray:
    answers = _answers(session, outputs)
    if session.writes:
        result_files.write_test_results(session.output_dir, answers, split.suffix, result_files.DEV_RESULTS)
    return answers


def _answers(session: Session, outputs: Outputs) -> np.ndarray:
    answers: np.ndarray = session.objective.answers(tf.constant(outputs.logits), session.task).numpy()
    return answers


def predict_test_sets(session: Session, inputs: ClassifierInputs, tables: Mapping[Split, TokenTable]) -> None:
    """Predicts the test sets; one that has labels is also scored."""
    batch_size = session.config.evaluation.predict_batch_size
    for split in (split for split in tables if split.is_test):
        outputs = _outputs(session, session.evaluator(tables[split], batch_size), split)
        if session.writes:
            _write_predictions(session, split, inputs.splits[split], outputs)
            if inputs.splits[split].labels is not None:
                scores = evaluate(outputs, tables[split], session.task, session.objective)
                print(f"{session.task.name} {split.value}: {result_files.format_scores(scores)}")


def _write_predictions(session: Session, split: Split, examples: Examples, outputs: Outputs) -> None:
    task, folder, suffix = session.task, session.output_dir, split.suffix
    answers = _answers(session, outputs)
    result_files.write_test_results(folder, answers, suffix)
    result_files.write_predictions(folder, examples, answers, task, suffix)
    result_files.write_labels(folder, task.labels)
    names = [result_files.with_suffix(name, suffix) for name in (result_files.TEST_RESULTS, result_files.PREDICTIONS)]
    say(f"predicted {len(answers):,} examples: {', '.join((*names, result_files.LABELS))} in {folder}")
    if session.config.evaluation.glue_submission:
        say(f"wrote {submissions.write_submission(folder, task.submissions[split], answers, task)}")


def export(session: Session, checkpoint: Checkpoint) -> None:
    """Exports a float32 model: where it will be served, narrow numbers may be slow or not to be had."""
    model = session.model
    if model.encoder.compute_dtype != "float32" or count_workers(session.strategy) > 1:
        # Several workers would have to create variables together, and it is the chief alone that exports.
        scope = session.strategy.scope() if count_workers(session.strategy) == 1 else contextlib.nullcontext()
        with scope:
            model = build_model(session.task, session.assets.encoder_config, "float32")
        load_trained(model, checkpoint)
    predictor = Predictor(model, session.objective, session.text_step, session.task)
    with telling("export", is_shown=session.writes) as report:
        version = export_saved_model(predictor, os.path.join(session.output_dir, "export"), report)
    say(f"exported {version}")
