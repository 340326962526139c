"""The same table through every reader: as a file of each format, as rows in memory, as a file of a task of GLUE."""

import csv
import io
import json
import math

import pytest

from bert_tf.config.run import RunConfig
from bert_tf.data.examples import Examples
from bert_tf.data.readers.own_files import Layout, read_own_file
from bert_tf.data.readers.tsv import TsvFile, read_tsv
from bert_tf.runs.rows_in_memory import as_json_lines, wanted_columns

GLUE = TsvFile("a.tsv", first=0, label=1, header="text")


def as_csv(names, rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([names, *rows])
    return stream.getvalue()


def as_tsv(names, rows):
    return "".join("\t".join(map(str, row)) + "\n" for row in [names, *rows])


def as_object(names, row):
    """An object as somebody may have typed it, with a name twice or a number too large."""
    values = ("1e999" if value == math.inf else json.dumps(value) for value in row)
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in zip(names, values, strict=False)) + "}"


def as_json_lines_file(names, rows):
    return "".join(as_object(names, row) + "\n" for row in rows)


def as_json(names, rows):
    return "[\n" + ",\n".join(as_object(names, row) for row in rows) + "\n]\n"


TEXT = {"csv": as_csv, "tsv": as_tsv, "jsonl": as_json_lines_file, "json": as_json}
DELIMITED = ("csv", "tsv", "glue")
TYPED = ("jsonl", "json", "parquet", "frame", "dictionaries")
READERS = (*DELIMITED, *TYPED)
# Where a reader says that the second row is; a name before it, or none.
SECOND_ROW = {name: f"a.{name}:3" for name in ("csv", "tsv", "json")} | {
    "glue": "a.tsv:3",
    "jsonl": "a.jsonl:2",
    "parquet": "a.parquet:2",
    "frame": "train_file, row 1",
    "dictionaries": "train_file, row 1",
}


def read(reader, folder, names, rows) -> Examples:
    """Reads columns `text` and `label` of a table through one of the readers."""
    if reader == "glue":
        (folder / GLUE.name).write_text(as_tsv(names, rows), encoding="utf-8")
        return read_tsv(str(folder), GLUE)
    if reader in TEXT:
        path = folder / f"a.{reader}"
        path.write_text(TEXT[reader](names, rows), encoding="utf-8")
    elif reader == "parquet":
        path = _write_parquet(folder, names, rows)
    else:
        path = folder / "kept.jsonl"
        table = [dict(zip(names, row, strict=False)) for row in rows]
        if reader == "frame":
            table = pytest.importorskip("pandas").DataFrame([list(row) for row in rows], columns=list(names))
        columns = wanted_columns(RunConfig(), is_labelled=True)
        path.write_text(as_json_lines("train_file", table, columns), encoding="utf-8")
    return read_own_file(str(path), Layout(), is_labelled=True)


def _write_parquet(folder, names, rows):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = [pyarrow.array(list(column)) for column in zip(*rows, strict=True)] or [
        pyarrow.array([], "string")
    ] * len(names)
    parquet.write_table(pyarrow.Table.from_arrays(columns, names=list(names)), folder / "a.parquet")
    return folder / "a.parquet"
