"""Fine-tune BERT on TensorFlow 2 and Keras 3, by the workflow of google-research/bert.

Made by `python -m tests.stub`.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from bert_tf.errors import BertTfError as BertTfError

__version__: str

class _Table(Protocol):
    @property
    def columns(self) -> Any: ...

_Path: TypeAlias = str | os.PathLike[str]
_Rows: TypeAlias = _Table | Sequence[Mapping[str, Any]]

def finetune(
    *,
    do_train: bool = False,
    do_eval: bool = False,
    do_predict: bool = False,
    do_export: bool = False,
    output_dir: _Path | None = None,
    overwrite_output_dir: bool = False,
    verbosity: Literal["quiet", "normal", "debug"] = "normal",
    init_checkpoint: _Path | None = None,
    bert_config_file: _Path | None = None,
    vocab_file: _Path | None = None,
    do_lower_case: bool | None = None,
    strip_accents: bool | None = None,
    hidden_act: Literal["gelu", "gelu_erf", "relu", "tanh", "linear"] | None = None,
    new_head: bool = False,
    task_name: str | None = None,
    data_dir: _Path | None = None,
    tfds_data_dir: _Path | None = None,
    max_train_examples: int = 0,
    max_eval_examples: int = 0,
    language: str = "zh",
    cache_dir: _Path | None = None,
    max_seq_length: int = 128,
    long_text: Literal["head", "tail", "head_tail", "window_mean", "window_max"] = "head",
    doc_stride: int = 128,
    batching: Literal["padded", "bucketed", "packed"] = "bucketed",
    train_file: _Path | _Rows | None = None,
    eval_file: _Path | _Rows | None = None,
    predict_file: _Path | _Rows | None = None,
    file_format: Literal["csv", "tsv", "json", "jsonl", "parquet", "conll"] | None = None,
    text_column: str = "text",
    text_pair_column: str | None = None,
    label_column: str | Sequence[Any] = "label",
    id_column: str | None = None,
    header: Literal["auto", "yes", "no"] = "auto",
    delimiter: str | None = None,
    kind: Literal[
        "classification", "regression", "multi_label", "ordinal", "tags", "spans", "choices"
    ] = "classification",
    labels: str | Sequence[Any] | None = None,
    labels_file: _Path | None = None,
    label_separator: str = "|",
    k_folds: int = 0,
    eval_split: float = 0.0,
    split_seed: int | None = None,
    max_query_length: int = 64,
    n_best_size: int = 20,
    max_answer_length: int = 30,
    version_2_with_negative: bool = False,
    null_score_diff_threshold: float | None = None,
    verbose_logging: bool = False,
    question_column: str = "question",
    context_column: str = "context",
    answer_column: str = "answer",
    answer_start_column: str = "answer_start",
    crf: bool | None = None,
    crf_learning_rate: float = 0.005,
    label_all_pieces: bool | None = None,
    tag_scheme: Literal["auto", "iob2", "bioes"] = "auto",
    written_tag_scheme: Literal["auto", "iob1", "iob2", "bioes"] = "auto",
    document_context: bool = False,
    choice_columns: str | Sequence[Any] | None = None,
    start_column: str | None = None,
    choice_label_form: Literal["from_0", "from_1", "letter", "text"] | None = None,
    train_batch_size: int = 32,
    tokens_per_batch: int = 0,
    gradient_accumulation_steps: int = 1,
    learning_rate: float = 5e-05,
    num_train_epochs: float = 3.0,
    warmup_proportion: float = 0.1,
    optimizer: Literal["adamw", "adam_weight_decay"] = "adamw",
    weight_decay_rate: float = 0.01,
    clip_norm: float = 1.0,
    label_smoothing: float = 0.0,
    class_weights: str | Mapping[Any, float] | None = None,
    focal_gamma: float = 0.0,
    seed: int = 12345,
    num_seeds: int = 1,
    ensemble: bool = False,
    save_checkpoints_steps: int = 1000,
    keep_checkpoints: int = 2,
    log_every: int = 50,
    on_nan: Literal["stop", "skip", "rollback"] = "stop",
    stall_seconds: float = 300.0,
    eval_batch_size: int = 8,
    predict_batch_size: int = 8,
    glue_submission: bool = False,
    eval_every: int = 0,
    metric: str | None = None,
    result_name: str | None = None,
    early_stopping_patience: int = 0,
    report: bool = True,
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "float32",
    remat: bool = False,
    distribution: Literal["auto", "one_device", "mirrored", "multi_worker", "tpu"] = "auto",
    num_cpu_devices: int = 0,
    worker_hosts: str | Sequence[Any] | None = None,
    task_index: int | None = None,
    worker_timeout: int = 600,
    use_tpu: bool = False,
    tpu_name: str | None = None,
    tpu_zone: str | None = None,
    gcp_project: str | None = None,
    master: str | None = None,
    num_tpu_cores: int = 8,
    iterations_per_loop: int = 1000,
    task: str | None = None,
    config: _Path | None = None,
) -> dict[str, float]:
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

    Options:
        do_train: Train, then keep the checkpoint in output_dir.
        do_eval: Evaluate on the dev set and write eval_results.txt.
        do_predict: Predict the test set and write test_results.tsv and predictions.jsonl.
        do_export: Export a SavedModel for TensorFlow Serving under output_dir/export.
        output_dir: Folder for everything that the run writes; always required.
        overwrite_output_dir: Start anew in output_dir: remove the checkpoints and results of an earlier run
            there; exports stay.
        verbosity: What to tell while it runs: quiet leaves results, warnings and errors, debug adds what
            TensorFlow says.
        init_checkpoint: Checkpoint to start from: a prefix such as DIR/bert_model.ckpt, its folder, or the
            published .zip or .tar.gz; demo for the small one that comes with the package.
        bert_config_file: Architecture of the model; by default the bert_config.json beside the checkpoint.
        vocab_file: WordPiece vocabulary; by default the vocab.txt beside the checkpoint.
        do_lower_case: Whether to lower-case the text; by default if the vocabulary has next to no capitals.
        strip_accents: Whether to take accents off the letters; by default if the text is lower-cased, as in
            the original.
        hidden_act: Activation of the feed-forward layers, in place of that of bert_config.json, where gelu
            means the tanh form.
        new_head: Start with an untrained head even if init_checkpoint holds a trained one.
        task_name: Task to learn; task is short for it.
        data_dir: Folder with train.tsv, dev.tsv and test.tsv of the task; without it, TensorFlow Datasets
            is asked.
        tfds_data_dir: Folder where TensorFlow Datasets keeps prepared data sets.
        max_train_examples: Train on so many examples of the training set, drawn by seed, for a trial run; 0
            for all.
        max_eval_examples: Evaluate on so many examples of each dev set, drawn by seed, for a trial run; 0
            for all.
        language: Language of the task xnli; zh, as in the original.
        cache_dir: Folder for TFRecord files with the tokens of each split, which later runs read instead of
            tokenising; a file made from other data or options is refused.
        max_seq_length: Longest row in word pieces; longer texts are counted.
        long_text: What is read of a text longer than a row: its head, its tail, head_tail (a quarter of the
            row from its head, the rest from its tail), or all of it in windows, each a row with the label
            of the text, whose logits are averaged (window_mean) or of which the greatest count
            (window_max). Pairs are cut as in the original.
        doc_stride: Pieces from the beginning of one window of a long text to that of the next.
        batching: How rows form batches: bucketed puts rows of like length together, packed puts several
            examples into a row, padded fills every row to max_seq_length.
        train_file: Your training examples, CSV, TSV, JSON, JSON Lines or Parquet, also with .gz; the task
            is then custom.
        eval_file: Your dev examples, in the same formats.
        predict_file: Your texts to predict, in the same formats; labels are not read, but for tags of words
            and answers, which are scored; - for standard input.
        file_format: Format of these files; by default what their names end in.
        text_column: Column of the text: its name, or its number from 0 if the file has no header.
        text_pair_column: Column of the second text of a pair.
        label_column: Column of the label, the value or, joined or as a list, the labels of an example; for
            kind="multi_label" also columns of 0 and 1, one a label, with commas between their names.
        id_column: Column of the example's id; by default its position, from 0.
        header: Whether the first line of a CSV or TSV file names the columns; auto: yes if one is chosen by
            name.
        delimiter: What stands between fields, \\t for a tab; by default a comma in CSV and a tab in TSV.
        kind: What is learnt of each example: one label, a value, any number of labels, one of several
            labels in order, a tag for each word (bert-tf tagger), the answer to a question in its context
            (bert-tf squad), or one of its choices (bert-tf choice).
        labels: The labels in their order, with commas between; by default those of train_file, numbers by
            value, else by code points.
        labels_file: A file with the labels in their order, one a line, in place of labels.
        label_separator: What joins the labels of an example with several of them.
        k_folds: Cross-validation: the training set is cut in so many parts, each of which is the dev set of
            one run; 0 for none.
        eval_split: Share of train_file that becomes the dev set, as much of each label, by split_seed.
        split_seed: Decides which examples eval_split and k_folds take; by default seed.
        max_query_length: Longest question in word pieces; what is behind is cut off, and told.
        n_best_size: How many starts and ends of a window are looked at, and answers of a question written.
        max_answer_length: Longest answer in word pieces.
        version_2_with_negative: Whether a question may have no answer, as in SQuAD 2.0.
        null_score_diff_threshold: How much better than the best answer none must be, in logits, to be
            given; by default what is best on the dev set, and 0 without one.
        verbose_logging: Kept for old scripts: verbosity says how much is told.
        question_column: Column of the question, in a file that is not as those of SQuAD or SWAG.
        context_column: Column of what the question is about.
        answer_column: Column of the answer; empty where there is none.
        answer_start_column: Column of the character of the context at which the answer begins, from 0.
        crf: Learn too which tag follows which, by a linear-chain conditional random field over the words of
            a sentence, and decide on the tags of a sentence together; by default as the model did that is
            used or trained further.
        crf_learning_rate: Peak learning rate of the transitions of crf=True, which would hardly move at
            that of the other weights.
        label_all_pieces: Count every piece of a word in the loss, and not the first alone; scores and
            answers stay with the first. By default as the model did that is used or trained further.
        tag_scheme: Scheme in which tags of entities are learnt, whatever the files are written in: iob2 or
            bioes; auto for that of the training set, where IOB1 becomes IOB2.
        written_tag_scheme: Scheme in which predicted tags of entities are written: iob1, iob2 or bioes;
            auto for that which is learnt.
        document_context: Fill the row of each sentence with the words around it in its document, on both
            sides, as context that has no tags of its own; files must mark documents by -DOCSTART- lines.
        choice_columns: Columns of the choices, with commas between, or one that holds lists; by default
            files are as those of SWAG, or JSON as those of OpenBookQA and CommonsenseQA.
        start_column: Column of what each choice begins with, such as a sentence that is to be ended.
        choice_label_form: How labels name choices: by numbers from_0 or from_1, by a letter, or by their
            text; by default what fits all of train_file, and then the same in the other files.
        train_batch_size: Examples of one optimizer step.
        tokens_per_batch: Word pieces of one optimizer step, padding included, as a bound in place of
            train_batch_size; 0 for none.
        gradient_accumulation_steps: Number of equal parts in which the batch is worked off to save memory;
            the result is that of the whole batch.
        learning_rate: Peak learning rate, at the end of the warm-up.
        num_train_epochs: Passes over the training set; may be a fraction.
        warmup_proportion: Share of the steps in which the rate rises from 0.
        optimizer: adamw corrects the bias of its moments; adam_weight_decay is the original's, which does
            not.
        weight_decay_rate: Decay of all weights except LayerNorm and biases.
        clip_norm: Global norm to which gradients are clipped; 0 turns clipping off.
        label_smoothing: Share of the target that is spread over all labels; evaluation keeps the plain
            loss.
        class_weights: How much the examples of each label count: balanced, or a number a label, such as
            no=1,yes=2.5.
        focal_gamma: Exponent of the focal loss, which weakens examples that are right already; 0 for the
            plain loss.
        seed: Decides shuffling, dropout and the new weights.
        num_seeds: Train so many times, with seed, seed + 1, ..., each in a folder of its own; the best
            becomes the result.
        ensemble: With num_seeds, also take the mean of the answers of all seeds that did not diverge.
        save_checkpoints_steps: Steps between checkpoints.
        keep_checkpoints: Newest checkpoints to keep, beside the best one; with 1, there is none to continue
            from if it gets damaged.
        log_every: Steps between points in TensorBoard; on a TPU, iterations_per_loop counts.
        on_nan: What to do about a batch whose loss or gradients are not finite: stop, skip its update, or
            rollback to the last checkpoint and leave the batch out from then on.
        stall_seconds: Seconds without a finished step after which a warning says what is waited for; after
            four times as long the run ends. 0 for never.
        eval_batch_size: Examples of one batch in evaluation.
        predict_batch_size: Examples of one batch in prediction. `bert-tf predict` and `Predictor` take more
            of short texts.
        glue_submission: With do_predict=True, also write the files that the GLUE server takes, such as
            glue_submission/CoLA.tsv.
        eval_every: Steps between evaluations during training, the best of which is kept; 0 evaluates at the
            end only.
        metric: Score that decides which checkpoint and which seed is best, such as f1_macro or loss; by
            default the first of the task.
        result_name: Put the results of do_eval=True and do_predict=True into the folders eval-NAME and
            predict-NAME of output_dir; by default only those of other data than the results that are there.
        early_stopping_patience: Evaluations without improvement after which training stops; 0 never stops.
        report: After an evaluation, write report.html, its figures as PNG, and model_card.md; noreport
            leaves them out.
        precision: Numbers that the model computes with; weights are always float32. auto takes bfloat16
            where the device multiplies it fast, float32 elsewhere, and says which.
        remat: Keep the input of each layer only and compute the rest again in the backward pass: less
            memory, the same result, about a third more time.
        distribution: Where each batch is computed: on one_device, mirrored on all GPUs of the machine, on
            the GPUs of several machines (multi_worker), or on a tpu. auto takes what is there and says so.
        num_cpu_devices: Divide the CPU into so many logical devices and compute on these, to try out
            distribution without GPUs; 0 takes GPUs, or the CPU as a whole.
        worker_hosts: The workers of multi_worker, as host:port,host:port,... with the chief first; by
            default those that the environment variable TF_CONFIG names.
        task_index: Position of this process among worker_hosts, from 0.
        worker_timeout: Seconds that workers wait for one another when a run begins.
        use_tpu: Run on a Cloud TPU instead of GPUs or CPUs; the same as distribution=tpu.
        tpu_name: Name or grpc:// address of the Cloud TPU; local for the TPU of the machine that this runs
            on.
        tpu_zone: Zone of the Cloud TPU; by default found from the environment.
        gcp_project: Project of the Cloud TPU; by default found from the environment.
        master: Address of the TPU worker, an older way to say tpu_name.
        num_tpu_cores: Kept for old scripts: the TPU itself says how many cores it has.
        iterations_per_loop: Steps that a TPU runs before it reports back.
        task: Short for task_name.
        config: JSON file with options, which other arguments override.
    """

class Predictor:
    """A trained model that answers for texts, again and again, without being loaded anew."""

    def __init__(
        self,
        output_dir: _Path,
        *,
        verbosity: Literal["quiet", "normal", "debug"] = ...,
        predict_batch_size: int = ...,
        max_seq_length: int = ...,
        precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = ...,
        file_format: Literal["csv", "tsv", "json", "jsonl", "parquet", "conll"] | None = ...,
        text_column: str = ...,
        text_pair_column: str | None = ...,
        question_column: str = ...,
        context_column: str = ...,
        choice_columns: str | Sequence[Any] | None = ...,
        start_column: str | None = ...,
        header: Literal["auto", "yes", "no"] = ...,
        delimiter: str | None = ...,
    ) -> None:
        """Loads the best or latest checkpoint of a run.

        Args:
            output_dir: The folder of the run.
            **options: Flags of `bert-tf predict`, such as `predict_batch_size`; by default those of the run.

        Raises:
            InputError: If the folder holds no trained model.
        """

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
