"""Examples from TensorFlow Datasets."""

import dataclasses
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert_tf.data.examples import Examples
from bert_tf.data.readers.rules import check_texts
from bert_tf.data.splits import DEV, TEST, TRAIN, Split
from bert_tf.errors import InputError, nearest


@dataclasses.dataclass(frozen=True)
class TfdsData:
    """A data set of TensorFlow Datasets.

    Attributes:
        name: Its name there, with its configuration.
        first: Feature that holds the text, or the first text of a pair; one that holds several languages is asked for
            that of --language.
        second: Feature that holds the second text of a pair.
        label: Feature that holds the label as a number.
        id: Feature that holds the example's id; None if the position is its id.
        url: Where TensorFlow Datasets would download it from.
        labels: The task's labels by their numbers there; empty if a label is the number itself.
        splits: The parts that it has, by their names there.
        are_words: Whether a text is a list of words, and its label a list of as many.
    """

    name: str
    first: str
    second: str | None = None
    label: str = "label"
    id: str | None = "idx"
    url: str = ""
    labels: tuple[str, ...] = ()
    splits: Mapping[Split, str] = dataclasses.field(
        default_factory=lambda: {TRAIN: "train", DEV: "validation", TEST: "test"}
    )
    are_words: bool = False


_TIMEOUT_SECONDS = 5.0
_HINT = "Set --data_dir to the folder with the task's .tsv files, or --tfds_data_dir to a prepared copy"


def read_tfds(data: TfdsData, split: Split, tfds_data_dir: str | None, language: str = "en") -> Examples:
    """Reads one split, after downloading and preparing the data set if that has not been done.

    The library keeps examples in an order of its own. Those with ids are put in the order of these, which is that of
    the published file and the one in which a server expects answers.

    Args:
        data: Which data set, and which of its features hold what.
        split: Which part of it.
        tfds_data_dir: Folder of prepared data sets; None for the library's default.
        language: Which of the texts is read where there are several languages.

    Raises:
        InputError: If the data set has no such part or language, or it is not prepared and can't be downloaded.
    """
    if split not in data.splits:
        raise InputError(f"{data.name} of TensorFlow Datasets must have a part {split.name}", fix=_HINT)
    # Takes seconds to import, and most runs read files.
    import tensorflow_datasets as tfds

    builder = tfds.builder(data.name, data_dir=tfds_data_dir)
    if not builder.is_prepared():
        _check_network(data, str(builder.data_path))
        _prepare(builder, data)
    rows = list(tfds.as_numpy(builder.as_dataset(split=data.splits[split])))
    if data.are_words:
        return _sentences(data, split, rows)
    if data.id is not None:
        rows.sort(key=lambda row: int(row[data.id]))
    is_labelled = all(row[data.label] >= 0 for row in rows)
    examples = Examples(
        origin=f"{data.name} ({data.splits[split]})",
        first=[_text(row[data.first], language) for row in rows],
        second=None if data.second is None else [_text(row[data.second], language) for row in rows],
        labels=[_label(row[data.label], data.labels) for row in rows] if is_labelled else None,
        ids=[str(index) if data.id is None else str(int(row[data.id])) for index, row in enumerate(rows)],
    )
    check_texts(examples)
    return examples


def _sentences(data: TfdsData, split: Split, rows: Sequence[Any]) -> Examples:
    """Rows whose words have a label each."""
    words = [tuple(map(_decode, row[data.first])) for row in rows]
    examples = Examples(
        origin=f"{data.name} ({data.splits[split]})",
        first=[" ".join(each) for each in words],
        second=None,
        labels=[" ".join(_label(label, data.labels) for label in row[data.label]) for row in rows],
        ids=[str(index) for index in range(len(rows))],
        words=words,
    )
    check_texts(examples)
    return examples


def _text(value: Any, language: str) -> str:
    """The text of a feature: of one language, of a dictionary of them, or of two lists, of languages and of texts."""
    if isinstance(value, dict):
        names, texts = value.get("language"), value.get("translation", ())
        by_language = value if names is None else dict(zip(map(_decode, names), texts, strict=True))
        if language not in by_language:
            raise InputError(
                "--language must be one of the data set's", received=language, fix=nearest(language, by_language)
            )
        return _decode(by_language[language])
    return _decode(value)


def _decode(value: Any) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise InputError("A text of TensorFlow Datasets must be UTF-8", received=repr(value)[:80], fix=_HINT) from error


def _label(value: Any, labels: tuple[str, ...]) -> str:
    """A label as the task writes it; one that is no class is a number with a fraction."""
    if not np.issubdtype(type(value), np.integer):
        return str(value)
    return labels[int(value)] if labels else str(int(value))


def _prepare(builder: Any, data: TfdsData) -> None:
    """Downloads a data set.

    Raises:
        InputError: If that fails, in whatever way the server, the proxy or the checksum of the file makes it.
    """
    try:
        builder.download_and_prepare()
    except Exception as error:
        raise InputError(
            f"It must be possible to download {data.name}",
            received=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300],
            fix=_HINT,
        ) from error


def _check_network(data: TfdsData, path: str) -> None:
    """Finds out quickly whether a download can work: the library itself would retry for minutes.

    Raises:
        InputError: If the server can't be reached.
    """
    request = urllib.request.Request(data.url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()
    except (urllib.error.URLError, OSError) as error:
        raise InputError(
            f"{data.name} is not prepared in {path}, and its server can't be reached",
            received=str(getattr(error, "reason", error)),
            fix=_HINT,
        ) from error
