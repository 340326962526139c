"""The recipe of `checkpoints/demo`: run it from the top of the repository to make the checkpoint again.

    .venv/bin/python checkpoints/make_demo.py

1. The vocabulary is made of the special tokens, the printable ASCII characters and the words of the demo's grammar.
2. An encoder of 1.3 million weights learns from nothing to tell sentences of the grammar from corrupted ones
   (`--task=demo-pretext`), on 60,000 sentences, made from none that is in the dev or test set of `--task=demo`.
3. Its weights without the head become `checkpoints/demo/bert_model.ckpt`.
"""

import json
import pathlib
import shutil
import string
import sys
import tempfile

from bert_tf.cli.main import main
from bert_tf.tasks.known.grammar import lexicon

TARGET = pathlib.Path(__file__).parent / "demo"
CONFIG = {
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 128,
    "initializer_range": 0.02,
    "intermediate_size": 512,
    "max_position_embeddings": 128,
    "num_attention_heads": 4,
    "num_hidden_layers": 6,
    "type_vocab_size": 2,
}


def vocabulary() -> list[str]:
    """The entries of the vocabulary, in the order of their ids."""
    letters = string.ascii_lowercase + string.digits
    suffixes = [f"##{letter}" for letter in letters]
    characters = [char for char in string.printable if char.isprintable() and char not in string.ascii_uppercase + " "]
    words = [word for word in lexicon() if len(word) > 1]
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *suffixes, *words]


def make() -> int:
    """Makes the checkpoint and returns an exit status."""
    entries = vocabulary()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "vocab.txt").write_text("".join(f"{entry}\n" for entry in entries))
        (work / "bert_config.json").write_text(json.dumps({**CONFIG, "vocab_size": len(entries)}))
        flags = {
            "task": "demo-pretext",
            "bert_config_file": work / "bert_config.json",
            "vocab_file": work / "vocab.txt",
            "output_dir": work / "run",
            "learning_rate": 5e-4,
            "num_train_epochs": 5,
            "eval_batch_size": 64,
            "train_batch_size": 64,
            "log_every": 500,
        }
        train = ["classifier", "--do_train", "--do_eval", *(f"--{name}={value}" for name, value in flags.items())]
        status = main(train) or main(["convert", "--encoder_only", str(work / "run"), str(work / "demo")])
        if status == 0:
            shutil.copytree(work / "demo", TARGET, dirs_exist_ok=True)
        return status


if __name__ == "__main__":
    sys.exit(make())
