"""Further tasks that TensorFlow Datasets has, as a table. Both lack a dev set: a tenth of train is one."""

from bert_tf.data.readers.tfds import TfdsData
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.task import Task

_PARTS = {TRAIN: "train[:90%]", DEV: "train[90%:]", TEST: "test"}

IMDB = Task(
    name="imdb",
    title="Is the long review of a film positive? (Maas et al. 2011)",
    answers=OneLabel(("neg", "pos")),
    metrics=("accuracy", "f1"),
    tfds=TfdsData(
        "imdb_reviews/plain_text",
        "text",
        id=None,
        url="http://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
        labels=("neg", "pos"),
        splits=_PARTS,
    ),
)
AG_NEWS = Task(
    name="ag-news",
    title="What is the news about: title and description of an article (Zhang et al. 2015)",
    answers=OneLabel(("World", "Sports", "Business", "Sci/Tech")),
    metrics=("accuracy", "f1_macro"),
    tfds=TfdsData(
        "ag_news_subset",
        "title",
        "description",
        id=None,
        url="https://drive.google.com/uc?export=download&id=0Bz8a_Dbh9QhbUDNpeUdjb0wxRms",
        labels=("World", "Sports", "Business", "Sci/Tech"),
        splits=_PARTS,
    ),
    is_pair=True,
)
REVIEWS_AND_NEWS = (IMDB, AG_NEWS)
