"""`python -m bert_tf COMMAND` is `bert-tf COMMAND`."""

from bert_tf.cli.main import run

if __name__ == "__main__":
    run()
