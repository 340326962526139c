"""Training, as the classifier does it: the run that a folder holds is begun, or continued."""

import io
import time

from bert_tf.data.splits import DEV, TRAIN, Split
from bert_tf.data.table import TokenTable
from bert_tf.evaluation import result_files
from bert_tf.evaluation.evaluate import Evaluator
from bert_tf.host import console, files
from bert_tf.host.console import counted, say
from bert_tf.host.progress import telling
from bert_tf.host.workers import check_agreement, wait_for_workers
from bert_tf.runs.folder import clear
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.runs.outcomes import scores_in_training
from bert_tf.runs.session import Session
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.objectives.choose import training_objective
from bert_tf.tasks.own.stored import write_task
from bert_tf.tasks.task_model import has_no_pooler, start_weights
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.loop import TrainingJob, TrainingRun
from bert_tf.training.memory import free_memory
from bert_tf.training.plan import count_steps, make_plan
from bert_tf.training.progress import Progress
from bert_tf.weights.checkpoint import Checkpoint
from bert_tf.weights.side_files import keep_side_files


def train(
    session: Session,
    inputs: ClassifierInputs,
    checkpoint: Checkpoint | None,
    tables: dict[Split, TokenTable],
    evaluator: Evaluator | None,
) -> None:
    """Trains, or continues training, until all steps are done.

    Args:
        session: The model and all that is about it.
        inputs: The examples.
        checkpoint: Where the weights begin; None for new ones.
        tables: The tokens of each split.
        evaluator: Runs the model over the dev set, if there is one.
    """
    config, folder, table = session.config, session.output_dir, tables[TRAIN]
    plan = make_plan(table.lengths, config, session.strategy.num_replicas_in_sync, table.whole_examples)
    total_steps, _ = count_steps(plan, config)  # This and what follows before anything is written.
    objective = training_objective(session.task.answers, config.train, table.counted_targets)
    checkpoints = RunCheckpoints(folder, config.train.keep_checkpoints)
    latest_step = None if config.action.overwrite_output_dir else checkpoints.latest_step()
    check_agreement(session.strategy, {"newest checkpoint": latest_step})
    if latest_step is None:
        _start_weights(session, checkpoint)
        if session.writes:
            checkpoints.check_room(session.model.count_params())
            inputs.begin()
            _begin_folder(session, checkpoints)
        wait_for_workers(session.strategy)

    def scores() -> dict[str, float]:
        assert evaluator is not None
        with telling("evaluating dev", "batches", is_shown=session.writes) as report:
            outputs = evaluator.run(report)
        return scores_in_training(session, outputs, tables[DEV])

    job = TrainingJob(
        model=session.model,
        objective=objective,
        table=table,
        example_ids=[inputs.splits[TRAIN].location(index) for index in table.example_index],
        plan=plan,
        config=config,
        strategy=session.strategy,
        evaluate=scores if config.evaluation.eval_every else None,
        metric=session.task.metric,
    )
    training = TrainingRun(job, folder, session.journal)
    session.note_start(examples=len(table), steps=total_steps)
    for note in training.notes:
        console.warn(note)
    if training.is_finished:
        say(f"the run in {folder} is finished at step {training.step}; nothing is left to train")
        return
    if training.resumed_from is not None:
        say(f"resuming the run in {folder} at step {training.resumed_from} of {total_steps}")
        if session.writes:
            checkpoints.check_room(session.model.count_params())
    _run_steps(session, training)


def _start_weights(session: Session, checkpoint: Checkpoint | None) -> None:
    """Gives the model the weights from which training starts, and says where they come from."""
    train, model = session.config.train, session.config.model
    report = start_weights(session.model, checkpoint, seed=train.seed, new_head=model.new_head)
    say(f"weights from {checkpoint.origin if checkpoint else 'no checkpoint'}:\n{report.table()}")
    if checkpoint is not None and has_no_pooler(report):
        text = "has no pooler, so one is drawn at random, as the head is"
        console.warn(f"warning: {checkpoint.origin} {text}")
        session.journal.warn_early(f"the checkpoint {text}")  # Whose place is nobody's business.


def _run_steps(session: Session, training: TrainingRun) -> None:
    """Trains to the end, and says before it what that takes, and after it how long it took."""
    config, total_steps = session.config, training.total_steps
    warmup = f"{training.warmup_steps} of them warm-up"
    say(f"training {counted(total_steps, 'step')}, {warmup}, with {config.train.optimizer}")
    if config.train.keep_checkpoints == 1:
        say("--keep_checkpoints=1: if the newest checkpoint gets damaged, there is no earlier one to continue from")
    say(training.memory.tell(free_memory(session.strategy)))
    started, first_step = time.monotonic(), training.step
    training.train(Progress(total_steps, first_step, None if session.writes else io.StringIO()))
    seconds = time.monotonic() - started
    wait = training.input_wait
    waited = "" if wait is None else f"; share of time waiting for input {wait:.1%}"
    done = counted(training.step - first_step, "step")
    say(f"trained {done} in {seconds:.1f} s{waited}; checkpoints are in {session.output_dir}")


def _begin_folder(session: Session, checkpoints: RunCheckpoints) -> None:
    """Makes the output folder that of this run: from here on something is written."""
    folder = session.output_dir
    files.make_folder(folder)
    checkpoints.remove_all()
    clear(folder)
    session.assets.write(folder)
    result_files.write_labels(folder, session.task.labels)
    if session.task.name == CUSTOM.name:
        write_task(folder, session.task)
    keep_side_files(folder)
    session.keep_config()
