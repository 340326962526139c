"""What one cell of a table holds, whatever format it is from."""

import re
from typing import Any

_WHOLE = re.compile(r"-?[0-9]{1,18}(\.0*)?")  # Programs write a column of numbers with gaps as 17.0.


def is_nothing(value: Any) -> bool:
    """Whether a cell is empty: of no characters, null, or what pandas has where nothing is."""
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def whole_number(value: Any) -> int | None:
    """Returns the whole number that a cell holds, None if it holds none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    written = str(value).strip()
    return int(written.partition(".")[0]) if _WHOLE.fullmatch(written) else None
