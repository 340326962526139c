"""Several runs that differ in their seed alone: which is the best, and what they tell together.

Nothing here imports TensorFlow.
"""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from bert_tf.experiments.spread import summarise
from bert_tf.metrics.direction import is_better
from bert_tf.tasks.answers.space import Outputs


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


def choose_best(runs: Sequence[SeedRun], metric: str) -> SeedRun | None:
    """Returns the run with the best score, the first of several; a diverged one only if all are.

    Args:
        runs: The runs.
        metric: The name of the score, such as `eval_accuracy`.

    Returns:
        The run, None if none has that score.
    """
    scored = [run for run in runs if not math.isnan(run.scores.get(metric, math.nan))]
    candidates = [run for run in scored if not run.divergence] or scored
    best = None
    for run in candidates:
        if best is None or is_better(metric.removeprefix("eval_"), run.scores[metric], best.scores[metric]):
            best = run
    return best


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


def mean_columns(several: Sequence[Outputs]) -> dict[str, np.ndarray]:
    """Returns the columns of an ensemble, each the mean of those of its members: float32."""
    names = several[0].keys()
    return {
        name: np.asarray(np.mean([each[name] for each in several], axis=0, dtype=np.float64), np.float32)
        for name in names
    }


def _scores_of(run: SeedRun, best: SeedRun) -> dict[str, float]:
    """The scores of a run; not numbers where its training ended before."""
    return {name: run.scores.get(name, math.nan) for name in best.scores}
