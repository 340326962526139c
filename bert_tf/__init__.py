"""Fine-tune BERT on TensorFlow 2 and Keras 3, by the workflow of google-research/bert."""

import importlib
from typing import Any

__version__ = "0.2.0"
__all__ = ("BertTfError", "Predictor", "__version__", "finetune")
_HOMES = {"BertTfError": "bert_tf.errors", "Predictor": "bert_tf.api", "finetune": "bert_tf.api"}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is asked for, so that `import bert_tf` takes no time."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'bert_tf' has no attribute {name!r}")
