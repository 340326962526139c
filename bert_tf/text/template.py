"""What an example consists of, and so how it becomes rows. Nothing here imports TensorFlow."""

import enum

from bert_tf.errors import InputError

CONTEXT_SPECIALS = 3  # [CLS], and a [SEP] behind question and context each.


class Template(enum.Enum):
    """The fields of an example."""

    TEXTS = "texts"  # One text, or a pair of them.
    WORDS = "words"  # A text whose words have an answer each.
    CONTEXT = "context"  # A question and the context in which its answer stands.
    CHOICES = "choices"  # A text and several others, one of which continues it.

    @property
    def fields(self) -> tuple[str, str]:
        """What its texts are called, where they are named: the first, and the second if there is one."""
        if self is Template.CHOICES:
            return ("question", "choices")
        return ("question", "context") if self is Template.CONTEXT else ("text", "text_pair")

    @property
    def has_windows(self) -> bool:
        """Whether what is longer than a row is always read in windows, whatever --long_text says."""
        return self in (Template.WORDS, Template.CONTEXT)

    def told(self, *, is_pair: bool) -> str:
        """Returns what its examples are, for a person.

        Args:
            is_pair: Whether an example has two texts.
        """
        if self is Template.CONTEXT:
            return "contexts, as answers to questions"
        return "pairs of texts" if is_pair else "texts"


def check_limits(max_seq_length: int, max_query_length: int, doc_stride: int) -> None:
    """Checks the limits of rows of questions and their contexts.

    Raises:
        InputError: If a row could hold no piece of the context beside a question, or windows would not move on.
    """
    if max_seq_length <= max_query_length + CONTEXT_SPECIALS:
        raise InputError(
            f"A row must hold a question, {CONTEXT_SPECIALS} special tokens and at least one piece of the context",
            received=f"--max_seq_length={max_seq_length} with --max_query_length={max_query_length}",
            fix=f"Set --max_seq_length above {max_query_length + CONTEXT_SPECIALS}, or a smaller --max_query_length",
        )
    if doc_stride < 1:
        raise InputError("--doc_stride must be at least 1", received=doc_stride, fix="Leave it out for 128")
