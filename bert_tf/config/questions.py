"""The options of questions: on contexts, whose answers are spans of these, and with choices."""

import dataclasses

from bert_tf.config.options import option


@dataclasses.dataclass(frozen=True)
class SpanConfig:
    """Questions on contexts."""

    max_query_length: int = option(
        64, "Longest question in word pieces; what is behind is cut off, and told.", at_least=1, shapes_training=True
    )
    n_best_size: int = option(
        20, "How many starts and ends of a window are looked at, and answers of a question written.", at_least=1
    )
    max_answer_length: int = option(30, "Longest answer in word pieces.", at_least=1)
    version_2_with_negative: bool = option(
        False, "Whether a question may have no answer, as in SQuAD 2.0.", shapes_training=True
    )
    null_score_diff_threshold: float | None = option(
        None,
        "How much better than the best answer none must be, in logits, to be given; by default what is best on the dev "
        "set, and 0 without one.",
    )
    verbose_logging: bool = option(False, "Kept for old scripts: --verbosity says how much is told.")
    question_column: str = option(
        "question", "Column of the question, in a file that is not as those of SQuAD or SWAG.", is_column=True
    )
    context_column: str = option("context", "Column of what the question is about.", is_column=True)
    answer_column: str = option("answer", "Column of the answer; empty where there is none.", is_column=True)
    answer_start_column: str = option(
        "answer_start", "Column of the character of the context at which the answer begins, from 0.", is_column=True
    )


@dataclasses.dataclass(frozen=True)
class ChoiceConfig:
    """Questions with choices."""

    choice_columns: str | None = option(
        None,
        "Columns of the choices, with commas between, or one that holds lists; by default files are as those of SWAG, "
        "or JSON as those of OpenBookQA and CommonsenseQA.",
        shapes_training=True,
    )
    start_column: str | None = option(
        None,
        "Column of what each choice begins with, such as a sentence that is to be ended.",
        shapes_training=True,
        is_column=True,
    )
    choice_label_form: str | None = option(
        None,
        "How labels name choices: by numbers from_0 or from_1, by a letter, or by their text; by default what fits all "
        "of train_file, and then the same in the other files.",
        choices=("from_0", "from_1", "letter", "text"),
        shapes_training=True,
    )
