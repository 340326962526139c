"""The same small table in every format, and one that is broken in a way that a seed decides."""

import csv
import gzip
import io
import json
import random

ROWS = [
    ("It is plain.", "no"),
    ("It has a comma, and more", "yes"),
    ('It has a "quotation"', "no"),
    ("It has\na line feed", "yes"),
    ("007", "no"),
    ("NaN", "yes"),
    ("a\u2028b é 中文", "no"),
]
FLAT = [(text.replace("\n", " "), label) for text, label in ROWS]  # TSV has no line feeds in a field.


def as_csv(rows, names=("text", "label"), end="\n"):
    stream = io.StringIO()
    csv.writer(stream, lineterminator=end).writerows([names, *rows])
    return stream.getvalue()


def as_tsv(rows, names=("text", "label"), end="\n"):
    return "".join("\t".join(row) + end for row in [names, *rows])


def objects(rows):
    return [{"text": text, "label": label} for text, label in rows]


def as_json_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in objects(rows))


def as_json(rows):
    return json.dumps(objects(rows), indent=1)


def many(count):
    """Rows of which every third needs quotation marks in CSV."""
    return [(f"text {i}" + (", more" if i % 3 == 0 else ""), ("no", "yes")[i % 2]) for i in range(count)]


def _lines(text, place, change):
    lines = text.splitlines(keepends=True)
    lines[place] = change(lines[place])
    return "".join(lines).encode()


def _csv_faults(place):
    rows = many(40)
    text = as_csv(rows)
    marked = as_csv([(label, text) for text, label in rows], ("label", "text"))
    return {
        "a field too few": _lines(text, place, lambda line: line.rpartition(",")[0].replace(",", "") + "\n"),
        "a field too many": _lines(text, place, lambda line: line.replace("\n", ",more\n")),
        "no line feed between rows": _lines(text, place, lambda line: line.rstrip("\n")) + b"x,no\n",
        "an open quotation": _lines(marked, place, lambda line: line.replace('"', "").replace(",", ',"', 1)),
        "text after a quotation": _lines(text, place, lambda line: '"x"y,no\n'),
        "a carriage return in a row": _lines(text, place, lambda line: "a\rb,no\n"),
        "a NUL byte": _lines(text, place, lambda line: "a\0" + line),
        "another encoding": _lines(text, place, lambda line: "§" + line).replace("§".encode(), b"\xe9"),
        "half a character": _lines(text, place, lambda line: "§" + line).replace("§".encode(), b"\xe4\xb8"),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "no label": _lines(text, place, lambda line: line.rpartition(",")[0] + ",\n"),
        "a label that is not a number": _lines(text, place, lambda line: line.rpartition(",")[0] + ",NaN\n"),
        "a label with a fraction": _lines(text, place, lambda line: line.rpartition(",")[0] + ",0.5\n"),
        "no row": as_csv([]).encode(),
        "no byte": b"",
        "one label": as_csv([(text, "no") for text, _ in rows]).encode(),
        "another header": as_csv(rows, ("Text", "labels")).encode(),
        "a header twice": as_csv([(*row, "x") for row in rows], ("text", "label", "label")).encode(),
        "tabs": as_tsv(rows).encode(),
        "semicolons": as_csv(rows).replace(",", ";").encode(),
    }


def _json_faults(place):
    rows = many(40)
    lines, array = as_json_lines(rows), as_json(rows)
    return {
        "half an object.jsonl": _lines(lines, place, lambda line: line[: len(line) // 2] + "\n"),
        "no number.jsonl": _lines(lines, place, lambda line: '{"text": "a", "label": NaN}\n'),
        "a missing name.jsonl": _lines(lines, place, lambda line: '{"text": "a"}\n'),
        "a number as text.jsonl": _lines(lines, place, lambda line: '{"text": 5, "label": "no"}\n'),
        "null as label.jsonl": _lines(lines, place, lambda line: '{"text": "a", "label": null}\n'),
        "an object as label.jsonl": _lines(lines, place, lambda line: '{"text": "a", "label": {}}\n'),
        "a list.jsonl": _lines(lines, place, lambda line: '["a", "no"]\n'),
        "two objects.jsonl": _lines(lines, place, lambda line: line.rstrip("\n") + line),
        "a name twice.jsonl": _lines(lines, place, lambda line: '{"text": "a", "text": "b", "label": "no"}\n'),
        "an array.jsonl": array.encode(),
        "no end.json": array.rstrip("]").encode(),
        "a comma at the end.json": array.rstrip("]").rstrip().encode() + b",]",
        "something after it.json": array.encode() + b" x",
        "no comma.json": array.replace("},", "}", 1).encode(),
        "objects.json": lines.encode(),
        "bad bytes.json": array.replace("text 1", "text §").encode().replace("§".encode(), b"\xff"),
        "cut.csv.gz": gzip.compress(as_csv(rows).encode())[: 60 + place],
        "not packed.csv.gz": as_csv(rows).encode(),
    }


def malformed(seed):
    """Returns the name and the bytes of a file with a fault, of which there are 39 kinds."""
    place = random.Random(seed).randrange(2, 39)
    by_name = {f"{kind}.csv": data for kind, data in _csv_faults(place).items()} | _json_faults(place)
    names = sorted(by_name)
    name = names[seed % len(names)]
    return name, by_name[name]
