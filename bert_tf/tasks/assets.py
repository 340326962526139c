"""What belongs to a checkpoint beside its weights: architecture, vocabulary and case, and the text step they make."""

import dataclasses
import os

from bert_tf.config.encoder import (
    ENCODER_CONFIG_FILE,
    VOCABULARY_FILE,
    EncoderConfig,
    encoder_config_to_json,
    parse_encoder_config,
)
from bert_tf.config.run import ModelConfig, RunConfig
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.models.layers import check_activation
from bert_tf.text.case import choose_case
from bert_tf.text.excerpts import LongText, Reading
from bert_tf.text.step import TextStep
from bert_tf.text.template import Template, check_limits
from bert_tf.text.vocabulary import Vocabulary, parse_vocabulary


@dataclasses.dataclass(frozen=True)
class Assets:
    """The files beside a checkpoint, read and checked against each other.

    Attributes:
        encoder_config: The architecture.
        vocabulary: The word pieces.
        vocabulary_bytes: The vocabulary file as it is.
        lower_case: Whether texts are lower-cased.
        strip_accents: Whether texts lose their accents.
    """

    encoder_config: EncoderConfig
    vocabulary: Vocabulary
    vocabulary_bytes: bytes
    lower_case: bool
    strip_accents: bool

    def write(self, folder: str) -> None:
        """Writes them beside a new checkpoint."""
        files.write_bytes(os.path.join(folder, VOCABULARY_FILE), self.vocabulary_bytes)
        files.write_text(os.path.join(folder, ENCODER_CONFIG_FILE), encoder_config_to_json(self.encoder_config))


def load_assets(folder: str | None, options: ModelConfig) -> Assets:
    """Reads what the options name, and by default what stands beside the checkpoint.

    Args:
        folder: The folder of the checkpoint; None for a start without one.
        options: The files that the user named.

    Raises:
        InputError: If a file is missing or malformed, or they contradict each other.
    """
    config = load_encoder_config(folder, options)
    vocabulary_path = _path(options.vocab_file, folder, VOCABULARY_FILE, "vocab_file")
    data = files.read_bytes(vocabulary_path, "the model's vocabulary", "Set --vocab_file to its vocab.txt")
    vocabulary = parse_vocabulary(data, vocabulary_path)
    if vocabulary.used > config.vocab_size:  # Blank lines and the like behind its end give no text an id.
        raise InputError(
            f"The vocabulary must not be larger than the model's, which has {config.vocab_size} entries",
            received=f"{vocabulary_path} with {vocabulary.used}",
            fix="Give the vocab.txt and bert_config.json that belong together",
        )
    return Assets(config, vocabulary, data, *choose_case(vocabulary, options.do_lower_case, options.strip_accents))


def load_encoder_config(folder: str | None, options: ModelConfig) -> EncoderConfig:
    """Reads the architecture alone; takes and raises what `load_assets` does."""
    path = _path(options.bert_config_file, folder, ENCODER_CONFIG_FILE, "bert_config_file")
    text = files.read_text(path, "the model's config", "Set --bert_config_file to its bert_config.json")
    config = parse_encoder_config(text, path)
    if options.hidden_act is not None:
        config = dataclasses.replace(config, hidden_act=options.hidden_act)
    check_activation(config.hidden_act)
    return config


def make_text_step(assets: Assets, config: RunConfig, template: Template) -> TextStep:
    """Creates the text step for a vocabulary, the options of a run, and what its examples consist of.

    Raises:
        InputError: If a row could not hold a question and a piece of its context.
    """
    options, spans = config.data, config.spans
    if template is Template.CONTEXT:
        check_limits(options.max_seq_length, spans.max_query_length, options.doc_stride)
    return TextStep(
        assets.vocabulary,
        lower_case=assets.lower_case,
        strip_accents=assets.strip_accents,
        max_seq_length=options.max_seq_length,
        reading=Reading(LongText(options.long_text), options.doc_stride),
        template=template,
        max_query_length=spans.max_query_length,
    )


def check_length(max_seq_length: int, config: EncoderConfig) -> None:
    """Makes sure that rows fit the model's positions.

    Raises:
        InputError: If they may be longer.
    """
    if max_seq_length > config.max_position_embeddings:
        raise InputError(
            f"--max_seq_length must not be larger than the model's {config.max_position_embeddings} positions",
            received=max_seq_length,
            fix=f"Set --max_seq_length={config.max_position_embeddings} or less",
        )


def _path(given: str | None, folder: str | None, name: str, flag: str) -> str:
    if given is not None:
        return given
    if folder is None:
        raise InputError(
            "There must be a checkpoint to start from, or config and vocabulary of a new model",
            received=f"neither --init_checkpoint nor --{flag}",
            fix=f"Set --init_checkpoint, to demo for a first try, or --{flag} to a {name} to begin with random weights",
        )
    return os.path.join(folder, name)
