"""What can be chosen: every option of a run, of its data and of its model. Nothing here imports TensorFlow."""
