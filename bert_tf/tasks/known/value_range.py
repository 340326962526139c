"""Values of a known task, which declares what they lie between. Own files have the range of their training set."""

from bert_tf.data.examples import Examples
from bert_tf.data.readers.faults import Fault, FaultKind, Faults
from bert_tf.tasks.targets import parse_value


def check_values(examples: Examples, value_range: tuple[float, float]) -> None:
    """Makes sure that labels are values of the task.

    Args:
        examples: A split of the task; one without labels does.
        value_range: The lowest and the highest value that the task declares.

    Raises:
        InputError: If a value lies outside, with its place. What is no number is told where it is parsed.
    """
    lowest, highest = value_range
    faults = Faults(examples.origin)
    kind = FaultKind(f"A value of the task must lie between {lowest:g} and {highest:g}", "Correct it")
    for index, label in enumerate(examples.labels or ()):
        value = parse_value(label)
        if value < lowest or value > highest:
            faults.add(kind, Fault(examples.location(index), label))
    faults.raise_if_any(len(examples))
