"""The model of a task, with weights from a checkpoint."""

import keras

from bert_tf.config.encoder import EncoderConfig
from bert_tf.errors import InputError
from bert_tf.models.crf import is_of_chain
from bert_tf.models.encoder import Encoder
from bert_tf.models.model import BertModel, initial_value
from bert_tf.tasks.objectives.choose import objective_for
from bert_tf.tasks.task import Task
from bert_tf.weights.assign import POOLER, AssignmentReport, assign, check, compare
from bert_tf.weights.checkpoint import Checkpoint


def build_model(task: Task, config: EncoderConfig, precision: str, *, recomputes: bool = False) -> BertModel:
    """Creates encoder and head, under the current distribution strategy. Their weights have no values yet.

    Args:
        task: Decides the head.
        config: The architecture of the encoder.
        precision: A Keras dtype policy for the encoder.
        recomputes: Whether training computes the layers again in the backward pass, to save memory.
    """
    encoder = Encoder(config, dtype=precision, recomputes=recomputes)
    return BertModel(encoder, objective_for(task.answers).make_head(config))


def start_weights(model: BertModel, checkpoint: Checkpoint | None, *, seed: int, new_head: bool) -> AssignmentReport:
    """Gives a model the weights from which training starts.

    Args:
        model: The model.
        checkpoint: A pre-trained or fine-tuned checkpoint; None to draw every weight.
        seed: Decides the weights that the checkpoint does not give.
        new_head: Whether to draw the head even if the checkpoint holds one.

    Returns:
        What came from the checkpoint and what did not.

    Raises:
        InputError: If the checkpoint does not fit the model.
    """
    variables = _by_name(model)
    report = compare_start(model, checkpoint or Checkpoint("", {}, {}), new_head=new_head)
    if checkpoint is not None:
        check_start(report, model, checkpoint)
        assign(checkpoint, report.loaded, variables)
    for name, variable in variables.items():
        if name not in report.loaded:
            variable.assign(initial_value(name, tuple(variable.shape), model.encoder.config, seed))
    return report


def compare_start(model: BertModel, checkpoint: Checkpoint, *, new_head: bool) -> AssignmentReport:
    """Returns what a checkpoint has for a model from which training starts; takes what `start_weights` does."""
    head = [variable.path for variable in model.head.variables]
    wanted = {name: variable for name, variable in _by_name(model).items() if not (new_head and name in head)}
    return compare(checkpoint, {name: tuple(variable.shape) for name, variable in wanted.items()})


def check_start(report: AssignmentReport, model: BertModel, checkpoint: Checkpoint) -> None:
    """Makes sure that training can start from a checkpoint.

    Args:
        report: What `compare_start` says.
        model: The model.
        checkpoint: The checkpoint.

    Raises:
        InputError: If it does not fit the model.
    """
    heads = [variable.path for variable in model.head.variables]
    check(report, checkpoint.origin, may_be_missing=[*heads, *(POOLER if has_no_pooler(report) else ())])


def has_no_pooler(report: AssignmentReport) -> bool:
    """Whether a checkpoint comes from pre-training without a task on pairs, which has no pooler: one is drawn."""
    return set(POOLER) <= set(report.missing)


def load_trained(model: BertModel, checkpoint: Checkpoint) -> AssignmentReport:
    """Gives a model the weights of a checkpoint that was trained for its task.

    Raises:
        InputError: If the checkpoint does not fit the model, or holds no trained head.
    """
    variables = _by_name(model)
    head = [variable.path for variable in model.head.variables]
    report = compare(checkpoint, {name: tuple(variable.shape) for name, variable in variables.items()})
    check(report, checkpoint.origin, may_be_missing=head)
    if report.missing and all(map(is_of_chain, report.missing)):
        raise InputError(
            "A model that learnt no chain of tags must be used without one",
            received=f"--crf with {checkpoint.prefix}",
            fix="Leave --crf out",
        )
    if report.missing:
        raise InputError(
            "Evaluation, prediction and export need a head that was trained",
            received=f"{checkpoint.prefix} without {', '.join(report.missing)}",
            fix="Train first, with --do_train, or give a fine-tuned checkpoint by --init_checkpoint",
        )
    if any(map(is_of_chain, report.unexpected)):
        raise InputError(
            "A model that learnt a chain of tags must be used with it",
            received=f"{checkpoint.prefix} with {', '.join(filter(is_of_chain, report.unexpected))}",
            fix="Set --crf",
        )
    assign(checkpoint, report.loaded, variables)
    return report


def _by_name(model: BertModel) -> dict[str, keras.Variable]:
    return {variable.path: variable for variable in model.variables}
