"""Fine-tune BERT on a classification task, as `run_classifier.py` of google-research/bert did.

The same as `bert-tf classifier`; see `python run_classifier.py --help`.
"""

import sys

from bert_tf.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["classifier", *sys.argv[1:]]))
