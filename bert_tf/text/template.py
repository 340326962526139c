"""What an example consists of, and so how it becomes rows. Nothing here imports TensorFlow."""

import enum


class Template(enum.Enum):
    """The fields of an example."""

    TEXTS = "texts"  # One text, or a pair of them.
    WORDS = "words"  # A text whose words have an answer each.
    CONTEXT = "context"  # A question and the context in which its answer stands.
    CHOICES = "choices"  # A text and several others, one of which continues it.

    @property
    def fields(self) -> tuple[str, str]:
        """What its texts are called, where they are named: the first, and the second if there is one."""
        return ("question", "context") if self is Template.CONTEXT else ("text", "text_pair")
