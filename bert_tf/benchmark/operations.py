"""How many operations the matrix products of a model take, by formula.

A product of [m, k] with [k, n] is m * n * k multiplications and as many additions: 2 * m * n * k operations. A layer
has four products of each position with weights of D x D (query, key, value and output) and two with D x I
(feed-forward), and in attention two more of each pair of positions of a row with D numbers: scores and context. The
backward pass has two products of the same size for each, one for the gradient of either factor, so that a training step
takes three times the forward pass: 6 operations a weight and position (Kaplan et al. 2020, section 2.1), and 12 * D a
pair of positions and layer (Chowdhery et al. 2022, appendix B).

Look-ups in the embeddings are not counted, nor are elementwise operations, nor what `--remat` computes a second time.
"""

import dataclasses

import numpy as np

from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.batches.batch import Batch

_PASSES = 3  # The forward pass, and a backward pass of twice its size.


@dataclasses.dataclass(frozen=True)
class Extent:
    """How much goes through a model.

    Attributes:
        examples: Rows of the pooler and the head.
        positions: Word pieces, and padding if it is counted.
        pairs: Pairs of positions that attend to one another; a row of F positions has F * F.
    """

    examples: int
    positions: int
    pairs: int

    def __add__(self, other: "Extent") -> "Extent":
        return Extent(self.examples + other.examples, self.positions + other.positions, self.pairs + other.pairs)


def computed_extent(batch: Batch) -> Extent:
    """What is computed of a batch: padding and all, and packed rows as if their examples saw one another."""
    rows = len(batch.indices) * batch.rows
    return Extent(batch.indices.size, rows * batch.length, rows * batch.length**2)


def useful_extent(batch: Batch, lengths: np.ndarray) -> Extent:
    """What would be left of a batch without any padding.

    Args:
        batch: The batch.
        lengths: int64 [N], pieces of each example of the data set.
    """
    own = lengths[batch.examples]
    return Extent(len(own), int(own.sum()), int((own**2).sum()))


def training_operations(config: EncoderConfig, labels: int, extent: Extent) -> int:
    """Returns the operations of the matrix products of training steps.

    Args:
        config: The architecture of the encoder.
        labels: Outputs of the head.
        extent: What goes through the model.
    """
    width = config.hidden_size
    weights_of_layer = 4 * width * width + 2 * width * config.intermediate_size
    layer = weights_of_layer * extent.positions + 2 * width * extent.pairs
    head = (width * width + width * labels) * extent.examples
    return _PASSES * 2 * (config.num_hidden_layers * layer + head)
