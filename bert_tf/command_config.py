"""Options that only one command has. They say how it works and describe no run, so no `config.json` holds them."""

import dataclasses

from bert_tf.config import option


@dataclasses.dataclass(frozen=True)
class ConvertConfig:
    """What `bert-tf convert` writes."""

    encoder_only: bool = option(False, "Leave out every head, so that the checkpoint is one to start from.")
