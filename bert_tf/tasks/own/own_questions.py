"""Questions of the user's files as examples whose answers are spans. Nothing here imports TensorFlow."""

from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.questions import Questions
from bert_tf.data.readers.delimited import Header
from bert_tf.data.readers.opening import holds_array
from bert_tf.data.readers.own_files import FileFormat, file_format_of_rows, find_format
from bert_tf.data.readers.question_rows import QuestionLayout, read_question_rows
from bert_tf.data.readers.squad import read_squad
from bert_tf.data.splits import Split
from bert_tf.tasks.answers.spans import label_of


def is_as_squad(path: str, config: RunConfig) -> bool:
    """Whether a file is read as SQuAD is published, and not as rows.

    Raises:
        InputError: If it can't be opened, or nothing tells its format.
    """
    chosen = file_format_of_rows(config.own_data.file_format)
    return find_format(path, chosen) is FileFormat.JSON and not holds_array(path)


def read_own_questions(path: str, config: RunConfig, split: Split) -> Examples:
    """Reads a file of questions: JSON as SQuAD is published in, or rows in any format, also a list of objects in JSON.

    A test set is read with its answers if it has them.

    Args:
        path: The file; `-` for standard input.
        config: All options.
        split: What it is for.

    Raises:
        InputError: If something in it is at fault.
    """
    own, spans = config.own_data, config.spans
    chosen = file_format_of_rows(own.file_format)
    version_2 = spans.version_2_with_negative
    if is_as_squad(path, config):
        found = read_squad(path, needs_answers=not split.is_test, version_2_with_negative=version_2)
    else:
        layout = QuestionLayout(
            question=spans.question_column,
            context=spans.context_column,
            answer=spans.answer_column,
            answer_start=spans.answer_start_column,
            id=own.id_column,
            file_format=chosen,
            header=Header(own.header),
            delimiter=None if own.delimiter is None else own.delimiter.replace("\\t", "\t"),
        )
        is_labelled = None if split.is_test else True
        found = read_question_rows(path, layout, is_labelled=is_labelled, version_2_with_negative=version_2)
    return examples_of(found)


def examples_of(found: Questions) -> Examples:
    """Returns questions as examples: texts are questions and contexts, labels what `spans.label_of` makes of answers.

    Questions on one article, or without titles on one context, belong together.
    """
    return Examples(
        origin=found.origin,
        first=list(found.questions),
        second=[found.context(index) for index in range(len(found))],
        labels=None if found.answers is None else list(map(label_of, found.answers)),
        ids=list(found.ids),
        lines=list(found.places),
        notes=found.notes,
        label_column="answers",
        text_column="question",
        groups=[title or str(context) for title, context in zip(found.titles, found.context_index, strict=True)],
    )
