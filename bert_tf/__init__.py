"""Fine-tune BERT on TensorFlow 2 and Keras 3, by the workflow of google-research/bert."""

__version__ = "0.1.0"
