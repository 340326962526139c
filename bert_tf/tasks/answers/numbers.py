"""Numbers as people write them in a column of labels."""

import math


def parse_value(text: str) -> float:
    """Returns the number that a text is; not a number if it is none, or is not finite."""
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
