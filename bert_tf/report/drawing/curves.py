"""The learning curves of a run, out of what it wrote for TensorBoard."""

import os
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from bert_tf.host import files
from bert_tf.report.drawing.charts import Curve

_MARK = ".tfevents."


def read_curves(folder: str) -> dict[str, Curve]:
    """Reads the event files of a folder, such as `train` of an output folder.

    A run that was stopped and resumed has a file for each start. Where they overlap the later one counts, since the run
    continued from there.

    Args:
        folder: The folder; nothing is read if there is none.

    Returns:
        The curves by the names that TensorBoard shows.
    """
    points: dict[str, dict[int, float]] = {}
    for name in files.list_folder(folder):  # Names begin with the time, so that they are in order.
        if _MARK in name:
            for tag, step, value in _events(os.path.join(folder, name)):
                points.setdefault(tag, {})[step] = value
    return {tag: _curve(values) for tag, values in points.items()}


def _events(path: str) -> Iterator[tuple[str, int, float]]:
    """Yields name, step and value of each number in an event file, up to where a killed run left off writing it."""
    records = iter(tf.data.TFRecordDataset(path))
    while True:
        try:
            record = next(records, None)
        except tf.errors.DataLossError:
            return
        if record is None:
            return
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            number = tf.make_ndarray(value.tensor) if value.HasField("tensor") else np.array(value.simple_value)
            if number.ndim == 0 and number.dtype.kind in "iuf":
                yield value.tag, int(event.step), float(number)


def _curve(points: dict[int, float]) -> Curve:
    steps = sorted(points)
    return Curve(np.array(steps, np.int64), np.array([points[step] for step in steps], np.float64))
