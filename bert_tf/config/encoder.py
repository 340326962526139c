"""The architecture of an encoder: what a `bert_config.json` says. Nothing here imports TensorFlow."""

import dataclasses
import json
import typing
from typing import Any

from bert_tf.errors import InputError
from bert_tf.host.json_objects import parse_json_object

# The files beside a published checkpoint.
ENCODER_CONFIG_FILE = "bert_config.json"
VOCABULARY_FILE = "vocab.txt"
# Each layer is built by itself, which takes time however narrow it is. The deepest BERT that is known has 48.
_MOST_LAYERS = 1000
# Ids of pieces and sizes of shapes are numbers of 32 bits.
_LARGEST_SIZE = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class EncoderConfig:
    """The architecture of an encoder, as `bert_config.json` gives it.

    Attributes:
        vocab_size: Entries of the vocabulary.
        hidden_size: Width D of the hidden states.
        num_hidden_layers: Transformer layers.
        num_attention_heads: Heads N of each layer; they divide the hidden size.
        intermediate_size: Width of the feed-forward layers.
        hidden_act: Activation of the feed-forward layers.
        hidden_dropout_prob: Dropout after embeddings, attention and feed-forward layers.
        attention_probs_dropout_prob: Dropout of the attention probabilities.
        max_position_embeddings: Longest row.
        type_vocab_size: Kinds of segments.
        initializer_range: Standard deviation of new weights.
    """

    vocab_size: int
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 16
    initializer_range: float = 0.02

    def __post_init__(self) -> None:
        if self.hidden_size % self.num_attention_heads:
            raise InputError(
                "hidden_size must be a multiple of num_attention_heads",
                received=f"{self.hidden_size} and {self.num_attention_heads}",
            )
        for field in dataclasses.fields(self):
            size, most = getattr(self, field.name), _MOST_LAYERS if field.name == "num_hidden_layers" else _LARGEST_SIZE
            if field.type is int and size > most:
                raise InputError(f"{field.name} must be at most {most:,}", received=short_number(size))

    @property
    def depth(self) -> str:
        """How many layers it has, in words."""
        return f"{self.num_hidden_layers} layer{'s' * (self.num_hidden_layers != 1)}"

    @property
    def weights(self) -> int:
        """How many numbers the encoder has: embeddings, layers and pooler, with biases and norms."""
        width, inner = self.hidden_size, self.intermediate_size
        embeddings = (self.vocab_size + self.max_position_embeddings + self.type_vocab_size + 2) * width
        attention = 4 * (width + 1) * width + 2 * width
        feed_forward = (width + 1) * inner + (inner + 1) * width + 2 * width
        return embeddings + self.num_hidden_layers * (attention + feed_forward) + (width + 1) * width


def short_number(number: int) -> str:
    """A number as a message has room for it."""
    return f"{number:,}" if abs(number) < 10**15 else f"a number of {len(str(abs(number)))} digits"


def parse_encoder_config(text: str, path: str) -> EncoderConfig:
    """Reads the text of a `bert_config.json`. Keys of other programs are passed over, as the original does.

    Raises:
        InputError: If it is not JSON, has no vocab_size, or a value is of the wrong type or out of range.
    """
    tree = parse_json_object(text, path)
    values = {}
    for field in dataclasses.fields(EncoderConfig):
        if field.name in tree:
            values[field.name] = _encoder_value(field.name, typing.cast(type, field.type), tree[field.name], path)
    if "vocab_size" not in values:
        raise InputError(
            f"{path} must hold vocab_size",
            received=", ".join(sorted(tree)) or "an empty object",
            fix="Give the bert_config.json of the checkpoint by --bert_config_file",
        )
    return EncoderConfig(**values)


def encoder_config_to_json(config: EncoderConfig) -> str:
    """Returns the text of a `bert_config.json`."""
    return json.dumps(dataclasses.asdict(config), indent=2, sort_keys=True) + "\n"


def _encoder_value(name: str, kind: type, value: Any, path: str) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise InputError(f"{name} in {path} must be of type {kind.__name__}", received=value)
    if isinstance(value, int) and value < 1:
        raise InputError(f"{name} in {path} must be at least 1", received=value)
    if isinstance(value, float) and not 0 <= value < 1:
        raise InputError(f"{name} in {path} must be at least 0 and less than 1", received=value)
    return value
