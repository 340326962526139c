"""What all actions of a run of the classifier share: options, devices, vocabulary, model, checked before any acts."""

import contextlib
import dataclasses
import os
import platform
from collections.abc import Iterator

import keras
import tensorflow as tf

from bert_tf import __version__
from bert_tf.config.encoder import VOCABULARY_FILE
from bert_tf.config.paths import with_absolute_paths
from bert_tf.config.run import CONFIG_FILE, RunConfig, replace, to_json
from bert_tf.data.batches.batch import Batching
from bert_tf.data.splits import Split
from bert_tf.data.table import TokenTable
from bert_tf.evaluation import result_files
from bert_tf.evaluation.evaluate import Evaluator
from bert_tf.host import console, files
from bert_tf.host.console import say
from bert_tf.host.workers import check_agreement, checksum, count_workers, is_chief
from bert_tf.models.model import BertModel
from bert_tf.runs.folder import config_of_checkpoint, with_case_of
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.runs.reporting import ReportedModel
from bert_tf.tasks.assets import Assets, check_length, load_assets, make_text_step
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.objectives.objective import Objective
from bert_tf.tasks.task import Task
from bert_tf.tasks.task_model import build_model
from bert_tf.tasks.trained_head import check_head
from bert_tf.text.case import describe_case, doubt_case
from bert_tf.text.step import TextStep
from bert_tf.text.vocabulary import Vocabulary, tell_unmatchable
from bert_tf.training.devices.strategy import check_batch_size, describe, describe_share, is_tpu, kind_of
from bert_tf.training.journal import Event, Journal, config_digest
from bert_tf.training.precision import choose_precision, find_accelerator
from bert_tf.weights.architecture import check_architecture
from bert_tf.weights.checkpoint import Checkpoint
from bert_tf.weights.google import list_tensors, open_checkpoint
from bert_tf.weights.places import find_prefix
from bert_tf.weights.selection import holds_run


@dataclasses.dataclass(frozen=True)
class Session:
    """What all actions of a run share."""

    config: RunConfig
    task: Task
    output_dir: str
    strategy: tf.distribute.Strategy
    assets: Assets
    text_step: TextStep
    model: BertModel
    journal: Journal

    @property
    def objective(self) -> Objective:
        return objective_for(self.task.answers).of(self.model)

    @property
    def writes(self) -> bool:
        """Whether this process writes files and standard output: of several workers, the first does."""
        return is_chief(self.strategy)

    def described(self, global_step: int) -> ReportedModel:
        """What a report says of the model, whose weights had so many updates."""
        return ReportedModel(self.task, self.config, self.output_dir, self.assets, self.model, global_step)

    def evaluator(self, table: TokenTable, batch_size: int | None = None) -> Evaluator:
        """Returns what runs the model over a data set; in batches as those of --eval_batch_size unless told."""
        return Evaluator(
            self.model,
            self.objective,
            table,
            self.strategy,
            batch_size=batch_size or self.config.evaluation.eval_batch_size,
            max_length=self.config.data.max_seq_length,
            batching=Batching(self.config.data.batching),
            long_text=self.text_step.reading.way,
        )

    def note_start(self, **values: int) -> None:
        """Begins the entries of this command in the journal: what it takes to compare runs, and nothing private."""
        self.journal.note(
            Event.START,
            actions=[
                name for name in ("do_train", "do_eval", "do_predict", "do_export") if getattr(self.config.action, name)
            ],
            versions={
                "bert_tf": __version__,
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "python": platform.python_version(),
            },
            devices=describe(self.strategy),
            precision=self.config.device.precision,
            task=self.task.name,
            seed=self.config.train.seed,
            config_digest=config_digest(self.config),
            **values,
        )

    def keep_config(self) -> None:
        """Writes the options, unless the folder has those of the run that it belongs to."""
        files.make_folder(self.output_dir)
        files.remove_leftovers(self.output_dir)
        path = os.path.join(self.output_dir, CONFIG_FILE)
        if files.exists(path):
            return
        # Without the permission to overwrite: repeating a run must not destroy it. And without the workers, which are
        # those of this run: whoever evaluates its folder later is alone.
        device = {"worker_hosts": None, "task_index": None, "distribution": self.config.device.distribution}
        if count_workers(self.strategy) > 1:
            device["distribution"] = "auto"
        kept = replace(with_absolute_paths(self.config), overwrite_output_dir=False, **device)
        files.write_text(path, to_json(kept))


@contextlib.contextmanager
def open_source(inputs: ClassifierInputs) -> Iterator[Checkpoint | None]:
    """Where weights, vocabulary and config come from: the folder's own run, else --init_checkpoint, else nowhere."""
    action, model = inputs.config.action, inputs.config.model
    starts_anew = action.do_train and action.overwrite_output_dir
    if holds_run(inputs.output_dir) and not starts_anew:
        # Training will tell of a damaged checkpoint itself: it may continue at another than what would be evaluated.
        yield list_tensors(find_prefix(inputs.output_dir, (lambda line: None) if action.do_train else console.warn))
    elif model.init_checkpoint is not None:
        with open_checkpoint(model.init_checkpoint) as checkpoint:
            yield checkpoint
    else:
        yield None


def open_session(
    inputs: ClassifierInputs, checkpoint: Checkpoint | None, strategy: tf.distribute.Strategy, journal: Journal
) -> Session:
    """Checks everything that can be wrong before anything is written, and creates the model."""
    config, task = inputs.config, inputs.task
    chosen = " (auto)" if config.device.distribution == "auto" else ""
    say(f"distribution: {kind_of(strategy)}{chosen}, {describe(strategy)}")
    if is_tpu(strategy) and config.data.batching != Batching.PADDED.value:
        say("a TPU needs fixed shapes: --batching=padded")
        config = replace(config, batching=Batching.PADDED.value)
    _check_batch_sizes(config, strategy)
    precision = choose_precision(config.device.precision, find_accelerator(strategy))
    config = replace(config, precision=precision.policy)
    trained = config_of_checkpoint(checkpoint.folder) if checkpoint else None
    config = with_case_of(config, trained)
    own_files = inputs.earlier is not None and files.exists(os.path.join(inputs.output_dir, VOCABULARY_FILE))
    named = dataclasses.replace(config.model, bert_config_file=None, vocab_file=None) if own_files else config.model
    assets = load_assets(checkpoint.folder if checkpoint else None, named)
    check_architecture(assets.encoder_config, checkpoint)
    check_length(config.data.max_seq_length, assets.encoder_config)
    _tell_of_vocabulary(assets.vocabulary, config, journal)
    # Kept with the run, so that what is done later with its weights reads texts in the same way.
    config = replace(config, do_lower_case=assets.lower_case, strip_accents=assets.strip_accents)
    if checkpoint is not None and not config.model.new_head:
        trained_task = trained.data.task_name if trained else None
        check_head(checkpoint.prefix, result_files.read_labels(checkpoint.folder), trained_task, task)
    text_step = make_text_step(assets, config, task.answers.template)
    with strategy.scope():
        model = build_model(task, assets.encoder_config, precision.policy, recomputes=config.device.remat)
    case = describe_case(lower_case=assets.lower_case, strip_accents=assets.strip_accents)
    say(f"{model.count_params():,} weights, {case}, {precision}, on {describe(strategy)}")
    return Session(config, task, inputs.output_dir, strategy, assets, text_step, model, journal)


def _tell_of_vocabulary(vocabulary: Vocabulary, config: RunConfig, journal: Journal) -> None:
    for doubt in doubt_case(vocabulary, config.model.do_lower_case, config.model.strip_accents):
        console.warn(f"warning: {doubt.what}. {doubt.fix}.")
        journal.warn_early(doubt.what)
    unmatchable = tell_unmatchable(vocabulary)
    if unmatchable:
        say(unmatchable)


def _check_batch_sizes(config: RunConfig, strategy: tf.distribute.Strategy) -> None:
    train = config.train
    if config.action.do_train and not train.tokens_per_batch:
        check_batch_size("train_batch_size", train.train_batch_size, strategy, train.gradient_accumulation_steps)
        say(f"training: {describe_share(train.train_batch_size, strategy)}")
    if config.action.do_eval or (config.action.do_train and config.evaluation.eval_every):
        check_batch_size("eval_batch_size", config.evaluation.eval_batch_size, strategy)
    if config.action.do_predict:
        check_batch_size("predict_batch_size", config.evaluation.predict_batch_size, strategy)


def check_same_inputs(session: Session, tables: dict[Split, TokenTable]) -> None:
    """Makes sure that all workers have been told and have read the same."""
    own = {"output_dir": None, "worker_hosts": None, "task_index": None}
    options = to_json(replace(session.config, **own))
    examples = {f"{split.name} examples": table.digest().encode() for split, table in tables.items()}
    check_agreement(session.strategy, {"options": options.encode(), **examples})


def check_same_weights(session: Session, checkpoint: Checkpoint) -> None:
    """Makes sure that all workers have read the same checkpoint."""
    if count_workers(session.strategy) > 1:
        weights = checksum(variable.numpy() for variable in session.model.variables)
        check_agreement(session.strategy, {"step": checkpoint.global_step, "weights": weights})
