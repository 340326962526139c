"""What a user of transformers writes to classify one text: python -m tests.peers.one_text FOLDER TEXT

With --save=MINILM it writes a classifier of MiniLM's weights into the folder before.
"""

import argparse
import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline


def main() -> None:
    """Answers one text, and prints label and score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("text")
    parser.add_argument("--save", default="")
    settings = parser.parse_args()
    if settings.save:
        AutoTokenizer.from_pretrained(settings.save).save_pretrained(settings.folder)
        AutoModelForSequenceClassification.from_pretrained(settings.save, num_labels=2).save_pretrained(settings.folder)
    print(pipeline("text-classification", model=settings.folder)(settings.text))


if __name__ == "__main__":
    main()
