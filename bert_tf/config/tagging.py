"""The options of tags for words."""

import dataclasses

from bert_tf.config.options import option


@dataclasses.dataclass(frozen=True)
class TaggingConfig:
    """Tags for words."""

    crf: bool | None = option(
        None,
        "Learn too which tag follows which, by a linear-chain conditional random field over the words of a sentence, "
        "and decide on the tags of a sentence together; by default as the model did that is used or trained further.",
        shapes_training=True,
    )
    crf_learning_rate: float = option(
        5e-3,
        "Peak learning rate of the transitions of --crf, which would hardly move at that of the other weights.",
        above=0,
        shapes_training=True,
    )
    label_all_pieces: bool | None = option(
        None,
        "Count every piece of a word in the loss, and not the first alone; scores and answers stay with the first. By "
        "default as the model did that is used or trained further.",
        shapes_training=True,
    )
    tag_scheme: str = option(
        "auto",
        "Scheme in which tags of entities are learnt, whatever the files are written in: iob2 or bioes; auto for that "
        "of the training set, where IOB1 becomes IOB2.",
        choices=("auto", "iob2", "bioes"),
        shapes_training=True,
    )
    written_tag_scheme: str = option(
        "auto",
        "Scheme in which predicted tags of entities are written: iob1, iob2 or bioes; auto for that which is learnt.",
        choices=("auto", "iob1", "iob2", "bioes"),
    )
    document_context: bool = option(
        False,
        "Fill the row of each sentence with the words around it in its document, on both sides, as context that has "
        "no tags of its own; files must mark documents by -DOCSTART- lines.",
        shapes_training=True,
    )
