"""The tensors that cross from data to model: their names, types and shapes, in one place.

B is the number of examples of a batch, R that of its rows, L their length in word pieces. Unless rows are packed with
several examples, R is B. Names are those of google-research/bert as far as it has them.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

INPUT_IDS = "input_ids"
INPUT_MASK = "input_mask"
SEGMENT_IDS = "segment_ids"
LABEL_IDS = "label_ids"
IS_REAL_EXAMPLE = "is_real_example"
EXAMPLE_INDEX = "example_index"
POSITION_IDS = "position_ids"
FIRST_POSITIONS = "first_positions"
LABEL_WEIGHTS, SENTENCE_BORDERS = "label_weights", "sentence_borders"
CHOICE_PLACES = "choice_places"
START_POSITIONS, END_POSITIONS = "start_positions", "end_positions"
WORD_INDEX, IS_ANSWER = "word_index", "is_answer"  # These and the next ones stay on the host.
FIRST_CHARS, END_CHARS, PIECE_INDEX, IS_MAX_CONTEXT = "first_chars", "end_chars", "piece_index", "is_max_context"
IS_CUT_QUESTION = "is_cut_question"
READY_TIME = "ready_time"


@dataclasses.dataclass(frozen=True)
class Feature:
    """One tensor of a batch.

    Attributes:
        name: Its key in the dictionary of features.
        dtype: Name of its TensorFlow type.
        axes: One letter an axis, B, R or L.
        meaning: What it holds.
    """

    name: str
    dtype: str
    axes: str
    meaning: str


MODEL_INPUTS = (
    Feature(INPUT_IDS, "int32", "RL", "word piece ids, 0 where there is padding"),
    Feature(INPUT_MASK, "int32", "RL", "1 for a word piece, 0 for padding; in packed rows another number an example"),
    Feature(SEGMENT_IDS, "int32", "RL", "0 for the first text with its [SEP], 1 for the second"),
)
PACKED = (
    Feature(POSITION_IDS, "int32", "RL", "position of a word piece in its example, from 0"),
    Feature(
        FIRST_POSITIONS,
        "int32",
        "B",
        "where the [CLS] of each example is when the rows of its part are laid end to end",
    ),
)
SUPERVISION = (
    # For a regression it is float32 [B], and where an example may have several labels float32 [B, labels].
    Feature(LABEL_IDS, "int32", "B", "position of the label in the task's list of labels"),
    Feature(IS_REAL_EXAMPLE, "float32", "B", "1 for an example, 0 for a row that fills up a batch"),
)
# Of a task that has an answer a word, in place of `label_ids` [B]; 0 where there is no label.
OF_PIECES = (
    Feature(LABEL_IDS, "int32", "BL", "position of the label of the word piece in the task's list of labels"),
    Feature(LABEL_WEIGHTS, "float32", "BL", "how much the piece counts in the loss"),
)
# Beside these where tags of neighbours are learnt together.
OF_CHAINS = (
    Feature(SENTENCE_BORDERS, "int32", "BL", "1 where the first word of a sentence answers, 2 the last, 3 an only one"),
)
# Of a task whose answer is a span of a context, in place of `label_ids`; 0, that of [CLS], for none in the row.
OF_SPANS = (
    Feature(START_POSITIONS, "int32", "B", "position in the row of the first piece of the answer"),
    Feature(END_POSITIONS, "int32", "B", "position in the row of its last piece"),
)
# Of a task whose examples have several rows, one of which is right; `label_ids` then is the place of that one.
OF_CHOICES = (Feature(CHOICE_PLACES, "int32", "B", "place of the row among those of its example, from 0"),)
BOOKKEEPING = (Feature(EXAMPLE_INDEX, "int32", "B", "position of the example in its data set, -1 for filling"),)
TIMING = (Feature(READY_TIME, "float64", "", "when the batch was ready to be taken, in seconds since 1970"),)
BATCH = MODEL_INPUTS + SUPERVISION + BOOKKEEPING


def model_inputs(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the model takes of a batch."""
    return {feature.name: batch[feature.name] for feature in MODEL_INPUTS + PACKED if feature.name in batch}
