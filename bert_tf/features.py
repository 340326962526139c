"""The tensors that cross from data to model: their names, types and shapes, in one place.

B is the number of rows of a batch, L their length in word pieces. Names are those of google-research/bert.
"""

import dataclasses

INPUT_IDS = "input_ids"
INPUT_MASK = "input_mask"
SEGMENT_IDS = "segment_ids"
LABEL_IDS = "label_ids"
IS_REAL_EXAMPLE = "is_real_example"
EXAMPLE_INDEX = "example_index"


@dataclasses.dataclass(frozen=True)
class Feature:
    """One tensor of a batch.

    Attributes:
        name: Its key in the dictionary of features.
        dtype: Name of its TensorFlow type.
        axes: One letter an axis, B or L.
        meaning: What it holds.
    """

    name: str
    dtype: str
    axes: str
    meaning: str


MODEL_INPUTS = (
    Feature(INPUT_IDS, "int32", "BL", "word piece ids, 0 where there is padding"),
    Feature(INPUT_MASK, "int32", "BL", "1 for a word piece, 0 for padding"),
    Feature(SEGMENT_IDS, "int32", "BL", "0 for the first text with its [SEP], 1 for the second"),
)
SUPERVISION = (
    Feature(LABEL_IDS, "int32", "B", "position of the label in the task's list of labels"),
    Feature(IS_REAL_EXAMPLE, "float32", "B", "1 for an example, 0 for a row that fills up a batch"),
)
BOOKKEEPING = (Feature(EXAMPLE_INDEX, "int32", "B", "position of the example in its data set, -1 for filling"),)
BATCH = MODEL_INPUTS + SUPERVISION + BOOKKEEPING
