"""Which data the results in a folder are of, so that those of other data never take their place in silence."""

import dataclasses
import json
import os
import re

from bert_tf.config.options import LONGEST_NAME
from bert_tf.data.examples import Examples
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import with_suffix
from bert_tf.host import files
from bert_tf.host.console import visible
from bert_tf.host.json_objects import parse_json_object
from bert_tf.report.evaluated_run import checksum
from bert_tf.tasks.task import Task

RESULT_DATA = "result_data.json"
EVALUATED, PREDICTED = "eval", "predict"


@dataclasses.dataclass(frozen=True)
class ResultData:
    """The data that a result is of.

    Attributes:
        name: Of the file or the data set.
        rows: How many examples it has.
        digest: SHA-256 of its texts and labels, in hexadecimal.
    """

    name: str
    rows: int
    digest: str

    @classmethod
    def of(cls, examples: Examples, task: Task) -> "ResultData":
        """Returns what is known of the examples of a task."""
        return cls(examples.name, len(examples), checksum(examples, task))

    def __str__(self) -> str:
        return f"{visible(self.name)}, {self.rows:,} rows, digest {self.digest[:12]}"


def result_folder(folder: str, purpose: str, data: ResultData, result_name: str | None) -> str:
    """Returns where the results of some data belong: the output folder, or one beside if it has those of other data.

    Args:
        folder: The output folder.
        purpose: `EVALUATED` or `PREDICTED`.
        data: The data.
        result_name: The name of a folder of its own that the user chose; None for none.

    Raises:
        InputError: If the folder beside holds the results of other data under the same name.
    """
    known = read_result_data(folder).get(purpose)
    if result_name is None and (known is None or known.digest == data.digest):
        return folder
    name = re.sub(r"[^\w.-]+", "_", result_name or data.name.partition(".")[0])[:LONGEST_NAME].strip("._") or "other"
    beside = os.path.join(folder, f"{purpose}-{name}")
    there = read_result_data(beside).get(purpose)
    if there is not None and there.digest != data.digest:
        raise InputError(
            f"{beside} holds the results of other data",
            received=f"{data}, where there are those of {there}",
            fix="Set --result_name to another name",
        )
    return beside


def note_result_data(folder: str, purpose: str, data: ResultData) -> None:
    """Writes down, after the results, which data they are of."""
    known = {**read_result_data(folder), purpose: data}
    tree = {name: dataclasses.asdict(each) for name, each in sorted(known.items())}
    files.write_text(os.path.join(folder, RESULT_DATA), json.dumps(tree, indent=2, ensure_ascii=False) + "\n")


def read_result_data(folder: str) -> dict[str, ResultData]:
    """Returns which data the results of a folder are of, by their purpose; nothing of what is not written down.

    Raises:
        InputError: If the file is not as it was written.
    """
    path = os.path.join(folder, RESULT_DATA)
    if not files.exists(path):
        return {}
    tree = parse_json_object(files.read_text(path, "what results are of", "Remove it"), path)
    try:
        return {name: ResultData(str(v["name"]), int(v["rows"]), str(v["digest"])) for name, v in tree.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} must be as bert_tf wrote it", received=repr(error), fix="Remove it") from error


def folders_beside(folder: str) -> list[str]:
    """Returns the names of the folders with results of other data that an output folder has."""
    if not files.is_folder(folder):
        return []
    mark = re.compile(rf"({EVALUATED}|{PREDICTED})-.")
    return [
        name
        for name in files.list_folder(folder)
        if mark.match(name) and files.exists(os.path.join(folder, name, RESULT_DATA))
    ]


def test_scores_name(suffix: str) -> str:
    """Returns the name of the file with the scores of a labelled test set."""
    return with_suffix("test_scores.txt", suffix)
