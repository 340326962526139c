"""The files that the GLUE server takes."""

import os

import numpy as np

from bert_tf.evaluation.result_files import read_answer
from bert_tf.host import files
from bert_tf.tasks.task import Submission, Task

SUBMISSIONS = "glue_submission"


def write_submission(folder: str, submission: Submission, answers: np.ndarray, task: Task) -> str:
    """Writes the file that the GLUE server takes: a header, and index and prediction of each test example.

    Args:
        folder: The output folder.
        submission: Its name and how many predictions it must have.
        answers: float [N, C], or [N, 1] for values, which get three places.
        task: Gives the labels.

    Returns:
        The path of the file.
    """
    assert len(answers) == submission.rows
    read = [read_answer(answer, task) for answer in answers]
    shown = [answer["label"] if "label" in answer else format(answer["value"], ".3f") for answer in read]
    lines = "".join(f"{index}\t{prediction}\n" for index, prediction in enumerate(shown))
    path = os.path.join(folder, SUBMISSIONS, submission.name)
    files.make_folder(os.path.dirname(path))
    files.write_text(path, "index\tprediction\n" + lines)
    return path
