"""Answer spaces: all that a kind of answer decides on the host. Nothing here imports TensorFlow."""
