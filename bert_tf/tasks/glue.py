"""The tasks of GLUE (Wang et al. 2019) as a table. Columns are those of the published files."""

from bert_tf.data.layouts import Split, TfdsData, TsvFile
from bert_tf.tasks.task import Kind, Task

_URL = "https://dl.fbaipublicfiles.com/glue/data/"

COLA = Task(
    name="cola",
    title="Is the sentence acceptable English? (Warstadt et al. 2019)",
    kind=Kind.CLASSIFICATION,
    labels=("0", "1"),
    metrics=("matthews_correlation", "accuracy", "precision", "recall", "f1"),
    tsv={
        Split.TRAIN: TsvFile("train.tsv", first=3, label=1),
        Split.DEV: TsvFile("dev.tsv", first=3, label=1),
        Split.TEST: TsvFile("test.tsv", first=1, id=0, header="sentence"),
    },
    tfds=TfdsData("glue/cola", "sentence", url=_URL + "CoLA.zip"),
)
SST_2 = Task(
    name="sst-2",
    title="Is the review of a film positive? (Socher et al. 2013)",
    kind=Kind.CLASSIFICATION,
    labels=("0", "1"),
    metrics=("accuracy", "f1"),
    tsv={
        Split.TRAIN: TsvFile("train.tsv", first=0, label=1, header="sentence"),
        Split.DEV: TsvFile("dev.tsv", first=0, label=1, header="sentence"),
        Split.TEST: TsvFile("test.tsv", first=1, id=0, header="sentence"),
    },
    tfds=TfdsData("glue/sst2", "sentence", url=_URL + "SST-2.zip"),
)
MRPC = Task(
    name="mrpc",
    title="Do the two sentences say the same? (Dolan and Brockett 2005)",
    kind=Kind.CLASSIFICATION,
    labels=("0", "1"),
    metrics=("f1", "accuracy", "precision", "recall"),
    tsv={
        Split.TRAIN: TsvFile("train.tsv", first=3, second=4, label=0, header="#1 String"),
        Split.DEV: TsvFile("dev.tsv", first=3, second=4, label=0, header="#1 String"),
        Split.TEST: TsvFile("test.tsv", first=3, second=4, id=0, header="#1 String"),
    },
    tfds=TfdsData(
        "glue/mrpc",
        "sentence1",
        "sentence2",
        url="https://dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_train.txt",
    ),
    is_pair=True,
)

GLUE = (COLA, SST_2, MRPC)
