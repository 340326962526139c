"""Options that only one command has. They say how it works and describe no run, so no `config.json` holds them."""

import dataclasses

from bert_tf.config.run import option

# Those of them that are paths.
OWN_PATH_OPTIONS = ("json", "trace", "fixed_file")


@dataclasses.dataclass(frozen=True)
class ConvertConfig:
    """What `bert-tf convert` writes."""

    encoder_only: bool = option(False, "Leave out every head, so that the checkpoint is one to start from.")


@dataclasses.dataclass(frozen=True)
class BenchmarkConfig:
    """How `bert-tf benchmark` measures, and where it writes."""

    steps: int = option(10, "Training steps that are timed.", at_least=1)
    untimed_steps: int = option(2, "Steps before them, which trace and compile; the first is reported.", at_least=1)
    requests: int = option(100, "Predictions of one example each that are timed, for p50 and p99.", at_least=1)
    shortest_row: int = option(
        0,
        "Random rows have lengths from this to max_seq_length, each equally likely; 0 for max_seq_length, no padding.",
        at_least=0,
    )
    json: str | None = option(None, "File for all figures, with what they were measured on; - for standard output.")
    trace: str | None = option(None, "Folder for a profile of three more steps, for TensorBoard.")


@dataclasses.dataclass(frozen=True)
class DoctorConfig:
    """What `bert-tf doctor` writes."""

    fix: bool = option(
        False,
        "Write a copy of train_file without exact duplicates, empty texts and examples that are in eval_file too; the "
        "file itself stays as it is.",
    )
    fixed_file: str | None = option(
        None, "Name of that copy, in the same format; by default train.fixed.csv for train.csv. Nothing is replaced."
    )
