"""The same small table in every format, and tables as odd as they may be, decided by a seed."""

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


PARTS = [
    "a",
    "Zoë",
    "中文",
    "😀",
    ",",
    ";",
    "|",
    '"',
    '""',
    "'",
    "\\",
    "#",
    " ",
    "\u00a0",
    "\u2028",
    "\x85",
    "\x0b",
    "NaN",
]
PARTS += ["null", "007", "1e5", "-", "=1+1", "<b>", "{", "]", "\ufeff", "e\u0301", "\u200d"]


def odd_rows(chance, parts):
    """Rows whose texts are made of what readers stumble over, and whose labels are not all the same."""
    texts = ["".join(chance.choices(parts, k=chance.randrange(9))) for _ in range(chance.randrange(2, 60))]
    return [(text, ("no", "yes")[i % 2]) for i, text in enumerate(texts)]


def odd(seed):
    """Returns the name, the bytes and the rows of a sound file such as people get from elsewhere."""
    chance = random.Random(seed)
    name = ("a.csv", "a.tsv", "a.jsonl", "a.json")[seed % 4]
    end, mark = chance.choice(["\n", "\r\n"]), chance.choice(["", "\ufeff"])
    if name == "a.csv":
        rows = odd_rows(chance, [*PARTS, "\n", "\r\n", "\r", "\t"])
        stream = io.StringIO()
        csv.writer(stream, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
        text = stream.getvalue()
    elif name == "a.tsv":
        rows = odd_rows(chance, PARTS)
        blank = chance.choice(["", end, 2 * end])
        text = "".join(f"{text}\t{label}{end}{blank}" for text, label in [("text", "label"), *rows])
    elif name == "a.jsonl":
        rows = odd_rows(chance, [*PARTS, "\n", "\r", "\t"])
        dumped = [json.dumps(row, ensure_ascii=chance.random() < 0.5) for row in objects(rows)]
        text = end.join(dumped) + chance.choice(["", end, 3 * end])
    else:
        rows = odd_rows(chance, [*PARTS, "\n", "\r", "\t"])
        text = json.dumps(objects(rows), ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 0, 2]))
    data = (mark + text.removesuffix(chance.choice(["", end]))).encode()
    return (name + ".gz", gzip.compress(data), rows) if chance.random() < 0.3 else (name, data, rows)
