"""Published tasks of named entities, as a table."""

from bert_tf.data.readers.tfds import TfdsData
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.task import Task

_LABELS = ("O", *(f"{letter}-{kind}" for kind in ("PER", "ORG", "LOC", "MISC") for letter in "BI"))

CONLL2003 = Task(
    name="conll2003",
    title="Which words are names of persons, organizations, places and others? (Tjong Kim Sang and De Meulder 2003)",
    answers=Tags(_LABELS),
    metrics=Tags.default_metrics,
    tfds=TfdsData(
        "conll2003/conll2003",
        "tokens",
        label="ner",
        id=None,
        url="https://data.deepai.org/conll2003.zip",
        labels=_LABELS,
        splits={TRAIN: "train", DEV: "dev", TEST: "test"},
        are_words=True,
    ),
    in_columns=True,
)
ENTITIES = (CONLL2003,)
