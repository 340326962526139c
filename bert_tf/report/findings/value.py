"""What is found out about a model that gives each example a value."""

import numpy as np

from bert_tf.report.drawing.page import Cell, Paragraph, Part, Picture, Section, Table
from bert_tf.report.evaluated_run import EvaluatedRun
from bert_tf.report.findings.examples_shown import SHOWN_EXAMPLES, how_many_are_shown, place_of, text_columns, texts_of
from bert_tf.report.findings.findings import Findings, constant_answer, interval_note, number, reach
from bert_tf.report.findings.value_charts import draw_errors, draw_predictions
from bert_tf.report.statistics.bootstrap import Interval, count_intervals
from bert_tf.report.statistics.value_statistics import errors_by_range, weighted_value_scores
from bert_tf.tasks.answers.space import VALUE
from bert_tf.tasks.answers.value import Value

_PARTS_OF_THE_RANGE = 5
_ERRORS = ("mean_absolute_error", "root_mean_squared_error", "mean_error")


def regression_findings(run: EvaluatedRun) -> Findings:
    """Returns what the predicted values tell."""
    values, predictions = _answers(run).unscaled(run.targets), run.answers[:, 0].astype(np.float64)
    scores = count_intervals(
        lambda counts: weighted_value_scores(values, predictions, counts, run.task.combined),
        len(values),
        run.config.train.seed,
    )
    table = _range_table(run, values, predictions)
    return Findings(
        intervals={name: scores[name] for name in run.scores if name in scores},
        sections=[
            Section("Correlation", _correlation_parts(run, values, predictions, scores)),
            Section("Errors", [*_error_parts(predictions - values, scores), table, Paragraph(interval_note(run))]),
            Section("Largest errors", _example_parts(run, values, predictions)),
        ],
        details=table,
        limits=_limits(run, scores),
        constant=constant_answer(
            run,
            "Always answering the mean value",
            f"always {number(float(values.mean()))}, the mean",
            **{VALUE: values.mean(keepdims=True)},
        ),
    )


def _answers(run: EvaluatedRun) -> Value:
    assert isinstance(run.task.answers, Value)
    return run.task.answers


def _correlation_parts(
    run: EvaluatedRun, values: np.ndarray, predictions: np.ndarray, scores: dict[str, Interval]
) -> list[Part]:
    lowest, highest = _answers(run).ends
    shown = {"Pearson": "pearson", "Spearman": "spearman", "share of variance explained": "explained"}
    text = (
        f"Values go from {lowest:g} to {highest:g}, and predictions never leave this range. The share of variance "
        "explained is 1 - mean squared error / variance: 0 is what always predicting the mean of the dev set would get."
    )
    parts: list[Part] = [_interval_table(shown, scores), Paragraph(text)]
    if len(values) > 1:
        chart = draw_predictions(values, predictions, _answers(run).ends)
        parts.append(Picture(chart, "On the dashed line, there is no error."))
    return parts


def _error_parts(errors: np.ndarray, scores: dict[str, Interval]) -> list[Part]:
    worst = np.quantile(np.abs(errors), 0.9)
    text = f"Nine of ten predictions are off by at most {worst:.4g}. An error is the prediction minus the value."
    names = {name.replace("_", " "): name for name in (*_ERRORS, "mean_squared_error")}
    charts = [Picture(draw_errors(errors), "Errors in the unit of the values.")] if len(errors) > 1 else []
    return [
        _interval_table(names, scores),
        Paragraph(text),
        *charts,
    ]


def _interval_table(names: dict[str, str], scores: dict[str, Interval]) -> Table:
    rows = [(title, number(scores[name].value), reach(scores[name])) for title, name in names.items()]
    return Table(("score", "value", "95 % interval"), rows)


def _range_table(run: EvaluatedRun, values: np.ndarray, predictions: np.ndarray) -> Table:
    parts = errors_by_range(values, predictions, _answers(run).ends, _PARTS_OF_THE_RANGE)
    rows = [
        (
            f"{part.low:.4g} to {part.high:.4g}",
            f"{part.examples:,}",
            number(part.mean_error) if part.examples else "",
            number(part.mean_absolute_error) if part.examples else "",
        )
        for part in parts
    ]
    return Table(("value", "examples", "mean error", "mean absolute error"), rows)


def _example_parts(run: EvaluatedRun, values: np.ndarray, predictions: np.ndarray) -> list[Part]:
    errors = predictions - values
    order = np.argsort(-np.abs(errors), kind="stable")
    rows: list[tuple[Cell, ...]] = [
        (
            place_of(run, index),
            f"{values[index]:.4g}",
            f"{predictions[index]:.4g}",
            f"{errors[index]:+.4g}",
            *texts_of(run, index),
        )
        for index in order[:SHOWN_EXAMPLES].tolist()
    ]
    text = f"{how_many_are_shown(len(order))}, beginning with the largest. The value may be wrong, or the model is."
    columns = ("example", "value", "prediction", "error", *text_columns(run))
    return [Paragraph(text), Table(columns, rows, words=-1)]


def _limits(run: EvaluatedRun, scores: dict[str, Interval]) -> list[str]:
    lowest, highest = _answers(run).ends
    return [
        f"It answers with a value from {lowest:g} to {highest:g} whatever the text is, also in another language or on "
        "another subject.",
        f"Its values are off by {scores['mean_absolute_error'].value:.4g} on average, and it does not tell how sure it "
        "is of one.",
    ]
