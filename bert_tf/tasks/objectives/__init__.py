"""The TensorFlow half of an answer space: head, loss terms and answers."""
