"""The same from Python: `bert_tf.finetune` and `bert_tf.Predictor`, with the flags as keyword arguments."""

import importlib
import os
from collections.abc import Iterable
from typing import Any

from bert_tf.cli.commands import COMMANDS, locked_output
from bert_tf.config.run import RunConfig
from bert_tf.config.typed import Typed
from bert_tf.data.readers.rules import character_fault
from bert_tf.errors import BertTfError, InputError
from bert_tf.evaluation.result_files import EVAL_RESULTS, read_answer
from bert_tf.host import console, files
from bert_tf.host.console import Verbosity
from bert_tf.host.environment import light_imports, prepare_environment
from bert_tf.runs.folder import CROSS_VALIDATION, require_output_dir
from bert_tf.runs.inputs import ClassifierInputs, prepare, prepare_trained
from bert_tf.runs.rows_in_memory import kept_as_files

_FILES = ("train_file", "eval_file", "predict_file")


def finetune(**options: Any) -> dict[str, float]:
    """Trains and evaluates, as `bert-tf classifier` does; without any `do_...`, it does both.

    Args:
        **options: The flags, such as `output_dir` and `learning_rate`. `train_file`, `eval_file` and `predict_file` may
            also be a pandas DataFrame or a list of dictionaries. The columns that are used are then kept in
            `output_dir/data` as JSON Lines, so that the run can be resumed and repeated, also from the command line.

    Returns:
        The scores of `eval_results.txt`, with `num_seeds` those of the best seed; the means of `cross_validation.txt`
        if `k_folds` is set; nothing if there was no evaluation.

    Raises:
        InputError: If something is missing, malformed or contradictory. Nothing was written then.
        BertTfError: If the run failed or was stopped. What was saved stays valid, and the same call goes on.

    Example:
        >>> import bert_tf
        >>> good = [{"text": f"The {noun} sleeps.", "label": "good"} for noun in ("cat", "dog", "farmer")]
        >>> bad = [{"text": f"Sleeps {noun} the.", "label": "bad"} for noun in ("cat", "dog", "farmer")]
        >>> scores = bert_tf.finetune(
        ...     train_file=(good + bad) * 20,
        ...     eval_split=0.1,
        ...     init_checkpoint="checkpoints/demo",
        ...     max_seq_length=16,
        ...     train_batch_size=8,
        ...     learning_rate=1e-3,
        ...     output_dir="runs/order",
        ... )  # doctest: +ELLIPSIS
        custom dev: accuracy 1.0000 ...
        >>> scores["eval_accuracy"]
        1.0
        >>> predictor = bert_tf.Predictor("runs/order")
        >>> [answer["label"] for answer in predictor(["The dog sleeps.", "Sleeps dog the."])]
        ['good', 'bad']
    """
    given = {
        name: options[name] for name in _FILES if not isinstance(options.get(name), (str, os.PathLike, type(None)))
    }
    values = {name: value for name, value in options.items() if name not in given}
    typed = _typed(values)
    config = _begin(typed)
    command = COMMANDS["classifier"]
    with (
        locked_output(command, typed),
        kept_as_files(given, config.own_data, require_output_dir(config)) as paths,
    ):
        inputs = prepare(_typed({**values, **paths}))
        with light_imports():
            classifier = importlib.import_module(command.module)
        if classifier.run(inputs):
            raise BertTfError("The run must end well", received=f"an unfinished run in {inputs.output_dir}")
    return _scores(inputs)


class Predictor:
    """A trained model that answers for texts, again and again, without being loaded anew."""

    def __init__(self, output_dir: str | os.PathLike, **options: Any):
        """Loads the best or latest checkpoint of a run.

        Args:
            output_dir: The folder of the run.
            **options: Flags of `bert-tf predict`, such as `predict_batch_size`.

        Raises:
            InputError: If the folder holds no trained model.
        """
        typed = _typed({"output_dir": output_dir, **options})
        _begin(typed)
        self._inputs = prepare_trained(typed)
        with light_imports():
            trained = importlib.import_module("bert_tf.runs.trained")
        self._predictor = trained.load_predictor(self._inputs)

    def __call__(self, texts: Iterable[str], pairs: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Returns what `predictions.jsonl` says of each text: its label, labels or value, and probabilities.

        Args:
            texts: The texts, or the first ones of pairs.
            pairs: The second ones.

        Raises:
            InputError: If there are pairs where the task has none, or the other way round, or a text is no string.
        """
        columns = [_checked(texts, "texts"), *([] if pairs is None else [_checked(pairs, "pairs")])]
        task, counts = self._inputs.task, [len(column) for column in columns]
        if len(columns) != 1 + task.is_pair or len(set(counts)) > 1:
            wanted = "pairs, as many second texts as first ones" if task.is_pair else "single texts"
            received = " and ".join(map(str, counts)) + " texts"
            raise InputError(f"The task {task.name} takes {wanted}", received=received)
        size = self._inputs.config.evaluation.predict_batch_size
        answers: list[dict[str, Any]] = []
        for start in range(0, counts[0], size):
            outputs = self._predictor.from_text(*(column[start : start + size] for column in columns))
            rows = outputs[self._predictor.objective.answer_name].numpy()
            answers += [read_answer(row, task) for row in rows]
        return answers


def _typed(values: dict[str, Any]) -> Typed:
    """The options as if they had been typed; a path may be a `pathlib.Path`, and `task` is short for `task_name`."""
    plain = {name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in values.items()}
    config_file = plain.pop("config", None)
    if "task" in plain:
        plain["task_name"] = plain.pop("task")
    return Typed(plain, config_file, (), own_values={}, wants_help=False, wants_version=False)


def _begin(typed: Typed) -> RunConfig:
    """What comes before anything else, as on the command line; returns the options so far."""
    config = typed.config()
    verbosity = Verbosity(config.action.verbosity)
    console.set_verbosity(verbosity)
    prepare_environment(verbosity)
    return config


def _checked(texts: Iterable[str], name: str) -> list[str]:
    if isinstance(texts, (str, bytes)):
        raise InputError(f"{name} must be a list of texts", received=texts[:80], fix="Write [text] for a single one")
    found = list(texts)
    for index, text in enumerate(found):
        if not isinstance(text, str):
            raise InputError(f"{name} must be strings", received=f"{text!r} at position {index}")
        if fault := character_fault(text):
            raise InputError(f"{name}: {fault[0].rule}", received=f"{fault[1]} at position {index}", fix=fault[0].fix)
    return found


def _scores(inputs: ClassifierInputs) -> dict[str, float]:
    """What the run has written of its evaluation."""
    config = inputs.config
    if not config.action.do_eval and not config.own_data.k_folds:
        return {}
    name = CROSS_VALIDATION if config.own_data.k_folds else EVAL_RESULTS
    lines = files.read_text(os.path.join(inputs.output_dir, name), "the scores", "Evaluate again").splitlines()
    pairs = (line.split(" = ") for line in lines)
    return {name: float(value.split(" +- ")[0]) for name, value in pairs}
