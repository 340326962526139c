"""Files that are damaged in one place, with what that place is and which rule it breaks.

What a reader has to say of a file follows from the damage that was done here, and from nothing that a reader said.
"""

import dataclasses
import gzip
import random
from collections.abc import Callable, Mapping

from tests.data import files

ROWS = [("two\nlines", "yes"), *files.many(39)]
CSV, TSV = files.as_csv(ROWS), files.as_tsv(files.many(40))
JSON_LINES, JSON = files.as_json_lines(ROWS), files.as_json(ROWS)
LABEL_FIRST = files.as_csv([(label, text) for text, label in ROWS], ("label", "text"))
WITH_IDS = files.as_csv([(*row, f"id {index}") for index, row in enumerate(ROWS)], ("text", "label", "id"))
VALUES = files.as_csv([(text, str(index / 8)) for index, (text, _) in enumerate(ROWS)])


@dataclasses.dataclass(frozen=True)
class Damage:
    """A way in which a file can be wrong.

    Attributes:
        rule: What a reader must say of it, as a pattern.
        data: The file before, as text.
        change: Line of the file to what stands there instead; in the result, `§` is replaced by `raw`.
        ending: Of the file's name.
        raw: Bytes that can't be written as text.
        flags: Of the command, beside those that name the files.
        flag: The one that names the damaged file.
    """

    rule: str
    data: str
    change: Callable[[str], str]
    ending: str = "csv"
    raw: bytes = b""
    flags: tuple[str, ...] = ()
    flag: str = "train_file"

    def at(self, place: int) -> bytes:
        """The file with the damage in a line, counted from 1."""
        lines = self.data.split("\n")
        lines[place - 1] = self.change(lines[place - 1])
        return "\n".join(lines).encode().replace("§".encode(), self.raw)


def other_label(label: str) -> Callable[[str], str]:
    return lambda line: line.rpartition(",")[0] + "," + label


UTF8, NUL = "must be UTF-8 text", "must hold no NUL characters"
RAGGED, CSV_FORM = "must have as many columns as the first one", "must be well-formed CSV"
OBJECT, MISSING = "must be a JSON object", "must not be missing"
VALUE_FLAGS = ("--kind=regression",)
IN_A_LINE: Mapping[str, Damage] = {
    "a field too few": Damage(RAGGED, CSV, lambda line: line.rpartition(",")[0].replace(",", "")),
    "a field too many": Damage(RAGGED, CSV, lambda line: line + ",more"),
    "no end of the line": Damage(RAGGED, CSV, lambda line: line + "x,no"),
    "an open quotation": Damage(CSV_FORM, LABEL_FIRST, lambda line: line.replace('"', "").replace(",", ',"', 1)),
    "text after a quotation": Damage(CSV_FORM, CSV, lambda line: '"x"y,no'),
    "a carriage return": Damage(CSV_FORM, CSV, lambda line: "a\rb,no"),
    "a NUL byte": Damage(NUL, CSV, lambda line: "a\0" + line),
    "another encoding": Damage(UTF8, CSV, lambda line: "§" + line, raw=b"\xe9"),
    "half a character": Damage(UTF8, CSV, lambda line: "§" + line, raw=b"\xe4\xb8"),
    "a surrogate": Damage(UTF8, CSV, lambda line: "§" + line, raw=b"\xed\xa0\x80"),
    "no label": Damage(MISSING, CSV, other_label("")),
    "a label of spaces": Damage(MISSING, CSV, other_label("  ")),
    "NaN as label": Damage(MISSING, CSV, other_label("NaN")),
    "a label with a fraction": Damage("not a number with a fraction", CSV, other_label("0.5")),
    "a label with an exponent": Damage("not a number with a fraction", CSV, other_label("1e-3")),
    "a word for a value": Damage("must be a finite number", VALUES, other_label("good"), flags=VALUE_FLAGS),
    "a comma in a value": Damage("must be a finite number", VALUES, other_label('"0,5"'), flags=VALUE_FLAGS),
    "infinity for a value": Damage("must be a finite number", VALUES, other_label("inf"), flags=VALUE_FLAGS),
    "no value": Damage(MISSING, VALUES, other_label("nan"), flags=VALUE_FLAGS),
    "an id twice": Damage("Ids must be unique", WITH_IDS, other_label("id 0"), flags=("--id_column=id",)),
    "a new label": Damage("must be one of the task's labels", CSV, other_label("maybe"), flag="eval_file"),
    "a tab too few": Damage(RAGGED, TSV, lambda line: line.replace("\t", " "), "tsv"),
    "a tab too many": Damage(RAGGED, TSV, lambda line: line.replace(" ", "\t"), "tsv"),
    "a NUL byte in TSV": Damage(NUL, TSV, lambda line: line + "\0", "tsv"),
    "another encoding in TSV": Damage(UTF8, TSV, lambda line: "§" + line, "tsv", b"\xff"),
    "no label in TSV": Damage(MISSING, TSV, lambda line: line.split("\t")[0] + "\t", "tsv"),
    "half an object": Damage(OBJECT, JSON_LINES, lambda line: line[: len(line) // 2], "jsonl"),
    "NaN": Damage(OBJECT, JSON_LINES, lambda line: '{"text": "a", "label": NaN}', "jsonl"),
    "a list": Damage(OBJECT, JSON_LINES, lambda line: '["a", "no"]', "jsonl"),
    "two objects": Damage(OBJECT, JSON_LINES, lambda line: line + line, "jsonl"),
    "a name twice": Damage(
        "must be there once", JSON_LINES, lambda line: '{"text": "a", "text": "b", "label": "no"}', "jsonl"
    ),
    "depth": Damage(OBJECT, JSON_LINES, lambda line: "[" * 100_000, "jsonl"),
    "an endless number": Damage(OBJECT, JSON_LINES, lambda line: '{"text": "a", "label": ' + "9" * 9999 + "}", "jsonl"),
    "a bare word": Damage(OBJECT, JSON_LINES, lambda line: "no", "jsonl"),
    "a NUL byte in JSON": Damage(NUL, JSON_LINES, lambda line: line.replace("text", "te\0xt"), "jsonl"),
    "another encoding in JSON": Damage(UTF8, JSON_LINES, lambda line: line.replace("text", "§"), "jsonl", b"\xfc"),
    "a lacking name": Damage("must have the same names", JSON_LINES, lambda line: '{"text": "a"}', "jsonl"),
    "a number as text": Damage("must be a string", JSON_LINES, lambda line: '{"text": 5, "label": "no"}', "jsonl"),
    "no text": Damage("must be a string", JSON_LINES, lambda line: '{"text": null, "label": "no"}', "jsonl"),
    "half a pair": Damage(
        "must hold whole characters", JSON_LINES, lambda line: r'{"text": "a\ud800", "label": "no"}', "jsonl"
    ),
    "null as label": Damage(
        "must be a string or a number", JSON_LINES, lambda line: '{"text": "a", "label": null}', "jsonl"
    ),
    "an object as label": Damage(
        "must be a string or a number", JSON_LINES, lambda line: '{"text": "a", "label": {}}', "jsonl"
    ),
    "a separator in a label": Damage(
        "must not hold the separator",
        JSON_LINES,
        lambda line: '{"text": "a", "label": ["a|b"]}',
        "jsonl",
        flags=("--kind=multi_label",),
    ),
}


def _as_a_whole() -> dict[str, tuple[str, bytes, str]]:
    """Name -> ending, bytes and pattern of files that are wrong from end to end."""
    packed = gzip.compress(CSV.encode())
    read, array, rows = "must be possible to read", "must be an array of objects", "must hold at least one row"
    return {
        "UTF-16": ("csv", CSV.encode("utf-16"), "must be UTF-8 text.*byte order mark of UTF-16"),
        "UTF-16 without a mark": ("csv", CSV.encode("utf-16-le"), NUL),
        "no row": ("csv", b"text,label\n", rows),
        "no byte": ("csv", b"", rows),
        "blank lines": ("tsv", b"\n\n\n", rows),
        "one label": ("csv", files.as_csv([(text, "no") for text, _ in ROWS]).encode(), "at least 2 different labels"),
        "one row": ("csv", b"text,label\na,no\n", "at least 2 different labels"),
        "no header": ("csv", CSV.encode().partition(b"\n")[2], "must have a column 'text'"),
        "another header": (
            "csv",
            files.as_csv(ROWS, ("txt", "label")).encode(),
            "must have a column.*Did you mean 'txt'",
        ),
        "a header twice": (
            "csv",
            files.as_csv([(*row, "x") for row in ROWS], ("text", "label", "label")).encode(),
            "must be there once",
        ),
        "tabs": ("csv", TSV.encode(), "seem to be separated by"),
        "semicolons": ("csv", CSV.replace(",", ";").encode(), "seem to be separated by ';'"),
        "other names": ("jsonl", JSON_LINES.replace('"label"', '"lable"').encode(), "objects with 'label'.*'lable'"),
        "an array as lines": ("jsonl", JSON.encode(), OBJECT),
        "lines as an array": ("json", JSON_LINES.encode(), array),
        "no end": ("json", JSON.rstrip("]").encode(), array),
        "a comma at the end": ("json", JSON.rstrip("]").rstrip().encode() + b",]", array),
        "something after it": ("json", JSON.encode() + b" x", array),
        "no comma": ("json", JSON.replace("},", "}", 1).encode(), array),
        "an empty array": ("json", b"[]", rows),
        "cut": ("csv.gz", packed[: len(packed) // 2], read),
        "not packed": ("csv.gz", CSV.encode(), read),
        "a changed sum": ("csv.gz", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:], read),
        "not a table": ("parquet", CSV.encode(), "must be a whole Parquet file|need pyarrow"),
        "no known ending": ("txt", CSV.encode(), "must end in its format"),
    }


AS_A_WHOLE = _as_a_whole()
KINDS = (*IN_A_LINE, *AS_A_WHOLE)


@dataclasses.dataclass(frozen=True)
class DamagedFile:
    """A file, and what must be said of it.

    Attributes:
        kind: What was done to it.
        ending: Of its name.
        data: Its bytes.
        rule: What must be said, as a pattern.
        line: The line that must be named, from 1; None if the whole file is at fault.
        flag: The flag to give it to.
        flags: Others that go with it.
    """

    kind: str
    ending: str
    data: bytes
    rule: str
    line: int | None
    flag: str = "train_file"
    flags: tuple[str, ...] = ()


def damaged(seed: int) -> DamagedFile:
    """Returns a file with a fault; the seed goes through the kinds, and then decides the place."""
    kind = KINDS[seed % len(KINDS)]
    if kind in AS_A_WHOLE:
        ending, data, rule = AS_A_WHOLE[kind]
        return DamagedFile(kind, ending, data, rule, None)
    damage = IN_A_LINE[kind]
    last = len(damage.data.splitlines())  # None of these tables holds any other end of a line.
    line = random.Random(seed).randrange(4, last + 1)  # The first row of a table may go over lines 2 and 3.
    return DamagedFile(kind, damage.ending, damage.at(line), damage.rule, line, damage.flag, damage.flags)
