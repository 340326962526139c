"""What is compared: the works, who does them, and the ratios to reach. Values only, for every interpreter."""

import dataclasses
import enum
from collections.abc import Mapping

FLOAT32, BFLOAT16 = "float32", "bfloat16"
PRECISIONS = (FLOAT32, BFLOAT16)

ENGLISH_VOCABULARY, MULTILINGUAL_VOCABULARY = 30_522, 119_547


@dataclasses.dataclass(frozen=True)
class StepShape:
    """The batches of a work whose weights and tokens are random.

    Attributes:
        rows: Examples of a batch.
        length: Word pieces of each, without padding.
        vocabulary: Rows of the table of word embeddings.
        pieces: How many of them the examples are drawn from; a text in one language holds few of those of many.
    """

    rows: int
    length: int
    vocabulary: int = ENGLISH_VOCABULARY
    pieces: int = ENGLISH_VOCABULARY

    @property
    def tokens(self) -> int:
        """Word pieces of a batch."""
        return self.rows * self.length


STEP_SHAPES = {
    "step-16x128": StepShape(16, 128),
    "step-32x16": StepShape(32, 16),
    "step-8x512": StepShape(8, 512),
    "step-multilingual-32x64": StepShape(32, 64, MULTILINGUAL_VOCABULARY, pieces=10_000),
}
# Steps of these many examples of so many pieces, on so many cores.
SCALING_BATCHES, SCALING_LENGTH = (8, 16, 32, 64), 64
SCALING_CORES = {"scaling-1-core": 1, "scaling-2-cores": 2}
EPOCH_TASKS = {"epoch-cola": "cola", "epoch-mrpc": "mrpc"}
ANSWER_EPOCHS = {"epoch-wnut17": "wnut17", "epoch-policyqa": "policyqa"}
EVALUATION, FIRST_STEP, ONE_TEXT = "evaluate-sst2", "first-step", "one-text"
GROUPED = "grouped"  # The peer's variant whose batches are of like length.
FIRST_STEP_DONE = "first training step done"  # What a process says that is timed up to there.


class Material(enum.Enum):
    """What a work needs beside random numbers. The value says it to people."""

    NOTHING = "random weights and tokens"
    TEXTS = "texts of GLUE and the vocabulary of MiniLM"


@dataclasses.dataclass(frozen=True)
class Contestant:
    """One way to do a work.

    Attributes:
        name: Its name in the results.
        module: The script in this folder.
        variant: Which of the script's settings, if it has several.
        is_torch: Whether it runs in the interpreter of --peer_python.
        precision: The precision that it always has; None if that of the comparison.
    """

    name: str
    module: str
    variant: str = ""
    is_torch: bool = False
    precision: str | None = None


class Measure(enum.Enum):
    """How two figures make one number. The value is how that number is written."""

    SPEED = "{:.2f}x"  # The peer's time over ours: greater is better.
    COST = "{:.2f}"  # Ours over the peer's: smaller is better.
    SHARE = "{:.1%}"  # Ours alone: greater is better.


@dataclasses.dataclass(frozen=True)
class Target:
    """What a number must and should be."""

    must: float
    aim: float | None = None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One row of the report.

    Attributes:
        ours: Name of our contestant.
        against: Name of the peer; empty if our figure stands alone.
        figure: Key of the figure that is compared.
        what: The figure for people.
        measure: How the numbers are made.
        targets: What to reach, by precision.
    """

    ours: str
    against: str
    figure: str
    what: str
    measure: Measure
    targets: Mapping[str, Target] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Work:
    """Something that can be done in several ways.

    Attributes:
        name: Its name on the command line.
        title: What it is.
        contestants: Who does it, in the order of a round.
        comparisons: What follows from their figures.
        material: What it needs.
        cores: On how many cores; 0 for all.
    """

    name: str
    title: str
    contestants: tuple[Contestant, ...]
    comparisons: tuple[Comparison, ...]
    material: Material = Material.NOTHING
    cores: int = 0


OURS = Contestant("ours", "ours")
OURS_BUCKETED = Contestant("ours-bucketed", "ours", "bucketed")
OURS_PACKED = Contestant("ours-packed", "ours", "packed")
OURS_RUN_BUCKETED = Contestant("ours-bucketed", "processes", "bucketed")
OURS_RUN_PACKED = Contestant("ours-packed", "processes", "packed")
OURS_START = Contestant("ours", "processes", "bert-tf")
HUGGING_FACE = Contestant("hugging-face", "hugging_face", GROUPED, is_torch=True)
HUGGING_FACE_START = Contestant("hugging-face", "processes", "hugging-face", is_torch=True)
HUGGING_FACE_GROUPED = Contestant("hugging-face-grouped", "hugging_face", GROUPED, is_torch=True)
HUGGING_FACE_DEFAULT = Contestant("hugging-face-default", "hugging_face", "default", is_torch=True, precision=FLOAT32)
OURS_ANSWERS = Contestant("ours-packed", "answer_epochs", "packed", precision=BFLOAT16)
HUGGING_FACE_ANSWERS = Contestant("hugging-face-grouped", "answer_epochs", GROUPED, is_torch=True, precision=BFLOAT16)
KERASHUB = Contestant("kerashub", "kerashub")
KERASHUB_XLA = Contestant("kerashub-xla", "kerashub", "xla")
TF_MODELS = Contestant("tf-models", "tf_models")


def _speed(ours: Contestant, against: Contestant, what: str, figure: str = "seconds", **targets: Target) -> Comparison:
    return Comparison(ours.name, against.name, figure, what, Measure.SPEED, targets)


def _anyway(target: Target) -> dict[str, Target]:
    """A target that does not depend on the precision."""
    return dict.fromkeys(PRECISIONS, target)


def _cost(ours: Contestant, against: Contestant, what: str, figure: str, target: Target) -> Comparison:
    return Comparison(ours.name, against.name, figure, what, Measure.COST, _anyway(target))


def _epoch(task: str, grouped: Target, default: Target, *others: Comparison) -> Work:
    ours = (OURS_RUN_PACKED, OURS_RUN_BUCKETED)
    peers = ((HUGGING_FACE_GROUPED, grouped), (HUGGING_FACE_DEFAULT, default))
    loops = [_speed(our, peer, "training loop", bfloat16=target) for our in ours for peer, target in peers]
    title = f"{task} epoch, MiniLM, batch 32, whole time of the loop with compilation"
    contestants = (*ours, HUGGING_FACE_GROUPED, HUGGING_FACE_DEFAULT)
    return Work(f"epoch-{task.lower()}", title, contestants, (*loops, *others), Material.TEXTS)


def _answer_epoch(name: str, title: str) -> Work:
    ours, peer = OURS_ANSWERS, HUGGING_FACE_ANSWERS
    loop = _speed(ours, peer, "training loop", bfloat16=Target(1.4, 2.0))
    return Work(
        name, f"{title}, MiniLM, whole time of the loop with compilation", (ours, peer), (loop,), Material.TEXTS
    )


def _scaling(name: str, cores: int) -> Work:
    comparisons = [
        _speed(OURS, HUGGING_FACE, f"step of {rows} x {SCALING_LENGTH}", f"seconds_{rows}") for rows in SCALING_BATCHES
    ]
    on_cores = f"{cores} core{'s' if cores > 1 else ''}"
    title = f"BERT-base train steps on {on_cores}, no padding; under figures, 32 x {SCALING_LENGTH}"
    return Work(name, title, (OURS, HUGGING_FACE), tuple(comparisons), cores=cores)


WORKS = (
    Work(
        "step-16x128",
        "BERT-base train step, 16 x 128, no padding",
        (OURS, HUGGING_FACE, KERASHUB, KERASHUB_XLA, TF_MODELS),
        (
            _speed(OURS, HUGGING_FACE, "step", bfloat16=Target(1.3, 1.7), float32=Target(1.0, 1.2)),
            _speed(OURS, KERASHUB, "step", bfloat16=Target(1.6, 1.8)),
            _speed(OURS, KERASHUB_XLA, "step", bfloat16=Target(1.6, 1.8)),
            _speed(OURS, TF_MODELS, "step"),
            _cost(OURS, HUGGING_FACE, "peak host memory", "peak_memory_mib", Target(1.0)),
        ),
    ),
    Work(
        "step-32x16",
        "BERT-base train step, 32 x 16, no padding",
        (OURS, HUGGING_FACE, KERASHUB),
        (
            _speed(OURS, HUGGING_FACE, "step", bfloat16=Target(1.1, 1.5)),
            _speed(OURS, KERASHUB, "step"),
        ),
    ),
    Work(
        "step-8x512",
        "BERT-base train step, 8 x 512, no padding",
        (OURS, HUGGING_FACE),
        (
            _speed(OURS, HUGGING_FACE, "step", bfloat16=Target(1.3, 1.7)),
            _cost(OURS, HUGGING_FACE, "peak host memory", "peak_memory_mib", Target(1.0)),
        ),
    ),
    Work(
        "step-multilingual-32x64",
        "multilingual BERT-base train step, 32 x 64, of whose 119,547 word pieces 10,000 occur",
        (OURS, HUGGING_FACE),
        (
            _speed(OURS, HUGGING_FACE, "step", bfloat16=Target(1.8, 2.2)),
            _cost(OURS, HUGGING_FACE, "peak host memory", "peak_memory_mib", Target(0.6, 0.5)),
        ),
    ),
    *(_scaling(name, cores) for name, cores in SCALING_CORES.items()),
    _epoch(
        "CoLA",
        Target(1.4, 2.0),
        Target(12.0, 20.0),
        Comparison(
            OURS_RUN_PACKED.name, "", "useful_tokens", "useful tokens", Measure.SHARE, _anyway(Target(0.95, 0.98))
        ),
    ),
    _epoch("MRPC", Target(1.4, 2.0), Target(5.5, 8.5)),
    _answer_epoch("epoch-wnut17", "WNUT17 epoch, tags, batch 32"),
    _answer_epoch("epoch-policyqa", "PolicyQA epoch, spans of 3,000 questions, batch 16, length 384"),
    Work(
        EVALUATION,
        "SST-2 dev, prediction with a model of BERT-base's size, batch 32",
        (OURS_PACKED, OURS_BUCKETED, HUGGING_FACE_GROUPED),
        tuple(
            _speed(ours, HUGGING_FACE_GROUPED, what, figure, bfloat16=Target(1.2, 1.5))
            for ours in (OURS_PACKED, OURS_BUCKETED)
            for what, figure in (("first pass", "seconds"), ("later passes", "later_seconds"))
        ),
        Material.TEXTS,
    ),
    Work(
        FIRST_STEP,
        "process start to the end of the first training step, CoLA, MiniLM, batch 32",
        (OURS_START, HUGGING_FACE_START),
        (_cost(OURS_START, HUGGING_FACE_START, "time", "seconds", Target(2.0, 1.3)),),
        Material.TEXTS,
    ),
    Work(
        ONE_TEXT,
        "process start to the answer to one text, a classifier of MiniLM's size",
        (OURS_START, HUGGING_FACE_START),
        (_cost(OURS_START, HUGGING_FACE_START, "time", "seconds", Target(1.0, 0.7)),),
        Material.TEXTS,
    ),
)
