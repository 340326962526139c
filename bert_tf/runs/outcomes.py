"""What a trained model is asked for: scores of the dev sets, predictions of the test sets, an exported model."""

import contextlib
import dataclasses
import math
import os
from collections.abc import Mapping

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.splits import DEV, Split
from bert_tf.data.table import TokenTable
from bert_tf.evaluation import result_files, submissions
from bert_tf.evaluation.divergence import find_divergence
from bert_tf.evaluation.evaluate import Evaluator, evaluate, is_constant
from bert_tf.evaluation.predict import make_predictor
from bert_tf.export.saved_model import export_saved_model
from bert_tf.host import console, files
from bert_tf.host.console import counted, say
from bert_tf.host.progress import telling
from bert_tf.host.workers import count_workers
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.runs.reporting import report_on
from bert_tf.runs.result_data import EVALUATED, PREDICTED, ResultData, note_result_data, result_folder, test_scores_name
from bert_tf.runs.session import Session
from bert_tf.tasks.objectives.objective import Outputs
from bert_tf.tasks.own.stored import write_task
from bert_tf.tasks.task_model import build_model, load_trained
from bert_tf.training.journal import Event
from bert_tf.weights.checkpoint import Checkpoint


def dev_scores(session: Session, outputs: Outputs, table: TokenTable) -> dict[str, float]:
    """Scores what the model says, and warns if it says always the same."""
    if is_constant(outputs, table, session.task):
        text = "the model gives every example of the dev set the same answer; more steps, a lower or higher "
        text += "--learning_rate, another --seed or a larger model may help"
        console.warn(f"warning: {text}")
        session.journal.note(Event.WARN, kind="constant_prediction", text=text)
    scores = evaluate(outputs, table, session.task)
    _warn_of_no_number(scores, table, session)
    return scores


def scores_in_training(session: Session, outputs: Outputs, table: TokenTable) -> dict[str, float]:
    """Scores the weights as they would be scored in the end: with what is fitted to the dev set fitted to them."""
    answers = session.task.answers.fitted(outputs.columns, table.targets)
    fitted = dataclasses.replace(session, task=session.task.answering(answers))
    return dev_scores(fitted, _decided(fitted, outputs), table)


def _warn_of_no_number(scores: Mapping[str, float], table: TokenTable, session: Session) -> None:
    """Tells why a score is not a number, as a correlation of what does not differ."""
    names = [name for name, value in scores.items() if math.isnan(value)]
    if names:
        why = session.task.answers.why_no_number(table.targets)
        text = f"{', '.join(names)} can't be computed: {why}"
        console.warn(f"warning: {text}")
        session.journal.note(Event.WARN, kind="no_number", text=text)


def _warn_of_divergence(session: Session, outputs: Outputs, table: TokenTable, loss: float) -> None:
    """Warns if nothing was learnt, of which a report should tell too; that all answers are the same was told before."""
    reason = find_divergence(loss, outputs.columns, table.targets, session.task.answers)
    if reason and not is_constant(outputs, table, session.task):
        text = f"nothing was learnt, as far as the dev set tells: {reason}"
        console.warn(f"warning: {text}")
        session.journal.note(Event.WARN, kind="divergence", text=text)


def evaluate_dev_sets(
    session: Session,
    evaluator: Evaluator,
    splits: Mapping[Split, Examples],
    tables: Mapping[Split, TokenTable],
    step: int,
) -> Session:
    """Scores the dev sets and reports on the first.

    Args:
        session: The model and all that is about it.
        evaluator: Runs the model over the first dev set.
        splits: The examples of each split.
        tables: Their tokens.
        step: Updates that the weights had.

    Returns:
        The session with what was fitted to the dev set, if it trained, or that was lacking.
    """
    outputs = {DEV: _outputs(session, evaluator, DEV)}
    if session.config.action.do_train or session.task.answers.lacks_fit:
        session = _fit(session, outputs[DEV], tables[DEV])
        outputs[DEV] = _decided(session, outputs[DEV])
    outputs |= {
        split: _outputs(session, session.evaluator(table), split)
        for split, table in tables.items()
        if _is_extra_dev(split)
    }
    scores: dict[str, float] = {}
    lines = []
    loss = float(outputs[DEV].losses.mean(dtype=np.float64))
    _warn_of_divergence(session, outputs[DEV], tables[DEV], loss)
    data = ResultData.of(splits[DEV], session.task)
    folder = _folder_of(session, EVALUATED, data)
    for split, found in outputs.items():
        own = (
            dev_scores(session, found, tables[split]) if split == DEV else evaluate(found, tables[split], session.task)
        )
        scores |= {split.prefix + name: value for name, value in own.items()}
        lines.append(f"{session.task.name} {split}: {result_files.format_scores(own)}")
        _write_results(session, folder, found, split)
    if not session.writes:
        return session
    result_files.write_eval_results(folder, scores, step)
    note_result_data(folder, EVALUATED, data)
    session.journal.note(Event.EVALUATE, step=step, scores=scores)
    console.show("\n".join(lines))
    say(f"wrote {os.path.join(folder, result_files.EVAL_RESULTS)} of {data}")
    if session.config.evaluation.report:
        report_on(session.described(step), folder, splits, tables, outputs[DEV].columns, scores)
    return session


def _outputs(session: Session, evaluator: Evaluator, split: Split) -> Outputs:
    """What the model says of a split, with a bar while it does."""
    what = f"{'predicting' if split.is_test else 'evaluating'} {split}"
    with telling(what, "batches", is_shown=session.writes) as report:
        outputs = evaluator.run(report)
    if text := session.task.answers.tell_lack(outputs.columns):
        text = f"{split}: {text}"
        console.warn(f"warning: {text}")
        session.journal.note(Event.WARN, kind="no_answer", text=text)
    return outputs


def _folder_of(session: Session, purpose: str, data: ResultData) -> str:
    """The folder for the results of some data: that of the run, or, for other data than before, one beside."""
    folder = result_folder(session.output_dir, purpose, data, session.config.evaluation.result_name)
    if session.writes and folder != session.output_dir:
        files.make_folder(folder)
    return folder


def _is_extra_dev(split: Split) -> bool:
    return split.is_dev and split.is_extra


def _fit(session: Session, outputs: Outputs, table: TokenTable) -> Session:
    """The session with what is fitted to the dev set, which is told and kept; itself if nothing is."""
    answers = session.task.answers.fitted(outputs.columns, table.targets)
    if answers == session.task.answers:
        return session
    task = session.task.answering(answers)
    if session.writes:
        write_task(session.output_dir, task)
    say(answers.tell_fit())
    return dataclasses.replace(session, task=task)


def _decided(session: Session, outputs: Outputs) -> Outputs:
    """The outputs, decided on by what was fitted meanwhile."""
    return dataclasses.replace(outputs, columns={**outputs.columns, **session.objective.decided(outputs.columns)})


def _write_results(session: Session, folder: str, outputs: Outputs, split: Split) -> None:
    base = result_files.TEST_RESULTS if split.is_test else result_files.DEV_RESULTS
    if session.writes:
        name = result_files.with_suffix(base, split.suffix)
        result_files.write_results(folder, name, outputs.columns, session.task)


def predict_test_sets(session: Session, inputs: ClassifierInputs, tables: Mapping[Split, TokenTable]) -> None:
    """Predicts the test sets; one that has labels is also scored."""
    batch_size = session.config.evaluation.predict_batch_size
    tested = [split for split in tables if split.is_test]
    data = ResultData.of(inputs.splits[tested[0]], session.task)
    folder = _folder_of(session, PREDICTED, data)
    for split in tested:
        outputs = _outputs(session, session.evaluator(tables[split], batch_size), split)
        if session.writes:
            _write_predictions(session, folder, split, inputs.splits[split], outputs)
            if inputs.splits[split].labels is not None:
                scores = evaluate(outputs, tables[split], session.task)
                result_files.write_scores(folder, scores, test_scores_name(split.suffix), "test_")
                console.show(f"{session.task.name} {split}: {result_files.format_scores(scores)}")
    if session.writes:
        note_result_data(folder, PREDICTED, data)


def _write_predictions(session: Session, folder: str, split: Split, examples: Examples, outputs: Outputs) -> None:
    task = session.task
    _write_results(session, folder, outputs, split)
    predictions = result_files.with_suffix(result_files.PREDICTIONS, split.suffix)
    result_files.write_predictions(folder, predictions, examples, outputs.columns, task)
    result_files.write_labels(folder, task.labels)
    own = result_files.write_extra_files(folder, split.suffix, examples, outputs.columns, task)
    results = result_files.with_suffix(result_files.TEST_RESULTS, split.suffix)
    written = ", ".join((results, predictions, *own, result_files.LABELS))
    say(f"predicted {counted(len(examples), 'example')}: {written} in {folder}")
    if session.config.evaluation.glue_submission:
        say(f"wrote {submissions.write_submission(folder, task.submissions[split], outputs.columns, task)}")


def export(session: Session, checkpoint: Checkpoint) -> None:
    """Exports a float32 model: where it will be served, narrow numbers may be slow or not to be had."""
    model = session.model
    if model.encoder.compute_dtype != "float32" or count_workers(session.strategy) > 1:
        # Several workers would have to create variables together, and it is the chief alone that exports.
        scope = session.strategy.scope() if count_workers(session.strategy) == 1 else contextlib.nullcontext()
        with scope:
            model = build_model(session.task, session.assets.encoder_config, "float32")
        load_trained(model, checkpoint)
    predictor = make_predictor(model, session.text_step, session.task)
    with telling("export", is_shown=session.writes) as report:
        version = export_saved_model(predictor, os.path.join(session.output_dir, "export"), report)
    say(f"exported {version}")
