"""Every option of a run, once: its name, type, default, limits and help.

A `RunConfig` is a tree of frozen dataclasses. The command line makes one flag of each field, and the file
`config.json` of an output folder is one of these trees. Nothing here imports TensorFlow, so `--help` is quick.
"""

import dataclasses
import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from bert_tf.config.data import DataConfig, OwnDataConfig
from bert_tf.config.options import Option, option, options_of
from bert_tf.config.questions import ChoiceConfig, SpanConfig
from bert_tf.config.tagging import TaggingConfig
from bert_tf.errors import InputError, nearest
from bert_tf.host.json_objects import parse_json_object

CONFIG_FILE = "config.json"


@dataclasses.dataclass(frozen=True)
class ActionConfig:
    """What to do."""

    do_train: bool = option(False, "Train, then keep the checkpoint in output_dir.")
    do_eval: bool = option(False, "Evaluate on the dev set and write eval_results.txt.")
    do_predict: bool = option(False, "Predict the test set and write test_results.tsv and predictions.jsonl.")
    do_export: bool = option(False, "Export a SavedModel for TensorFlow Serving under output_dir/export.")
    output_dir: str | None = option(None, "Folder for everything that the run writes; always required.")
    overwrite_output_dir: bool = option(
        False, "Start anew in output_dir: remove the checkpoints and results of an earlier run there; exports stay."
    )
    verbosity: str = option(
        "normal",
        "What to tell while it runs: quiet leaves results, warnings and errors, debug adds what TensorFlow says.",
        choices=("quiet", "normal", "debug"),
    )


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Model."""

    init_checkpoint: str | None = option(
        None,
        "Checkpoint to start from: a prefix such as DIR/bert_model.ckpt, its folder, or the published .zip or "
        ".tar.gz; demo for the small one that comes with the package.",
        shapes_training=True,
    )
    bert_config_file: str | None = option(
        None, "Architecture of the model; by default the bert_config.json beside the checkpoint."
    )
    vocab_file: str | None = option(None, "WordPiece vocabulary; by default the vocab.txt beside the checkpoint.")
    do_lower_case: bool | None = option(
        None,
        "Whether to lower-case the text; by default if the vocabulary has next to no capitals.",
        shapes_training=True,
    )
    strip_accents: bool | None = option(
        None,
        "Whether to take accents off the letters; by default if the text is lower-cased, as in the original.",
        shapes_training=True,
    )
    hidden_act: str | None = option(
        None,
        "Activation of the feed-forward layers, in place of that of bert_config.json, where gelu means the tanh form.",
        choices=("gelu", "gelu_erf", "relu", "tanh", "linear"),
        shapes_training=True,
    )
    new_head: bool = option(
        False, "Start with an untrained head even if init_checkpoint holds a trained one.", shapes_training=True
    )


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """Training."""

    train_batch_size: int = option(32, "Examples of one optimizer step.", at_least=1, shapes_training=True)
    tokens_per_batch: int = option(
        0,
        "Word pieces of one optimizer step, padding included, as a bound in place of train_batch_size; 0 for none.",
        at_least=0,
        shapes_training=True,
    )
    gradient_accumulation_steps: int = option(
        1,
        "Number of equal parts in which the batch is worked off to save memory; the result is that of the whole batch.",
        at_least=1,
        shapes_training=True,
    )
    learning_rate: float = option(5e-5, "Peak learning rate, at the end of the warm-up.", above=0, shapes_training=True)
    num_train_epochs: float = option(
        3.0, "Passes over the training set; may be a fraction.", above=0, at_most=10_000, shapes_training=True
    )
    warmup_proportion: float = option(
        0.1, "Share of the steps in which the rate rises from 0.", at_least=0, at_most=1, shapes_training=True
    )
    optimizer: str = option(
        "adamw",
        "adamw corrects the bias of its moments; adam_weight_decay is the original's, which does not.",
        choices=("adamw", "adam_weight_decay"),
        shapes_training=True,
    )
    weight_decay_rate: float = option(
        0.01, "Decay of all weights except LayerNorm and biases.", at_least=0, shapes_training=True
    )
    clip_norm: float = option(
        1.0, "Global norm to which gradients are clipped; 0 turns clipping off.", at_least=0, shapes_training=True
    )
    label_smoothing: float = option(
        0.0,
        "Share of the target that is spread over all labels; evaluation keeps the plain loss.",
        at_least=0,
        at_most=0.99,
        shapes_training=True,
    )
    class_weights: str | None = option(
        None,
        "How much the examples of each label count: balanced, or a number a label, such as no=1,yes=2.5.",
        shapes_training=True,
    )
    focal_gamma: float = option(
        0.0,
        "Exponent of the focal loss, which weakens examples that are right already; 0 for the plain loss.",
        at_least=0,
        shapes_training=True,
    )
    seed: int = option(
        12345, "Decides shuffling, dropout and the new weights.", at_least=0, at_most=2**31 - 1, shapes_training=True
    )
    num_seeds: int = option(
        1,
        "Train so many times, with seed, seed + 1, ..., each in a folder of its own; the best becomes the result.",
        at_least=1,
        at_most=1000,
    )
    ensemble: bool = option(
        False, "With --num_seeds, also take the mean of the answers of all seeds that did not diverge."
    )
    save_checkpoints_steps: int = option(1000, "Steps between checkpoints.", at_least=1)
    keep_checkpoints: int = option(
        2,
        "Newest checkpoints to keep, beside the best one; with 1, there is none to continue from if it gets damaged.",
        at_least=1,
    )
    log_every: int = option(
        50, "Steps between points in TensorBoard; on a TPU, iterations_per_loop counts.", at_least=1
    )
    on_nan: str = option(
        "stop",
        "What to do about a batch whose loss or gradients are not finite: stop, skip its update, or rollback to the "
        "last checkpoint and leave the batch out from then on.",
        choices=("stop", "skip", "rollback"),
    )
    stall_seconds: float = option(
        300.0,
        "Seconds without a finished step after which a warning says what is waited for; after four times as long the "
        "run ends. 0 for never.",
        at_least=0,
    )


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """Evaluation and prediction."""

    eval_batch_size: int = option(8, "Examples of one batch in evaluation.", at_least=1)
    predict_batch_size: int = option(
        8,
        "Examples of one batch in prediction. `bert-tf predict` and `Predictor` take more of short texts.",
        at_least=1,
    )
    glue_submission: bool = option(
        False, "With --do_predict, also write the files that the GLUE server takes, such as glue_submission/CoLA.tsv."
    )
    eval_every: int = option(
        0,
        "Steps between evaluations during training, the best of which is kept; 0 evaluates at the end only.",
        at_least=0,
        shapes_training=True,
    )
    metric: str | None = option(
        None,
        "Score that decides which checkpoint and which seed is best, such as f1_macro or loss; by default the first "
        "of the task.",
        shapes_training=True,
    )
    result_name: str | None = option(
        None,
        "Put the results of --do_eval and --do_predict into the folders eval-NAME and predict-NAME of output_dir; by "
        "default only those of other data than the results that are there.",
        names_folder=True,
    )
    early_stopping_patience: int = option(
        0,
        "Evaluations without improvement after which training stops; 0 never stops.",
        at_least=0,
        shapes_training=True,
    )
    report: bool = option(
        True, "After an evaluation, write report.html, its figures as PNG, and model_card.md; noreport leaves them out."
    )


@dataclasses.dataclass(frozen=True)
class DeviceConfig:
    """Devices."""

    precision: str = option(
        "float32",
        "Numbers that the model computes with; weights are always float32. auto takes bfloat16 where the device "
        "multiplies it fast, float32 elsewhere, and says which.",
        choices=("auto", "float32", "mixed_bfloat16", "mixed_float16"),
        shapes_training=True,
    )
    remat: bool = option(
        False,
        "Keep the input of each layer only and compute the rest again in the backward pass: less memory, the same "
        "result, about a third more time.",
    )
    distribution: str = option(
        "auto",
        "Where each batch is computed: on one_device, mirrored on all GPUs of the machine, on the GPUs of several "
        "machines (multi_worker), or on a tpu. auto takes what is there and says so.",
        choices=("auto", "one_device", "mirrored", "multi_worker", "tpu"),
    )
    num_cpu_devices: int = option(
        0,
        "Divide the CPU into so many logical devices and compute on these, to try out distribution without GPUs; "
        "0 takes GPUs, or the CPU as a whole.",
        at_least=0,
        at_most=64,
    )
    worker_hosts: str | None = option(
        None,
        "The workers of multi_worker, as host:port,host:port,... with the chief first; by default those that the "
        "environment variable TF_CONFIG names.",
    )
    task_index: int | None = option(None, "Position of this process among worker_hosts, from 0.", at_least=0)
    worker_timeout: int = option(
        600, "Seconds that workers wait for one another when a run begins.", at_least=1, at_most=86400
    )
    use_tpu: bool = option(False, "Run on a Cloud TPU instead of GPUs or CPUs; the same as distribution=tpu.")
    tpu_name: str | None = option(
        None, "Name or grpc:// address of the Cloud TPU; local for the TPU of the machine that this runs on."
    )
    tpu_zone: str | None = option(None, "Zone of the Cloud TPU; by default found from the environment.")
    gcp_project: str | None = option(None, "Project of the Cloud TPU; by default found from the environment.")
    master: str | None = option(None, "Address of the TPU worker, an older way to say tpu_name.")
    num_tpu_cores: int = option(8, "Kept for old scripts: the TPU itself says how many cores it has.", at_least=1)
    iterations_per_loop: int = option(1000, "Steps that a TPU runs before it reports back.", at_least=1)


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """All options of a run, one section a group of flags."""

    action: ActionConfig = ActionConfig()
    model: ModelConfig = ModelConfig()
    data: DataConfig = DataConfig()  # noqa: RUF009 (it is frozen)
    own_data: OwnDataConfig = OwnDataConfig()  # noqa: RUF009 (it is frozen)
    spans: SpanConfig = SpanConfig()  # noqa: RUF009 (it is frozen)
    tagging: TaggingConfig = TaggingConfig()  # noqa: RUF009 (it is frozen)
    choices: ChoiceConfig = ChoiceConfig()  # noqa: RUF009 (it is frozen)
    train: TrainConfig = TrainConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    device: DeviceConfig = DeviceConfig()


def options() -> Iterator[Option]:
    """Yields every option, section by section."""
    for section in dataclasses.fields(RunConfig):
        yield from options_of(typing.cast(Any, section.type), section.name)


OPTIONS: Mapping[str, Option] = {entry.name: entry for entry in options()}
SECTION_TITLES: Mapping[str, str] = {
    field.name: str(typing.cast(Any, field.type).__doc__).rstrip(".") for field in dataclasses.fields(RunConfig)
}


def replace(config: RunConfig, **values: object) -> RunConfig:
    """Returns the config with options set by their names alone; each value is checked.

    Raises:
        InputError: If a name is unknown or a value breaks a rule.
    """
    sections: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name not in OPTIONS:
            raise InputError(
                "An option must be one of those that --help lists", received=name, fix=nearest(name, OPTIONS)
            )
        entry = OPTIONS[name]
        sections.setdefault(entry.section, {})[name] = entry.check(value)
    changed = {name: dataclasses.replace(getattr(config, name), **fields) for name, fields in sections.items()}
    return dataclasses.replace(config, **changed)


def to_json(config: RunConfig) -> str:
    """Returns the config as the text of a `config.json`."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def from_json(text: str, path: str, base: RunConfig | None = None) -> RunConfig:
    """Reads the text of a `config.json`; what is left out stays as in `base`, or has its default.

    Keys that begin with an underscore are notes for the reader and are passed over.

    Raises:
        InputError: If it is not JSON or not a tree of known sections and options.
    """
    tree = parse_json_object(text, path)
    values = {}
    for section, fields in tree.items():
        if section.startswith("_"):
            continue
        if section in SECTION_TITLES and not isinstance(fields, dict):
            raise InputError(f"{section} in {path} must be an object of options", received=fields)
        if section not in SECTION_TITLES:
            raise InputError(
                f"{path} must hold objects named {', '.join(SECTION_TITLES)}",
                received=section,
                fix=nearest(section, SECTION_TITLES),
            )
        for name, value in fields.items():
            if name.startswith("_"):
                continue
            if name not in OPTIONS or OPTIONS[name].section != section:
                known = [entry.name for entry in OPTIONS.values() if entry.section == section]
                fix = f"It belongs into {OPTIONS[name].section}" if name in OPTIONS else nearest(name, known)
                raise InputError(f"{path} has an unknown option in {section}", received=name, fix=fix)
            values[name] = value
    return replace(base or RunConfig(), **values)


def differing_options(old: RunConfig, new: RunConfig) -> dict[str, tuple[object, object]]:
    """Returns the options that shape the training and differ: name -> (old value, new value)."""
    pairs = {
        name: (getattr(getattr(old, entry.section), name), getattr(getattr(new, entry.section), name))
        for name, entry in OPTIONS.items()
        if entry.rules.shapes_training
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
