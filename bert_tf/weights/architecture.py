"""Whether an architecture is that of a checkpoint, or one that can be built at all, told before anything is built."""

import re
from collections.abc import Iterator

from bert_tf.config.encoder import EncoderConfig, short_number
from bert_tf.errors import InputError
from bert_tf.host.memory import available_bytes
from bert_tf.weights.checkpoint import Checkpoint

_FLOAT32_BYTES = 4
_MEBIBYTE = 2**20
_LAYER = re.compile(r"bert/encoder/layer_(\d+)/")
# Which dimension of which weight a size is.
_SIZES = (
    ("vocab_size", "bert/embeddings/word_embeddings", 0),
    ("hidden_size", "bert/embeddings/word_embeddings", 1),
    ("max_position_embeddings", "bert/embeddings/position_embeddings", 0),
    ("type_vocab_size", "bert/embeddings/token_type_embeddings", 0),
    ("intermediate_size", "bert/encoder/layer_0/intermediate/dense/kernel", 1),
)


def check_architecture(config: EncoderConfig, checkpoint: Checkpoint | None) -> None:
    """Makes sure that a model of these sizes can be built, and that the weights are for it.

    Args:
        config: The architecture.
        checkpoint: Where the weights come from; None for new ones.

    Raises:
        InputError: If a size is another in the checkpoint, or the weights would not fit in memory.
    """
    known = dict(_sizes_in(checkpoint)) if checkpoint else {}
    other = [name for name, size in known.items() if getattr(config, name) != size]
    if checkpoint is not None and other:
        name, more = other[0], f" ({len(other)} sizes differ)" if len(other) > 1 else ""
        found = short_number(getattr(config, name))
        raise InputError(
            f"The shapes of the checkpoint must be those of the config{more}",
            received=f"{name} {found} by the config, {known[name]:,} in {checkpoint.origin}",
            fix="Give the bert_config.json that belongs to the checkpoint by --bert_config_file",
        )
    if not known:
        check_buildable(config)


def check_buildable(config: EncoderConfig) -> None:
    """Makes sure that there is memory for the weights of an architecture.

    Raises:
        InputError: If there is less.
    """
    room = available_bytes()
    if room is not None and _FLOAT32_BYTES * config.weights > room:
        raise InputError(
            "The weights of the model must fit in memory",
            received=f"{short_number(config.weights)} weights by the config, {room // _MEBIBYTE:,} MiB can be had",
            fix="Set --bert_config_file to one of smaller sizes",
        )


def _sizes_in(checkpoint: Checkpoint) -> Iterator[tuple[str, int]]:
    """The sizes that the shapes of a checkpoint tell."""
    layers = {int(match[1]) for name in checkpoint.weights if (match := _LAYER.match(name))}
    if layers:
        yield "num_hidden_layers", max(layers) + 1
    for size, name, dimension in _SIZES:
        shape = checkpoint.shapes.get(name, ())
        if len(shape) == 2:
            yield size, shape[dimension]


def encoder_shapes(config: EncoderConfig) -> dict[str, tuple[int, ...]]:
    """Returns the shape of every weight of an encoder by its name in a checkpoint of google-research/bert."""
    width, inner = config.hidden_size, config.intermediate_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings/word_embeddings": (config.vocab_size, width),
        "embeddings/position_embeddings": (config.max_position_embeddings, width),
        "embeddings/token_type_embeddings": (config.type_vocab_size, width),
        **_norm("embeddings", width),
        **_dense("pooler", width, width),
    }
    for index in range(config.num_hidden_layers):
        layer = f"encoder/layer_{index}"
        for part in ("query", "key", "value"):
            shapes |= _dense(f"{layer}/attention/self/{part}", width, width, leaf="")
        for part, size in (("attention/output", width), ("output", inner)):
            shapes |= {**_dense(f"{layer}/{part}", size, width), **_norm(f"{layer}/{part}", width)}
        shapes |= _dense(f"{layer}/intermediate", width, inner)
    return {f"bert/{name}": shape for name, shape in shapes.items()}


def _dense(name: str, inputs: int, outputs: int, leaf: str = "/dense") -> dict[str, tuple[int, ...]]:
    return {f"{name}{leaf}/kernel": (inputs, outputs), f"{name}{leaf}/bias": (outputs,)}


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}/LayerNorm/{part}": (width,) for part in ("beta", "gamma")}
