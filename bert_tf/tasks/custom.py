"""The task whose data are the user's own files, before anything is known of them."""

from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.task import Task

CUSTOM = Task(
    name="custom",
    title="Your own files, by --train_file, --eval_file and --predict_file",
    answers=OneLabel(),
    metrics=OneLabel.default_metrics,
)
