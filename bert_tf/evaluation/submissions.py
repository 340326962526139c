"""The files that the GLUE server takes."""

import os

from bert_tf.host import files
from bert_tf.tasks.answers.space import Outputs
from bert_tf.tasks.task import Submission, Task

SUBMISSIONS = "glue_submission"


def write_submission(folder: str, submission: Submission, outputs: Outputs, task: Task) -> str:
    """Writes the file that the GLUE server takes: a header, and index and prediction of each test example.

    Args:
        folder: The output folder.
        submission: Its name and how many predictions it must have.
        outputs: What a model says of the test set; values get three places.
        task: Knows what outputs mean.

    Returns:
        The path of the file.
    """
    read = [task.answers.read(outputs, index) for index in range(submission.rows)]
    shown = [answer["label"] if "label" in answer else format(answer["value"], ".3f") for answer in read]
    lines = "".join(f"{index}\t{prediction}\n" for index, prediction in enumerate(shown))
    path = os.path.join(folder, SUBMISSIONS, submission.name)
    files.make_folder(os.path.dirname(path))
    files.write_text(path, "index\tprediction\n" + lines)
    return path
