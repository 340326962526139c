"""How much memory training takes, told before it starts, and how large a part of a batch fits.

The count is that of the tensors which a step keeps from its forward to its backward pass. For each piece, a layer of
width D with N heads and an intermediate width I keeps, in a row of length L:

    9 D    query, key, value, context by head and by position, both projections back to D, both normalised sums
    2 I    the intermediate layer before and after its activation
    2 N L  the attention probabilities, before and after dropout

With recomputation it keeps D, and the rest of one layer at a time. The backward pass works with some more tensors of
the intermediate width. Weights, gradients and two moments are float32, and narrow copies of the weights come to them.
Of the word embeddings the rows in use alone have gradients and moments, and all are there twice: see `trained_rows`.
"""

import dataclasses
import os
import shlex

import tensorflow as tf

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import CONFIG_FILE, RunConfig
from bert_tf.data.batches.batching import TrainingPlan
from bert_tf.errors import BertTfError, InputError, TrainingError
from bert_tf.host import files
from bert_tf.host.disk import is_full
from bert_tf.host.memory import available_bytes
from bert_tf.models.model import BertModel

MEBIBYTE = 2**20
_FLOAT32, _NARROW = 4, 2
_WORKING_TENSORS = 4  # Of the intermediate width, in the backward pass of a layer; fits what was measured.


@dataclasses.dataclass(frozen=True)
class Memory:
    """What a replica holds at the peak of a training step, in bytes.

    Attributes:
        state: Weights, their narrow copies, gradients and moments.
        activations: What the forward pass keeps for the backward pass, and what that works with.
    """

    state: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.state + self.activations

    def __str__(self) -> str:
        parts = f"state {self.state // MEBIBYTE:,}, activations {self.activations // MEBIBYTE:,}"
        return f"about {self.total // MEBIBYTE:,} MiB for a step ({parts})"


@dataclasses.dataclass(frozen=True)
class Footprint:
    """What decides how much memory a step takes, but for the size of the batch.

    Attributes:
        config: The architecture.
        weights: How many weights there are.
        is_narrow: Whether the layers compute with 16 bits.
        recomputes: Whether layers are computed again in the backward pass.
        rows_in_use: Word pieces that the examples hold; None if that is not known, and all may be.
    """

    config: EncoderConfig
    weights: int
    is_narrow: bool
    recomputes: bool
    rows_in_use: int | None = None

    def estimate(self, rows: float, length: int, accumulation_steps: int = 1) -> Memory:
        """Returns what a step takes.

        Args:
            rows: Rows that are computed at a time.
            length: Pieces of a row.
            accumulation_steps: Parts of a replica's share of the batch; the sum of their gradients is kept too.
        """
        config, tokens = self.config, rows * length
        size = _NARROW if self.is_narrow else _FLOAT32
        scores = config.num_attention_heads * length
        kept = size * (9 * config.hidden_size + 2 * config.intermediate_size + 2 * scores)
        layers = config.num_hidden_layers
        of_layers = layers * size * config.hidden_size + kept if self.recomputes else layers * kept
        # The embeddings before and after their normalisation are float32.
        of_embeddings = 3 * _FLOAT32 * config.hidden_size
        working = _WORKING_TENSORS * size * max(config.intermediate_size, scores)
        in_use = config.vocab_size if self.rows_in_use is None else self.rows_in_use
        trained = self.weights - (config.vocab_size - in_use) * config.hidden_size
        kept_twice = config.vocab_size * config.hidden_size
        copies = 4 if accumulation_steps > 1 else 3  # Gradients and two moments.
        narrow = _NARROW * self.weights if self.is_narrow else 0
        state = _FLOAT32 * (self.weights + kept_twice + copies * trained) + narrow
        return Memory(state, int(tokens * (of_layers + of_embeddings + working)))

    def flags_that_help(
        self, rows: int, length: int, room: int, accumulation_steps: int = 1, most_parts: int | None = None
    ) -> tuple[str, ...]:
        """Returns the flags with which a step fits into `room` bytes, and its parts are as large as can be.

        Computing again is tried first, as a run can be resumed with it. Empty if nothing helps.

        Args:
            rows: Rows that are computed at a time without these flags.
            length: Pieces of a row.
            room: Bytes.
            accumulation_steps: Parts of a replica's share of the batch without these flags.
            most_parts: Into how many more parts each can be divided; by default as many as it has rows.
        """
        again = dataclasses.replace(self, recomputes=True)
        if not self.recomputes and again.estimate(rows, length, accumulation_steps).total <= room:
            return ("--remat",)
        for footprint, flags in ((self, ()), (again, () if self.recomputes else ("--remat",))):
            for parts in range(2, (most_parts or rows) + 1):
                if footprint.estimate(-(-rows // parts), length, parts * accumulation_steps).total <= room:
                    return (*flags, f"--gradient_accumulation_steps={parts * accumulation_steps}")
        return ()


@dataclasses.dataclass(frozen=True)
class StepMemory:
    """What the largest step of a run takes.

    Attributes:
        footprint: What decides on it but for the batch.
        rows: Rows that are computed at a time.
        length: Pieces of a row.
        accumulation_steps: Parts of a replica's share of the batch.
        most_parts: Into how many parts those can be divided again.
    """

    footprint: Footprint
    rows: int
    length: int
    accumulation_steps: int
    most_parts: int

    @property
    def needed(self) -> Memory:
        """The estimate."""
        return self.footprint.estimate(self.rows, self.length, self.accumulation_steps)

    def flags_that_help(self, room: int) -> tuple[str, ...]:
        """Returns the flags with which the batch fits into `room` bytes; empty if there are none."""
        return self.footprint.flags_that_help(self.rows, self.length, room, self.accumulation_steps, self.most_parts)

    def tell(self, free: int | None) -> str:
        """Returns one line on it.

        Args:
            free: Bytes that a replica can have beside the weights, which are there already; None if not known.
        """
        line = f"memory: {self.needed}"
        if free is None:
            return line
        room = free + _FLOAT32 * self.footprint.weights
        line += f"; {room // MEBIBYTE:,} MiB can be had"
        if self.needed.total <= room:
            return line
        flags = " ".join(self.flags_that_help(room)) or "a smaller --max_seq_length or a smaller model"
        return f"{line}, which may not suffice: {flags} would"


def step_memory(
    model: BertModel, plan: TrainingPlan, config: RunConfig, steps: int, rows_in_use: int | None = None
) -> StepMemory:
    """Returns what the largest of the first 1000 steps of a run takes.

    Args:
        model: The model.
        plan: The batches.
        config: All options.
        steps: Those of the run.
        rows_in_use: Word pieces that the examples hold; None if that is not known.
    """
    largest_batch = max(plan.shapes(steps), key=lambda shape: (shape.rows * shape.length, shape.length))
    rows, length = largest_batch.rows, largest_batch.length
    is_narrow = config.device.precision != "float32"
    footprint = Footprint(model.encoder.config, model.count_params(), is_narrow, config.device.remat, rows_in_use)
    # A part must have an example, and where pieces are bounded it must have room for the longest one.
    largest = int(plan.lengths.max()) * plan.units.most_rows
    divisible = plan.tokens_per_batch // largest if plan.tokens_per_batch else plan.batch_size
    most_parts = min(max(divisible // plan.parts, 1), rows)
    return StepMemory(footprint, rows, length, config.train.gradient_accumulation_steps, most_parts)


def lack_of_memory(
    error: tf.errors.ResourceExhaustedError, memory: StepMemory, config: RunConfig, folder: str, command: str
) -> BertTfError:
    """What to tell of a step for which memory did not suffice: the flags with which it should, a fifth less than now.

    Args:
        error: What TensorFlow says. It says the same of a disk, for example that on which TensorBoard's files are.
        memory: What the step takes.
        config: All options.
        folder: The output folder.
        command: The command of `bert-tf` that trains.
    """
    if is_full(error):
        return InputError(
            f"It must be possible to write in {folder}",
            received=files.reason(error),
            fix="Free some space or choose another --output_dir; what was saved before stays valid",
        )
    flags = memory.flags_that_help(int(0.8 * memory.needed.total))
    can_continue = flags == ("--remat",)  # Another number of parts is another run.
    kept = ["--remat"] if config.device.remat else []
    anew = [] if can_continue else ["--overwrite_output_dir"]
    path = os.path.join(folder, CONFIG_FILE)
    words = shlex.join(["bert-tf", command, f"--config={path}", *kept, *flags, *anew])
    effect = "continues at the last checkpoint" if can_continue else "starts anew, in smaller parts"
    return TrainingError(
        f"Memory must suffice for {memory.rows} rows of {memory.length} pieces",
        received=next((line for line in error.message.splitlines() if "OOM" in line), error.message),
        fix=f"`{words}` {effect}" if flags else "Choose a smaller --max_seq_length or a smaller model",
    )


def free_memory(strategy: tf.distribute.Strategy) -> int | None:
    """Returns the bytes that each replica can have, None if they can't be known."""
    kind = tf.DeviceSpec.from_string(strategy.extended.worker_devices[0]).device_type
    if kind != "CPU":
        return None
    available = available_bytes()
    return None if available is None else available // len(strategy.extended.worker_devices)
