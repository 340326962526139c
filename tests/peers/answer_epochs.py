"""An epoch over tags or questions, timed by what trains: ours, or as variant `grouped` the peer in this interpreter."""

import dataclasses
import pathlib
import resource
import tempfile

from tests.peers import answers, contestant
from tests.peers.contestant import Figures, Settings
from tests.peers.works import ANSWER_EPOCHS, GROUPED


def epoch(work: str, settings: Settings) -> Figures:
    """Trains MiniLM for an epoch and scores it. The time is that of the loop; ours writes a checkpoint at its end."""
    wanted = dataclasses.replace(answers.WORKS[ANSWER_EPOCHS[work]], epochs=1)
    if settings.rows:
        wanted = dataclasses.replace(wanted, rows=settings.rows)
    is_peer = settings.variant == GROUPED
    means = answers.Means(settings.minilm, settings.minilm_hugging_face)
    if not is_peer:
        means = dataclasses.replace(means, batching=settings.variant)
    data = pathlib.Path(settings.glue_dir).parent
    with tempfile.TemporaryDirectory() as folder:
        train = answers.first_rows(wanted, data, pathlib.Path(folder))
        run = answers.hugging_face if is_peer else answers.ours
        score, seconds = run(wanted, train, data, settings.seed, means)
    packages = ("torch", "transformers", "accelerate") if is_peer else ("tensorflow", "keras")
    return {
        "seconds": seconds,
        "score": score,
        "peak_memory_mib": contestant.peak_memory_mib(resource.RUSAGE_CHILDREN),
        "versions": contestant.versions(packages),
    }


if __name__ == "__main__":
    contestant.main(dict.fromkeys(ANSWER_EPOCHS, epoch))
