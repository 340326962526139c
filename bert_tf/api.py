"""The same from Python: `bert_tf.finetune` and `bert_tf.Predictor`, with the flags as keyword arguments.

The package is a guest there (see `host.process`): results are returned, what is told goes to standard error, and
nothing of the process is changed, so that what a command may set before TensorFlow is loaded is the caller's to set.
"""

import contextlib
import importlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bert_tf.cli.commands import COMMANDS, locked_output
from bert_tf.config.arguments import check_known, plain_values, python_words
from bert_tf.config.run import DeviceConfig, RunConfig
from bert_tf.config.signature import ROW_OPTIONS, parameters, parameters_of_run, with_parameters
from bert_tf.config.typed import Typed, check_paths
from bert_tf.data.splits import DEV
from bert_tf.errors import BertTfError, InputError
from bert_tf.evaluation.asking import Room, answer_in_batches, batches_of_like_length
from bert_tf.evaluation.result_files import EVAL_RESULTS
from bert_tf.host import console, disk, files
from bert_tf.host.console import Verbosity
from bert_tf.host.environment import retracing_untold
from bert_tf.runs.folder import CROSS_VALIDATION, require_output_dir, saved_config
from bert_tf.runs.idle_flags import Use, warn_of_use
from bert_tf.runs.inputs import ClassifierInputs, prepare, prepare_trained
from bert_tf.runs.result_data import EVALUATED, ResultData, result_folder
from bert_tf.runs.rows_in_memory import kept_as_files
from bert_tf.runs.texts_in_memory import asked_in_columns
from bert_tf.training.devices.cluster import find_cluster

_PARAMETERS = tuple(parameters())
_PATH_TYPES = (str, os.PathLike, type(None))
_PREDICTOR_OPTIONS = tuple(name for name in COMMANDS["predict"].options if name != "output_dir")


@with_parameters(_PARAMETERS)
def finetune(**options: Any) -> dict[str, float]:
    """Trains and evaluates, as `bert-tf classifier`, `tagger` and `squad` do; without any `do_...`, it does both.

    Args:
        **options: The flags, such as `output_dir` and `learning_rate`; paths may be `pathlib.Path`s, numbers those of
            NumPy, `labels` a list, and `class_weights` a dictionary. `train_file`, `eval_file` and `predict_file` may
            also be a pandas DataFrame or a list of dictionaries. The columns that are used are then kept in
            `output_dir/data` as JSON Lines, so that the run can be resumed and repeated, also from the command line.
            A kind or task has the defaults of its command: with `kind="spans"`, `max_seq_length` is 384, as in
            `bert-tf squad`.

    Returns:
        The scores of `eval_results.txt`, with `num_seeds` those of the best seed; the means of `cross_validation.txt`
        if `k_folds` is set; nothing if there was no evaluation.

    Raises:
        InputError: If something is missing, malformed or contradictory. Nothing was written then.
        BertTfError: If the run failed or was stopped. What was saved stays valid, and the same call continues.

    Example:
        >>> import bert_tf
        >>> good = [{"text": f"The {noun} sleeps.", "label": "good"} for noun in ("cat", "dog", "farmer")]
        >>> bad = [{"text": f"Sleeps {noun} the.", "label": "bad"} for noun in ("cat", "dog", "farmer")]
        >>> scores = bert_tf.finetune(
        ...     train_file=(good + bad) * 20,
        ...     eval_split=0.1,
        ...     init_checkpoint="demo",
        ...     max_seq_length=16,
        ...     train_batch_size=8,
        ...     learning_rate=1e-3,
        ...     output_dir="runs/order",
        ... )
        >>> scores["eval_accuracy"]
        1.0
        >>> predictor = bert_tf.Predictor("runs/order")
        >>> [answer["label"] for answer in predictor(["The dog sleeps.", "Sleeps dog the."])]
        ['good', 'bad']
    """
    check_known(options, tuple(each.name for each in _PARAMETERS), "finetune")
    tables = {name: options[name] for name in ROW_OPTIONS if not isinstance(options.get(name), _PATH_TYPES)}
    values = {name: value for name, value in options.items() if name not in tables}
    with _called(values) as typed:
        config = typed.config()
        _check_alone(config.device)
        if tables and config.own_data.file_format is not None:
            raise InputError(
                "--file_format is for files", received=f"{next(iter(tables))} in memory", fix="Leave it out"
            )
        command = COMMANDS["classifier"]
        with (
            locked_output(command, typed),
            kept_as_files(tables, _config_of_tables(typed, tables), require_output_dir(config)) as paths,
        ):
            inputs = prepare(_typed({**values, **paths}))
            if importlib.import_module(command.module).run(inputs):
                raise BertTfError("The run must end well", received=f"an unfinished run in {inputs.output_dir}")
        return _scores(inputs)


class Predictor:
    """A trained model that answers for texts, again and again, without being loaded anew."""

    @with_parameters(parameters_of_run(_PREDICTOR_OPTIONS))
    def __init__(self, output_dir: str | os.PathLike, **options: Any):
        """Loads the best or latest checkpoint of a run.

        Args:
            output_dir: The folder of the run.
            **options: Flags of `bert-tf predict`, such as `predict_batch_size`; by default those of the run.

        Raises:
            InputError: If the folder holds no trained model.
        """
        check_known(options, _PREDICTOR_OPTIONS, "Predictor")
        with _called({"output_dir": output_dir, **options}) as typed:
            self._inputs = prepare_trained(typed)
            warn_of_use(typed, Use(self._inputs.task.answers, self._inputs.task.is_pair, is_python=True))
            self._predictor = importlib.import_module("bert_tf.runs.trained").load_predictor(self._inputs)

    def __call__(self, texts: Any, pairs: Any = None) -> list[dict[str, Any]]:
        """Returns what `predictions.jsonl` says of each text: its label, labels or value, and probabilities.

        Several threads may ask at the same time.

        Where questions are answered from contexts, `texts` are the questions and `pairs` their contexts, and answers
        have the characters of the context at which they begin and end. Where words have tags, answers tell the words.

        Args:
            texts: The texts, or the first ones of pairs: a list, an array or a Series of strings. Or a DataFrame with
                the columns of the run, or with no others; and for pairs, also an array [N, 2]. Where words have tags,
                also lists of words, which are taken as they are.
            pairs: The second ones; of questions with choices the choices, a list of texts each.

        Raises:
            InputError: If there are pairs where the task has none, or the other way round, or a text is no string.
        """
        task = self._inputs.task
        columns = asked_in_columns(texts, pairs, task, self._inputs.config)

        config = self._inputs.config
        room = self._predictor.room(config.evaluation.predict_batch_size, config.data.max_seq_length)
        answers: list[dict[str, Any]] = []
        for start in range(0, len(columns[0]), room.texts):
            answers += self._answers([column[start : start + room.texts] for column in columns], room)
        return answers

    def _answers(self, columns: list[list[Any]], room: Room) -> list[dict[str, Any]]:
        def ask(indices: np.ndarray) -> list[dict[str, Any]]:
            outputs = self._predictor.answer(*([column[index] for index in indices] for column in columns))
            return [self._inputs.task.answers.read(outputs, index) for index in range(len(indices))]

        count = len(columns[0])
        batches = [np.arange(count)]
        if count > 1:
            batches = list(batches_of_like_length(self._predictor.sizes(*columns), room))
        return answer_in_batches(batches, room.batches, ask)


@contextlib.contextmanager
def _called(values: Mapping[str, Any]) -> Iterator[Typed]:
    """What all calls begin with; in the block, what is raised and told is in Python's words.

    Args:
        values: The arguments.
    """
    try:
        typed = _typed(values)
        verbosity = Verbosity(typed.config().action.verbosity)
        with console.speaking(verbosity, python_words), retracing_untold():
            check_paths(typed)
            yield typed
    except BertTfError as error:
        error.args = (python_words(str(error)),)
        error.details = tuple(map(python_words, error.details))
        raise
    except OSError as error:
        refusal = disk.refusal(error)
        if refusal is None:
            raise
        raise InputError(python_words(str(refusal))) from error


def _typed(values: Mapping[str, Any]) -> Typed:
    """The arguments as if they had been typed."""
    plain = plain_values(values)
    config_file = plain.pop("config", None)
    return Typed(plain, config_file, (), own_values={}, wants_help=False, wants_version=False)


def _config_of_tables(typed: Typed, tables: Mapping[str, Any]) -> RunConfig:
    """The options that say which columns are read: what is asked of a trained model has the columns of its run."""
    config = typed.config()
    trains = config.action.do_train or config.own_data.train_file or "train_file" in tables
    base = None if trains else saved_config(require_output_dir(config))
    return config if base is None else typed.config(base)


def _check_alone(device: DeviceConfig) -> None:
    """Makes sure that the run has this process alone: several workers have to end with one another."""
    cluster = find_cluster(device)
    if cluster is not None and len(cluster.hosts) > 1:
        raise InputError(
            "Several workers are started from the command line",
            received=f"a cluster of {len(cluster.hosts)}",
            fix="Run `bert-tf classifier` on each of them, or say --distribution=one_device",
        )


def _scores(inputs: ClassifierInputs) -> dict[str, float]:
    """What the run has written of its evaluation."""
    config = inputs.config
    if not config.action.do_eval and not config.own_data.k_folds:
        return {}
    name, folder = EVAL_RESULTS, inputs.output_dir
    if config.own_data.k_folds:
        name = CROSS_VALIDATION
    else:  # Scores of other data than before stand beside.
        data = ResultData.of(inputs.splits[DEV], inputs.task)
        folder = result_folder(folder, EVALUATED, data, config.evaluation.result_name)
    lines = files.read_text(os.path.join(folder, name), "the scores", "Evaluate again").splitlines()
    pairs = (line.split(" = ") for line in lines)
    return {name: float(value.split(" +- ")[0]) for name, value in pairs}
