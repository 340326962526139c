"""A trained model out of its output folder."""

import dataclasses

from bert_tf.config.run import DeviceConfig
from bert_tf.evaluation.predict import Predictor, make_predictor
from bert_tf.evaluation.result_files import read_labels
from bert_tf.runs.inputs import TrainedInputs
from bert_tf.tasks.assets import check_length, load_assets, make_text_step
from bert_tf.tasks.task_model import build_model, load_trained
from bert_tf.tasks.trained_head import check_head
from bert_tf.training.devices.strategy import make_strategy
from bert_tf.training.precision import choose_precision, find_accelerator
from bert_tf.weights.architecture import check_architecture
from bert_tf.weights.google import list_tensors
from bert_tf.weights.places import find_prefix


def load_predictor(inputs: TrainedInputs) -> Predictor:
    """Loads the best or latest checkpoint of a folder, ready to answer.

    Raises:
        InputError: If the folder holds no trained checkpoint, or its parts don't fit together.
    """
    config, task = inputs.config, inputs.task
    checkpoint = list_tensors(find_prefix(inputs.output_dir))
    own_files = dataclasses.replace(config.model, bert_config_file=None, vocab_file=None)
    assets = load_assets(checkpoint.folder, own_files)
    check_architecture(assets.encoder_config, checkpoint)
    check_length(config.data.max_seq_length, assets.encoder_config)
    check_head(checkpoint.prefix, read_labels(checkpoint.folder), task.name, task)
    strategy = make_strategy(DeviceConfig())  # Answers come from this machine, wherever the model was trained.
    precision = choose_precision(config.device.precision, find_accelerator(strategy))
    with strategy.scope():
        model = build_model(task, assets.encoder_config, precision.policy)
    load_trained(model, checkpoint)
    return make_predictor(model, make_text_step(assets, config, task.answers.template), task)
