"""`bert-tf classifier`, which is `run_classifier.py`: train, evaluate, predict, export."""

import contextlib
import dataclasses
import io
import os
import platform
import time
from collections.abc import Iterator

import keras
import tensorflow as tf

from bert_tf import __version__, console, files
from bert_tf.cli.inputs import RUN_FILES, ClassifierInputs, saved_config
from bert_tf.cli.reporting import ReportedModel, report_on
from bert_tf.cli.tokens import token_tables
from bert_tf.config import CONFIG_FILE, RunConfig, replace, to_json
from bert_tf.console import say
from bert_tf.data.batching import Batching
from bert_tf.data.layouts import Split
from bert_tf.data.tokens import TokenTable
from bert_tf.encoder_config import VOCABULARY_FILE
from bert_tf.errors import InputError
from bert_tf.evaluation import results
from bert_tf.evaluation.evaluate import Evaluator, Outputs, evaluate, is_constant
from bert_tf.evaluation.predict import Predictor
from bert_tf.export.saved_model import export_saved_model
from bert_tf.models.model import BertModel
from bert_tf.tasks.assets import Assets, check_length, load_assets, make_text_step
from bert_tf.tasks.modelling import build_model, check_head, load_trained, start_weights
from bert_tf.tasks.objective import OBJECTIVES, Objective
from bert_tf.tasks.task import Task
from bert_tf.text.step import TextStep
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.journal import JOURNAL_FILE, Event, Journal, config_digest
from bert_tf.training.loop import TrainingJob, TrainingRun
from bert_tf.training.membership import watching
from bert_tf.training.memory import free_memory, step_memory
from bert_tf.training.plan import count_steps, make_plan
from bert_tf.training.precision import choose_precision, find_accelerator
from bert_tf.training.progress import Progress
from bert_tf.training.strategy import check_batch_size, describe, describe_share, is_tpu, kind_of, make_strategy
from bert_tf.weights.google import Checkpoint, find_prefix, list_tensors, open_checkpoint
from bert_tf.weights.selection import holds_run
from bert_tf.workers import check_agreement, checksum, count_workers, is_chief, wait_for_workers, worker_index


@dataclasses.dataclass(frozen=True)
class _Session:
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
        return OBJECTIVES[self.task.kind]

    @property
    def writes(self) -> bool:
        """Whether this process writes files and standard output: of several workers, the first does."""
        return is_chief(self.strategy)

    def described(self, global_step: int) -> ReportedModel:
        """What a report says of the model, whose weights had so many updates."""
        return ReportedModel(self.task, self.config, self.output_dir, self.assets, self.model, global_step)


def run(inputs: ClassifierInputs) -> int:
    """Runs the actions of the config, in their order."""
    strategy = make_strategy(inputs.config.device, inputs.cluster)  # Before TensorFlow does anything else.
    console.set_worker(worker_index(strategy), count_workers(strategy))
    journal = Journal(os.path.join(inputs.output_dir, JOURNAL_FILE) if is_chief(strategy) else None)
    with journal.closing(), watching(strategy, inputs.cluster):
        return _run(inputs, strategy, journal)


def _run(inputs: ClassifierInputs, strategy: tf.distribute.Strategy, journal: Journal) -> int:
    action = inputs.config.action
    with _source(inputs) as checkpoint:
        if checkpoint is None and not action.do_train:
            fix = "Train with --do_train, or give a fine-tuned checkpoint by --init_checkpoint"
            raise InputError("There must be a trained checkpoint", received=inputs.output_dir, fix=fix)
        session = _open(inputs, checkpoint, strategy, journal)
        cache_dir = session.config.data.cache_dir
        tables = token_tables(inputs.splits, session.task, session.text_step, cache_dir, writes=session.writes)
        _check_same_inputs(session, tables)
        evaluator = _evaluator(session, tables[Split.DEV]) if Split.DEV in tables else None
        if action.do_train:
            _train(session, inputs, checkpoint, tables, evaluator)
            wait_for_workers(strategy)  # Until the chief has written the last checkpoint.
            checkpoint = list_tensors(find_prefix(session.output_dir))
        assert checkpoint is not None
        report = load_trained(session.model, checkpoint)
        _check_same_weights(session, checkpoint)
        if not action.do_train:
            say(f"weights from {checkpoint.prefix}, step {checkpoint.global_step}:\n{report.table()}")
            if session.writes:
                _keep_config(session)
            _note_start(session)
        if action.do_eval and evaluator is not None:
            outputs = evaluator.run()
            scores = _scores(session, outputs, tables[Split.DEV])
            if session.writes:
                results.write_eval_results(session.output_dir, scores, checkpoint.global_step)
                journal.note(Event.EVALUATE, step=checkpoint.global_step, scores=scores)
                print(f"{session.task.name} dev: {results.format_scores(scores)}")
                say(f"wrote {os.path.join(session.output_dir, results.EVAL_RESULTS)}")
            if session.writes and session.config.evaluation.report:
                answers = session.objective.probabilities(tf.constant(outputs.logits)).numpy()
                report_on(session.described(checkpoint.global_step), inputs.splits, tables, answers, scores)
        if action.do_predict:
            _predict(session, inputs, tables[Split.TEST])
        if action.do_export and session.writes:
            _export(session, checkpoint)
        wait_for_workers(strategy)
    return 0


@contextlib.contextmanager
def _source(inputs: ClassifierInputs) -> Iterator[Checkpoint | None]:
    """Where weights, vocabulary and config come from: the folder's own run, else --init_checkpoint, else nowhere."""
    action, model = inputs.config.action, inputs.config.model
    starts_anew = action.do_train and action.overwrite_output_dir
    if holds_run(inputs.output_dir) and not starts_anew:
        # Training will tell of a damaged checkpoint itself: it may go on at another than what would be evaluated.
        yield list_tensors(find_prefix(inputs.output_dir, (lambda line: None) if action.do_train else console.warn))
    elif model.init_checkpoint is not None:
        with open_checkpoint(model.init_checkpoint) as checkpoint:
            yield checkpoint
    else:
        yield None


def _open(
    inputs: ClassifierInputs, checkpoint: Checkpoint | None, strategy: tf.distribute.Strategy, journal: Journal
) -> _Session:
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
    own_files = inputs.earlier is not None and files.exists(os.path.join(inputs.output_dir, VOCABULARY_FILE))
    named = dataclasses.replace(config.model, bert_config_file=None, vocab_file=None) if own_files else config.model
    assets = load_assets(checkpoint.folder if checkpoint else None, named)
    check_length(config.data.max_seq_length, assets.encoder_config)
    if checkpoint is not None and not config.model.new_head:
        trained = saved_config(checkpoint.folder)
        trained_task = trained.data.task_name if trained else None
        check_head(checkpoint, results.read_labels(checkpoint.folder), trained_task, task)
    text_step = make_text_step(assets, config.data)
    with strategy.scope():
        model = build_model(task, assets.encoder_config, precision.policy, recomputes=config.device.remat)
    case = "uncased" if assets.lower_case else "cased"
    say(f"{model.count_params():,} weights, {case}, {precision}, on {describe(strategy)}")
    return _Session(config, task, inputs.output_dir, strategy, assets, text_step, model, journal)


def _check_same_inputs(session: _Session, tables: dict[Split, TokenTable]) -> None:
    """Makes sure that all workers have been told and have read the same."""
    own = {"output_dir": None, "worker_hosts": None, "task_index": None}
    options = to_json(replace(session.config, **own))
    examples = {
        f"{split.value} examples": checksum([table.input_ids, table.segment_ids, table.row_splits, table.label_ids])
        for split, table in tables.items()
    }
    check_agreement(session.strategy, {"options": options.encode(), **examples})


def _check_same_weights(session: _Session, checkpoint: Checkpoint) -> None:
    """Makes sure that all workers have read the same checkpoint."""
    if count_workers(session.strategy) > 1:
        weights = checksum(variable.numpy() for variable in session.model.variables)
        check_agreement(session.strategy, {"step": checkpoint.global_step, "weights": weights})


def _check_batch_sizes(config: RunConfig, strategy: tf.distribute.Strategy) -> None:
    train = config.train
    if config.action.do_train and not train.tokens_per_batch:
        check_batch_size("train_batch_size", train.train_batch_size, strategy, train.gradient_accumulation_steps)
        say(f"training: {describe_share(train.train_batch_size, strategy)}")
    if config.action.do_eval or (config.action.do_train and config.evaluation.eval_every):
        check_batch_size("eval_batch_size", config.evaluation.eval_batch_size, strategy)
    if config.action.do_predict:
        check_batch_size("predict_batch_size", config.evaluation.predict_batch_size, strategy)


def _evaluator(session: _Session, table: TokenTable, batch_size: int | None = None) -> Evaluator:
    return Evaluator(
        session.model,
        session.objective,
        table,
        session.strategy,
        batch_size=batch_size or session.config.evaluation.eval_batch_size,
        max_length=session.config.data.max_seq_length,
        batching=Batching(session.config.data.batching),
        long_text=session.text_step.reading.way,
    )


def _train(
    session: _Session,
    inputs: ClassifierInputs,
    checkpoint: Checkpoint | None,
    tables: dict[Split, TokenTable],
    evaluator: Evaluator | None,
) -> None:
    config, folder, table = session.config, session.output_dir, tables[Split.TRAIN]
    plan = make_plan(table.lengths, config, session.strategy.num_replicas_in_sync)
    total_steps, warmup_steps = count_steps(plan, config)  # Before anything is written.
    checkpoints = RunCheckpoints(folder, config.train.keep_checkpoints)
    latest_step = None if config.action.overwrite_output_dir else checkpoints.latest_step()
    check_agreement(session.strategy, {"newest checkpoint": latest_step})
    if latest_step is None:
        report = start_weights(session.model, checkpoint, seed=config.train.seed, new_head=config.model.new_head)
        say(f"weights from {checkpoint.prefix if checkpoint else 'no checkpoint'}:\n{report.table()}")
        if session.writes:
            checkpoints.check_room(session.model.count_params())
            _begin_folder(session, checkpoints)
        wait_for_workers(session.strategy)

    def scores() -> dict[str, float]:
        assert evaluator is not None
        return _scores(session, evaluator.run(), tables[Split.DEV])

    job = TrainingJob(
        model=session.model,
        objective=session.objective,
        table=table,
        example_ids=[inputs.splits[Split.TRAIN].location(index) for index in table.examples],
        plan=plan,
        config=config,
        strategy=session.strategy,
        evaluate=scores if config.evaluation.eval_every else None,
        metric=session.task.metrics[0],
    )
    training = TrainingRun(job, folder, session.journal)
    _note_start(session, examples=len(table), steps=total_steps)
    for note in training.notes:
        console.warn(note)
    if training.is_finished:
        say(f"the run in {folder} is finished at step {training.step}; nothing is left to train")
        return
    if training.resumed_from is not None:
        say(f"resuming the run in {folder} at step {training.resumed_from} of {total_steps}")
        if session.writes:
            checkpoints.check_room(session.model.count_params())
    say(f"training {total_steps} steps, {warmup_steps} of them warm-up, with {config.train.optimizer}")
    if config.train.keep_checkpoints == 1:
        say("--keep_checkpoints=1: if the newest checkpoint gets damaged, there is no earlier one to go on from")
    say(step_memory(session.model, plan, config, total_steps).tell(free_memory(session.strategy)))
    started, first_step = time.monotonic(), training.step
    training.train(Progress(total_steps, first_step, None if session.writes else io.StringIO()))
    seconds = time.monotonic() - started
    wait = training.input_wait
    waited = "" if wait is None else f"; share of time waiting for input {wait:.1%}"
    say(f"trained {training.step - first_step} steps in {seconds:.1f} s{waited}; checkpoints are in {folder}")


def _scores(session: _Session, outputs: Outputs, table: TokenTable) -> dict[str, float]:
    """Scores what the model says, and warns if it says always the same."""
    if is_constant(outputs, table):
        text = "the model gives every example of the dev set the same label; more steps, a lower or higher "
        text += "--learning_rate, another --seed or a larger model may help"
        console.warn(f"warning: {text}")
        session.journal.note(Event.WARN, kind="constant_prediction", text=text)
    return evaluate(outputs, table, session.task, session.objective)


def _note_start(session: _Session, **values: int) -> None:
    """Begins the entries of this command in the journal, with what it takes to compare runs and nothing of the user."""
    session.journal.note(
        Event.START,
        actions=[name for name in ("do_train", "do_eval", "do_predict", "do_export") if _does(session, name)],
        versions={
            "bert_tf": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "python": platform.python_version(),
        },
        devices=describe(session.strategy),
        precision=session.config.device.precision,
        task=session.task.name,
        seed=session.config.train.seed,
        config_digest=config_digest(session.config),
        **values,
    )


def _does(session: _Session, action: str) -> bool:
    return bool(getattr(session.config.action, action))


def _begin_folder(session: _Session, checkpoints: RunCheckpoints) -> None:
    """Makes the output folder that of this run: from here on something is written."""
    folder = session.output_dir
    files.make_folder(folder)
    checkpoints.remove_all()
    for name in RUN_FILES:
        files.remove(os.path.join(folder, name))
    files.remove(os.path.join(folder, CONFIG_FILE))
    session.assets.write(folder)
    results.write_labels(folder, session.task.labels)
    _keep_config(session)


def _keep_config(session: _Session) -> None:
    """Writes the options, unless the folder has those of the run that it belongs to."""
    files.make_folder(session.output_dir)
    files.remove_leftovers(session.output_dir)
    path = os.path.join(session.output_dir, CONFIG_FILE)
    if files.exists(path):
        return
    # Without the permission to overwrite: repeating a run must not destroy it. And without the workers, which are those
    # of this run: whoever evaluates its folder later is alone.
    device = {"worker_hosts": None, "task_index": None, "distribution": session.config.device.distribution}
    if count_workers(session.strategy) > 1:
        device["distribution"] = "auto"
    files.write_text(path, to_json(replace(session.config, overwrite_output_dir=False, **device)))


def _predict(session: _Session, inputs: ClassifierInputs, table: TokenTable) -> None:
    evaluator = _evaluator(session, table, session.config.evaluation.predict_batch_size)
    probabilities = session.objective.probabilities(tf.constant(evaluator.run().logits)).numpy()
    if not session.writes:
        return
    results.write_test_results(session.output_dir, probabilities)
    results.write_predictions(session.output_dir, inputs.splits[Split.TEST], probabilities, session.task.labels)
    results.write_labels(session.output_dir, session.task.labels)
    names = ", ".join((results.TEST_RESULTS, results.PREDICTIONS, results.LABELS))
    say(f"predicted {len(probabilities):,} examples: {names} in {session.output_dir}")


def _export(session: _Session, checkpoint: Checkpoint) -> None:
    """Exports a float32 model: where it will be served, narrow numbers may be slow or not to be had."""
    model = session.model
    if model.encoder.compute_dtype != "float32" or count_workers(session.strategy) > 1:
        # Several workers would have to create variables together, and it is the chief alone that exports.
        scope = session.strategy.scope() if count_workers(session.strategy) == 1 else contextlib.nullcontext()
        with scope:
            model = build_model(session.task, session.assets.encoder_config, "float32")
        load_trained(model, checkpoint)
    predictor = Predictor(model, session.objective, session.text_step, session.task)
    version = export_saved_model(predictor, os.path.join(session.output_dir, "export"))
    say(f"exported {version}")
