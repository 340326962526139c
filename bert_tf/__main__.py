"""`python -m bert_tf COMMAND` is `bert-tf COMMAND`."""

import sys

from bert_tf.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
