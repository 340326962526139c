"""A program that uses the package from Python, and tells what of its own process is not as it was before.

python -m tests.guest CHECKPOINT FOLDER
"""

import csv
import decimal
import faulthandler
import gc
import json
import locale
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
import warnings

SECONDS_BETWEEN_LINES = 0.01


def python_state():
    """What of Python a library may not touch."""
    return {
        "modules that can't be found": sorted(name for name, module in sys.modules.items() if module is None),
        "environment": dict(os.environ),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "streams": [sys.stdin, sys.stdout, sys.stderr],
        "hooks": [sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook],
        "warnings": [*warnings.filters, warnings.showwarning],
        "root logger": [logging.root.level, *logging.root.handlers],
        "random": random.getstate(),
        "limits": [csv.field_size_limit(), sys.getrecursionlimit(), socket.getdefaulttimeout(), threading.stack_size()],
        "surroundings": [os.getcwd(), locale.setlocale(locale.LC_ALL), faulthandler.is_enabled(), gc.isenabled()],
        "numbers": str(decimal.getcontext()),
        "threads": sorted(thread.name for thread in threading.enumerate() if not thread.daemon),
    }


def library_state():
    """What of the libraries that the package works with a user may have set."""
    import absl.logging
    import keras
    import matplotlib as mpl
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.eager import context

    return {
        "loggers": {
            name: (logger.level, list(logger.handlers), logger.propagate, logger.disabled)
            for name, logger in logging.root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger) and name in ("absl", "tensorflow", "keras", "matplotlib")
        },
        "absl": absl.logging.get_verbosity(),
        "NumPy": [str(np.random.get_state()), np.geterr(), np.get_printoptions()],
        "seed": context.global_seed(),
        "Keras": [
            keras.config.floatx(),
            keras.config.epsilon(),
            keras.config.image_data_format(),
            keras.config.dtype_policy().name,
            keras.config.is_interactive_logging_enabled(),
            keras.config.is_traceback_filtering_enabled(),
        ],
        "TensorFlow": [
            tf.config.optimizer.get_jit(),
            tf.config.optimizer.get_experimental_options(),
            tf.config.get_soft_device_placement(),
            tf.config.functions_run_eagerly(),
            tf.config.threading.get_intra_op_parallelism_threads(),
            tf.config.threading.get_inter_op_parallelism_threads(),
            tf.config.experimental.tensor_float_32_execution_enabled(),
            tf.summary.experimental.get_step(),
            tf.distribute.has_strategy(),
            tf.executing_eagerly(),
        ],
        "matplotlib": [dict(mpl.rcParams), mpl.rcParams._get_backend_or_none()],
    }


def changed(before, after):
    return [f"{name}: {before[name]} -> {after[name]}"[:2000] for name in before if before[name] != after[name]]


def use(checkpoint, folder):
    """Fine-tunes, and asks the same of two predictors in two threads and of one of them twice at a time."""
    import bert_tf

    rows = [
        {"text": f"{noun} sleeps." if good else f"Sleeps {noun}.", "label": "yes" if good else "no"}
        for noun in ("cat", "dog", "farmer")
        for good in (True, False)
    ]
    options = {
        "max_seq_length": 16,
        "train_batch_size": 10,
        "eval_split": 0.2,
        "num_train_epochs": 1,
        "init_checkpoint": checkpoint,
    }
    scores = bert_tf.finetune(train_file=rows * 4, output_dir=folder, verbosity="quiet", **options)
    texts, answers = [row["text"] for row in rows], {}

    def ask(name):
        predictor = bert_tf.Predictor(folder)
        inner = [threading.Thread(target=lambda at=at: answers.update({(name, at): predictor(texts)})) for at in (0, 1)]
        for thread in inner:
            thread.start()
        for thread in inner:
            thread.join()

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"scores": len(scores), "answers": [[each["label"] for each in found] for found in answers.values()]}


def _main(checkpoint, folder):
    import numpy  # noqa: F401 (it has filters of warnings of its own)

    first = python_state()
    import bert_tf

    bert_tf.finetune  # noqa: B018 (it is loaded then)
    told = {"import": changed(first, python_state())}
    import keras
    import matplotlib as mpl
    import orbit
    import tensorflow as tf
    import tensorflow_datasets
    import tensorflow_text

    own = [mpl, orbit, tensorflow_datasets, tensorflow_text]
    tf.random.set_seed(5)
    keras.config.set_epsilon(1e-5)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    python, libraries = python_state(), library_state()
    is_over, lines = threading.Event(), 0

    def chat():
        nonlocal lines
        while not is_over.wait(SECONDS_BETWEEN_LINES):
            print("still here", flush=True)
            lines += 1

    talk = threading.Thread(target=chat)
    talk.start()
    began = time.monotonic()
    told |= use(checkpoint, folder)
    is_over.set()
    talk.join()
    told |= {"call": changed(python, python_state()) + changed(libraries, library_state())}
    told |= {"lines": lines, "seconds": time.monotonic() - began, "libraries": len(own)}
    print(json.dumps(told))


if __name__ == "__main__":
    _main(*sys.argv[1:])
