"""Several runs that differ in their seed alone: which of them diverged, which is the best, and what they tell together.

N examples of the dev set, C labels. Nothing here imports TensorFlow.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bert_tf.evaluation.answers import LABEL_PLACES, chosen_labels, real_values
from bert_tf.experiments.spread import summarise
from bert_tf.metrics.classes import confusion_matrix, matthews_correlation
from bert_tf.metrics.values import pearson
from bert_tf.tasks.task import Kind, Task

CHANCE_DEVIATIONS = 2
_SMALLEST_SPREAD = 1e-3


@dataclasses.dataclass(frozen=True)
class SeedRun:
    """One of the runs.

    Attributes:
        seed: Its seed.
        folder: Name of its folder, in that of them all.
        scores: Its scores on the dev set by name; none if its training ended before there were any.
        divergence: Why it counts as diverged; empty if it does not.
    """

    seed: int
    folder: str
    scores: Mapping[str, float]
    divergence: str = ""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What answers have to do with what is right.

    Attributes:
        varies: Whether not all examples get the same answer.
        correlation: How far answers and labels go together: 1 if wholly, 0 if not at all.
        beats_constant: Whether the answers have fewer errors than the best answer that is the same for all examples.
    """

    varies: bool
    correlation: float
    beats_constant: bool


def find_divergence(loss: float, answers: np.ndarray, targets: np.ndarray, task: Task) -> str:
    """Returns why a run counts as diverged, in a few words; empty if it does not.

    It does if its loss is not a finite number; if it answers the same for every example, though their labels differ; or
    if its answers can't be told from chance: they have as many errors as the best constant answer, and correlate with
    the labels by less than `CHANCE_DEVIATIONS` / sqrt(N), which answers that have nothing to do with the labels exceed
    once in forty times. Errors alone would not do: with weights for rare labels, more of them are made on purpose.

    The correlation is that of Matthews for one label, that of places for labels in order, the linear one for values,
    and for several labels the mean of the linear ones of each probability with its label. Errors are wrong answers,
    places off, squared differences, and wrong decisions.

    Args:
        loss: That on the dev set.
        answers: Probabilities float [N, C], or values float [N, 1].
        targets: What is right, as `tasks.targets` has it.
        task: Gives the kind.
    """
    if not math.isfinite(loss) or not np.isfinite(answers).all():
        return "the loss on the dev set is not a finite number"
    if len(np.unique(targets, axis=0)) < 2:
        return ""  # With one label there is nothing to be found out.
    evidence = _EVIDENCE[task.kind](answers, targets, task)
    if not evidence.varies:
        return "it answers the same for every example"
    if not evidence.beats_constant and evidence.correlation < CHANCE_DEVIATIONS / math.sqrt(len(targets)):
        return f"its answers can't be told from chance (correlation {evidence.correlation:.3f})"
    return ""


def choose_best(runs: Sequence[SeedRun], metric: str) -> SeedRun | None:
    """Returns the run with the highest score, the first of several; a diverged one only if all are.

    Args:
        runs: The runs.
        metric: The name of the score; greater is better.

    Returns:
        The run, None if none has that score.
    """
    scored = [run for run in runs if not math.isnan(run.scores.get(metric, math.nan))]
    candidates = [run for run in scored if not run.divergence] or scored
    return max(candidates, key=lambda run: run.scores[metric], default=None)


def describe_runs(runs: Sequence[SeedRun], best: SeedRun, metric: str) -> str:
    """Returns what there is to tell: a line a score, then the seeds, the diverged ones, and the best.

    Args:
        runs: The runs.
        best: The best of them.
        metric: What was compared.
    """
    kept = [run for run in runs if not run.divergence]
    lines = [summarise([_scores_of(run, best) for run in runs])]
    if 0 < len(kept) < len(runs):
        lines.append(summarise([run.scores for run in kept], " of those that did not diverge"))
    lines.append(f"seeds = {' '.join(str(run.seed) for run in runs)}\n")
    diverged = [f"{run.seed} ({run.divergence})" for run in runs if run.divergence]
    lines.append(f"diverged = {'; '.join(diverged) or 'none'}\n")
    lines.append(f"best = {best.seed} ({metric} {best.scores[metric]:.6g}, in {best.folder})\n")
    return "".join(lines)


def write_runs(runs: Sequence[SeedRun], best: SeedRun, metric: str) -> str:
    """Returns the same for programs, as JSON; a score that is not a number is null."""
    tree = {
        "seed": best.seed,
        "folder": best.folder,
        "metric": metric,
        "runs": [
            {
                "seed": run.seed,
                "folder": run.folder,
                "scores": {name: value if math.isfinite(value) else None for name, value in run.scores.items()},
                "diverged": run.divergence,
            }
            for run in runs
        ],
    }
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def read_runs(tree: Mapping) -> list[SeedRun]:
    """The reverse of `write_runs`, from the parsed JSON.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: If it is not of this form.
    """
    return [
        SeedRun(
            int(run["seed"]),
            str(run["folder"]),
            {name: math.nan if value is None else float(value) for name, value in run["scores"].items()},
            str(run["diverged"]),
        )
        for run in tree["runs"]
    ]


def mean_answers(several: Sequence[np.ndarray]) -> np.ndarray:
    """Returns the answers of an ensemble, the mean of those of its members: float32 [N, C]."""
    return np.asarray(np.mean(np.stack(several), axis=0, dtype=np.float64), np.float32)


def _scores_of(run: SeedRun, best: SeedRun) -> dict[str, float]:
    """The scores of a run; not numbers where its training ended before."""
    return {name: run.scores.get(name, math.nan) for name in best.scores}


def _label_evidence(answers: np.ndarray, targets: np.ndarray, task: Task) -> Evidence:
    places = LABEL_PLACES[Kind.CLASSIFICATION](answers)
    matrix = confusion_matrix(targets, places, len(task.labels))
    beats = np.trace(matrix) > matrix.sum(axis=1).max()
    return Evidence(bool(np.ptp(places) > 0), matthews_correlation(matrix), bool(beats))


def _rank_evidence(answers: np.ndarray, targets: np.ndarray, task: Task) -> Evidence:
    places = LABEL_PLACES[Kind.ORDINAL](answers)
    of_constants = [np.abs(targets - place).sum() for place in range(len(task.labels))]
    beats = np.abs(targets - places).sum() < min(of_constants)
    return Evidence(bool(np.ptp(places) > 0), _correlation(targets, places), bool(beats))


def _value_evidence(answers: np.ndarray, targets: np.ndarray, task: Task) -> Evidence:
    assert task.value_range is not None
    values, predictions = real_values(targets, task), answers[:, 0].astype(np.float64)
    spread = np.ptp(predictions) / (task.value_range[1] - task.value_range[0])
    beats = np.mean((predictions - values) ** 2) < values.var()
    return Evidence(bool(spread > _SMALLEST_SPREAD), _correlation(values, predictions), bool(beats))


def _label_set_evidence(answers: np.ndarray, targets: np.ndarray, task: Task) -> Evidence:
    chosen, labels = chosen_labels(answers, task), targets > 0.5
    told = np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0))
    correlation = float(np.mean([_correlation(labels[:, index], answers[:, index]) for index in told]))
    shares = labels.mean(axis=0)
    beats = (chosen != labels).mean() < np.minimum(shares, 1 - shares).mean()
    return Evidence(bool((chosen != chosen[0]).any()), correlation, bool(beats))


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Linear correlation; 0 where it is not defined."""
    found = pearson(x, y)
    return 0.0 if math.isnan(found) else found


_EVIDENCE: Mapping[Kind, Callable[[np.ndarray, np.ndarray, Task], Evidence]] = {
    Kind.CLASSIFICATION: _label_evidence,
    Kind.REGRESSION: _value_evidence,
    Kind.MULTI_LABEL: _label_set_evidence,
    Kind.ORDINAL: _rank_evidence,
}
