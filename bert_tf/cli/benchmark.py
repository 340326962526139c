"""`bert-tf benchmark`: how fast training and prediction would be on this machine."""

import dataclasses
import os
import sys

from bert_tf.benchmark.measurements import measure
from bert_tf.benchmark.report import report_json, report_text
from bert_tf.benchmark.subject import BERT_BASE, Subject, random_subject
from bert_tf.cli.benchmark_inputs import STANDARD_OUTPUT, BenchmarkInputs
from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import ModelConfig, replace
from bert_tf.data.splits import TRAIN
from bert_tf.host import files
from bert_tf.host.console import say
from bert_tf.runs.tokens import token_tables
from bert_tf.tasks.assets import check_length, load_assets, load_encoder_config, make_text_step
from bert_tf.training.devices.strategy import check_batch_size, describe, make_strategy
from bert_tf.training.precision import choose_precision, find_accelerator
from bert_tf.weights.architecture import check_architecture
from bert_tf.weights.checkpoint import Checkpoint
from bert_tf.weights.google import open_checkpoint


def run(inputs: BenchmarkInputs) -> int:
    """Measures, prints the table and writes the JSON file."""
    config, settings = inputs.config, inputs.settings
    strategy = make_strategy(config.device)
    precision = choose_precision(config.device.precision, find_accelerator(strategy))
    config = replace(config, precision=precision.policy)
    if not config.train.tokens_per_batch:
        parts = config.train.gradient_accumulation_steps
        check_batch_size("train_batch_size", config.train.train_batch_size, strategy, parts)
    check_batch_size("predict_batch_size", config.evaluation.predict_batch_size, strategy)
    subject = _load_subject(dataclasses.replace(inputs, config=config))
    say(f"{precision}, on {describe(strategy)}")
    measured = measure(subject, strategy, settings, say)
    devices = describe(strategy)
    to_standard_output = settings.json == STANDARD_OUTPUT
    print(report_text(measured, subject, devices), end="", file=sys.stderr if to_standard_output else sys.stdout)
    if settings.json is not None:
        text = report_json(measured, subject, settings, devices)
        if to_standard_output:
            print(text, end="")
        else:
            files.make_folder(os.path.dirname(settings.json) or ".", "json")
            with files.writing(settings.json, "json"):
                files.write_text(settings.json, text)
            say(f"wrote {settings.json}")
    return 0


def _load_subject(inputs: BenchmarkInputs) -> Subject:
    """Reads the architecture and, for a task, the vocabulary, from where the options say."""
    model = inputs.config.model
    if model.init_checkpoint is None:
        return _make_subject(inputs, None)
    with open_checkpoint(model.init_checkpoint) as checkpoint:
        return _make_subject(inputs, checkpoint)


def _make_subject(inputs: BenchmarkInputs, checkpoint: Checkpoint | None) -> Subject:
    config, length = inputs.config, inputs.config.data.max_seq_length
    folder = checkpoint.folder if checkpoint else None
    if inputs.task is None or inputs.examples is None:
        encoder = _encoder_config(folder, config.model)
        # Beside a config, the checkpoint gives nothing to a run on random rows.
        check_architecture(encoder, checkpoint if config.model.bert_config_file is None else None)
        check_length(length, encoder)
        return random_subject(encoder, config, inputs.settings.shortest_row)
    assets = load_assets(folder, config.model)
    check_architecture(assets.encoder_config, checkpoint)
    check_length(length, assets.encoder_config)
    text_step = make_text_step(assets, config, inputs.task.answers.template)
    table = token_tables({TRAIN: inputs.examples}, inputs.task, text_step, None)[TRAIN]
    return Subject(assets.encoder_config, inputs.task, table, text_step, config)


def _encoder_config(folder: str | None, options: ModelConfig) -> EncoderConfig:
    """The architecture that the options name, BERT-base if they name none."""
    if folder is not None or options.bert_config_file is not None:
        return load_encoder_config(folder, options)
    return dataclasses.replace(BERT_BASE, hidden_act=options.hidden_act or BERT_BASE.hidden_act)
