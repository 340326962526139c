"""Examples from TensorFlow Datasets."""

import urllib.error
import urllib.request
from typing import Any

from bert_tf.data.examples import Examples
from bert_tf.data.layouts import Split, TfdsData
from bert_tf.errors import InputError

_TIMEOUT_SECONDS = 5.0
_HINT = "Set --data_dir to the folder with the task's .tsv files, or --tfds_data_dir to a prepared copy"


def read_tfds(data: TfdsData, split: Split, tfds_data_dir: str | None) -> Examples:
    """Reads one split, after downloading and preparing the data set if that has not been done.

    Args:
        data: Which data set, and which of its features hold what.
        split: Which part of it.
        tfds_data_dir: Folder of prepared data sets; None for the library's default.

    Raises:
        InputError: If the data set is not prepared and can't be downloaded.
    """
    # Takes seconds to import, and most runs read files.
    import tensorflow_datasets as tfds

    builder = tfds.builder(data.name, data_dir=tfds_data_dir)
    if not builder.is_prepared():
        _check_network(data, str(builder.data_path))
        _prepare(builder, data)
    rows = list(tfds.as_numpy(builder.as_dataset(split=data.split_name(split))))
    is_labelled = all(row[data.label] >= 0 for row in rows)
    return Examples(
        origin=f"{data.name} ({split.value})",
        first=[_text(row[data.first]) for row in rows],
        second=None if data.second is None else [_text(row[data.second]) for row in rows],
        labels=[str(int(row[data.label])) for row in rows] if is_labelled else None,
        ids=[str(int(row[data.id])) for row in rows],
    )


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", errors="replace")


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
