"""The task whose data are the user's own files, before anything is known of them."""

from collections.abc import Mapping

from bert_tf.tasks.task import Kind, Task

METRICS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CLASSIFICATION: ("accuracy", "f1_macro", "matthews_correlation"),
    Kind.REGRESSION: ("pearson", "spearman", "mean_squared_error", "mean_absolute_error"),
    Kind.MULTI_LABEL: ("f1_micro", "f1_macro", "f1_samples", "subset_accuracy", "hamming_loss"),
    Kind.ORDINAL: ("quadratic_kappa", "accuracy", "mean_rank_error", "f1_macro"),
}
CUSTOM = Task(
    name="custom",
    title="Your own files, by --train_file, --eval_file and --predict_file",
    kind=Kind.CLASSIFICATION,
    labels=(),
    metrics=METRICS[Kind.CLASSIFICATION],
)
