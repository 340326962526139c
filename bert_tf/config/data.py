"""The options that say what is read: of a task that is known by name, or of the user's own files."""

import dataclasses

from bert_tf.config.options import option


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Data."""

    task_name: str | None = option(None, "Task to learn; --task is short for it.", shapes_training=True)
    data_dir: str | None = option(
        None, "Folder with train.tsv, dev.tsv and test.tsv of the task; without it, TensorFlow Datasets is asked."
    )
    tfds_data_dir: str | None = option(None, "Folder where TensorFlow Datasets keeps prepared data sets.")
    max_train_examples: int = option(
        0,
        "Train on so many examples of the training set, drawn by --seed, for a trial run; 0 for all.",
        at_least=0,
        shapes_training=True,
    )
    max_eval_examples: int = option(
        0, "Evaluate on so many examples of each dev set, drawn by --seed, for a trial run; 0 for all.", at_least=0
    )
    language: str = option("zh", "Language of the task xnli; zh, as in the original.", shapes_training=True)
    cache_dir: str | None = option(
        None,
        "Folder for TFRecord files with the tokens of each split, which later runs read instead of tokenising; a file "
        "made from other data or options is refused.",
    )
    max_seq_length: int = option(
        128, "Longest row in word pieces; longer texts are counted.", at_least=5, shapes_training=True
    )
    long_text: str = option(
        "head",
        "What is read of a text longer than a row: its head, its tail, head_tail (a quarter of the row from its head, "
        "the rest from its tail), or all of it in windows, each a row with the label of the text, whose logits are "
        "averaged (window_mean) or of which the greatest count (window_max). Pairs are cut as in the original.",
        choices=("head", "tail", "head_tail", "window_mean", "window_max"),
        shapes_training=True,
    )
    doc_stride: int = option(
        128,
        "Pieces from the beginning of one window of a long text to that of the next.",
        at_least=1,
        shapes_training=True,
    )
    batching: str = option(
        "bucketed",
        "How rows form batches: bucketed puts rows of like length together, packed puts several examples into a row, "
        "padded fills every row to max_seq_length.",
        choices=("padded", "bucketed", "packed"),
        shapes_training=True,
    )


@dataclasses.dataclass(frozen=True)
class OwnDataConfig:
    """Own data."""

    train_file: str | None = option(
        None,
        "Your training examples, CSV, TSV, JSON, JSON Lines or Parquet, also with .gz; the task is then custom.",
        shapes_training=True,
    )
    eval_file: str | None = option(None, "Your dev examples, in the same formats.")
    predict_file: str | None = option(
        None,
        "Your texts to predict, in the same formats; labels are not read, but for tags of words and answers, which are "
        "scored; - for standard input.",
    )
    file_format: str | None = option(
        None,
        "Format of these files; by default what their names end in.",
        choices=("csv", "tsv", "json", "jsonl", "parquet", "conll"),
    )
    text_column: str = option(
        "text",
        "Column of the text: its name, or its number from 0 if the file has no header.",
        shapes_training=True,
        is_column=True,
    )
    text_pair_column: str | None = option(
        None, "Column of the second text of a pair.", shapes_training=True, is_column=True
    )
    label_column: str = option(
        "label",
        "Column of the label, the value or, joined or as a list, the labels of an example; for --kind=multi_label also "
        "columns of 0 and 1, one a label, with commas between their names.",
        shapes_training=True,
        is_column=True,
    )
    id_column: str | None = option(None, "Column of the example's id; by default its position, from 0.")
    header: str = option(
        "auto",
        "Whether the first line of a CSV or TSV file names the columns; auto: yes if one is chosen by name.",
        choices=("auto", "yes", "no"),
    )
    delimiter: str | None = option(
        None, "What stands between fields, \\t for a tab; by default a comma in CSV and a tab in TSV."
    )
    kind: str = option(
        "classification",
        "What is learnt of each example: one label, a value, any number of labels, one of several labels in order, "
        "a tag for each word (bert-tf tagger), the answer to a question in its context (bert-tf squad), or one of its "
        "choices (bert-tf choice).",
        choices=("classification", "regression", "multi_label", "ordinal", "tags", "spans", "choices"),
        shapes_training=True,
    )
    labels: str | None = option(
        None,
        "The labels in their order, with commas between; by default those of train_file, numbers by value, else by "
        "code points.",
        shapes_training=True,
    )
    labels_file: str | None = option(
        None, "A file with the labels in their order, one a line, in place of --labels.", shapes_training=True
    )
    label_separator: str = option(
        "|", "What joins the labels of an example with several of them.", shapes_training=True
    )
    k_folds: int = option(
        0,
        "Cross-validation: the training set is cut in so many parts, each of which is the dev set of one run; 0 for "
        "none.",
        at_least=0,
        shapes_training=True,
    )
    eval_split: float = option(
        0.0,
        "Share of train_file that becomes the dev set, as much of each label, by --split_seed.",
        at_least=0,
        at_most=0.9,
        shapes_training=True,
    )
    split_seed: int | None = option(
        None,
        "Decides which examples --eval_split and --k_folds take; by default --seed.",
        at_least=0,
        at_most=2**31 - 1,
        shapes_training=True,
    )
