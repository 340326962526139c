"""The tasks of GLUE (Wang et al. 2019) and their kin as a table. Columns are those of the published files."""

from collections.abc import Mapping

from bert_tf.data.readers.tfds import TfdsData
from bert_tf.data.readers.tsv import TsvFile
from bert_tf.data.splits import DEV, TEST, TRAIN, Role, Split
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.task import Submission, Task

_URL = "https://dl.fbaipublicfiles.com/glue/data/"
_BINARY = ("0", "1")
_ENTAILMENT = ("entailment", "not_entailment")
_INFERENCE = ("contradiction", "entailment", "neutral")  # The order of google-research/bert.
_INFERENCE_IN_TFDS = ("entailment", "neutral", "contradiction")
DEV_MISMATCHED, TEST_MISMATCHED = Split(Role.DEV, "_mismatched"), Split(Role.TEST, "_mismatched")
_MNLI_PARTS = {
    TRAIN: "train",
    DEV: "validation_matched",
    DEV_MISMATCHED: "validation_mismatched",
    TEST: "test_matched",
    TEST_MISMATCHED: "test_mismatched",
}


def _pairs(first: int, second: int, label: int, header: str) -> Mapping[Split, TsvFile]:
    """The three files of a task whose rows begin with their id and all have the same columns, but for the label."""
    train, dev, test = (TsvFile(f"{name}.tsv", first, second, id=0, header=header) for name in ("train", "dev", "test"))
    labelled = [TsvFile(file.name, first, second, label, 0, header) for file in (train, dev)]
    return {TRAIN: labelled[0], DEV: labelled[1], TEST: test}


def _submission(name: str, rows: int) -> Mapping[Split, Submission]:
    return {TEST: Submission(name, rows)}


COLA = Task(
    name="cola",
    title="Is the sentence acceptable English? (Warstadt et al. 2019)",
    answers=OneLabel(_BINARY),
    label_names=("unacceptable", "acceptable"),
    metrics=("matthews_correlation", "accuracy", "precision", "recall", "f1"),
    tsv={
        TRAIN: TsvFile("train.tsv", first=3, label=1),
        DEV: TsvFile("dev.tsv", first=3, label=1),
        TEST: TsvFile("test.tsv", first=1, id=0, header="sentence"),
    },
    tfds=TfdsData("glue/cola", "sentence", url=_URL + "CoLA.zip"),
    submissions=_submission("CoLA.tsv", 1063),
)
SST_2 = Task(
    name="sst-2",
    title="Is the review of a film positive? (Socher et al. 2013)",
    answers=OneLabel(_BINARY),
    label_names=("negative", "positive"),
    metrics=("accuracy", "f1"),
    tsv={
        TRAIN: TsvFile("train.tsv", first=0, label=1, header="sentence"),
        DEV: TsvFile("dev.tsv", first=0, label=1, header="sentence"),
        TEST: TsvFile("test.tsv", first=1, id=0, header="sentence"),
    },
    tfds=TfdsData("glue/sst2", "sentence", url=_URL + "SST-2.zip"),
    submissions=_submission("SST-2.tsv", 1821),
)
MRPC = Task(
    name="mrpc",
    title="Do the two sentences say the same? (Dolan and Brockett 2005)",
    answers=OneLabel(_BINARY),
    label_names=("not a paraphrase", "paraphrase"),
    metrics=("f1", "accuracy", "precision", "recall"),
    combined=("f1", "accuracy"),
    tsv={
        TRAIN: TsvFile("train.tsv", first=3, second=4, label=0, header="#1 String"),
        DEV: TsvFile("dev.tsv", first=3, second=4, label=0, header="#1 String"),
        TEST: TsvFile("test.tsv", first=3, second=4, id=0, header="#1 String"),
    },
    tfds=TfdsData(
        "glue/mrpc",
        "sentence1",
        "sentence2",
        url="https://dl.fbaipublicfiles.com/senteval/senteval_data/msr_paraphrase_train.txt",
    ),
    is_pair=True,
    submissions=_submission("MRPC.tsv", 1725),
)
STS_B = Task(
    name="sts-b",
    title="How similar are the two sentences, from 0 to 5? (Cer et al. 2017)",
    answers=Value(value_range=(0.0, 5.0), is_bounded=True),
    metrics=("pearson", "spearman", "mean_squared_error"),
    combined=("pearson", "spearman"),
    tsv=_pairs(7, 8, 9, "sentence1"),
    tfds=TfdsData("glue/stsb", "sentence1", "sentence2", url=_URL + "STS-B.zip"),
    is_pair=True,
    submissions=_submission("STS-B.tsv", 1379),
)
QQP = Task(
    name="qqp",
    title="Do the two questions ask the same? (Quora 2017)",
    answers=OneLabel(_BINARY),
    label_names=("not a duplicate", "duplicate"),
    metrics=("f1", "accuracy"),
    combined=("f1", "accuracy"),
    tsv={
        TRAIN: TsvFile("train.tsv", 3, 4, label=5, id=0, header="question1", has_broken_rows=True),
        DEV: TsvFile("dev.tsv", 3, 4, label=5, id=0, header="question1", has_broken_rows=True),
        TEST: TsvFile("test.tsv", 1, 2, id=0, header="question1"),
    },
    tfds=TfdsData("glue/qqp", "question1", "question2", url=_URL + "QQP.zip"),
    is_pair=True,
    submissions=_submission("QQP.tsv", 390_965),
)
MNLI = Task(
    name="mnli",
    title="Does the second sentence follow from the first? (Williams et al. 2018)",
    answers=OneLabel(_INFERENCE),
    metrics=("accuracy", "f1_macro"),
    tsv={
        TRAIN: TsvFile("train.tsv", 8, 9, label=11, id=0, header="sentence1"),
        DEV: TsvFile("dev_matched.tsv", 8, 9, label=15, id=0, header="sentence1"),
        DEV_MISMATCHED: TsvFile("dev_mismatched.tsv", 8, 9, label=15, id=0, header="sentence1"),
        TEST: TsvFile("test_matched.tsv", 8, 9, id=0, header="sentence1"),
        TEST_MISMATCHED: TsvFile("test_mismatched.tsv", 8, 9, id=0, header="sentence1"),
    },
    tfds=TfdsData(
        "glue/mnli", "premise", "hypothesis", url=_URL + "MNLI.zip", labels=_INFERENCE_IN_TFDS, splits=_MNLI_PARTS
    ),
    is_pair=True,
    submissions={
        TEST: Submission("MNLI-m.tsv", 9796),
        TEST_MISMATCHED: Submission("MNLI-mm.tsv", 9847),
    },
)
QNLI = Task(
    name="qnli",
    title="Does the sentence answer the question? (Rajpurkar et al. 2016, Wang et al. 2019)",
    answers=OneLabel(_ENTAILMENT),
    metrics=("accuracy", "f1_macro"),
    tsv=_pairs(1, 2, 3, "question"),
    tfds=TfdsData("glue/qnli", "question", "sentence", url=_URL + "QNLIv2.zip", labels=_ENTAILMENT),
    is_pair=True,
    submissions=_submission("QNLI.tsv", 5463),
)
RTE = Task(
    name="rte",
    title="Does the second text follow from the first? (Dagan et al. 2006 and later)",
    answers=OneLabel(_ENTAILMENT),
    metrics=("accuracy", "f1_macro"),
    tsv=_pairs(1, 2, 3, "sentence1"),
    tfds=TfdsData("glue/rte", "sentence1", "sentence2", url=_URL + "RTE.zip", labels=_ENTAILMENT),
    is_pair=True,
    submissions=_submission("RTE.tsv", 3000),
)
WNLI = Task(
    name="wnli",
    title="Is the pronoun replaced by what it means? (Levesque et al. 2012)",
    answers=OneLabel(_BINARY),
    label_names=("not entailed", "entailed"),
    metrics=("accuracy", "f1"),
    tsv=_pairs(1, 2, 3, "sentence1"),
    tfds=TfdsData("glue/wnli", "sentence1", "sentence2", url=_URL + "WNLI.zip"),
    is_pair=True,
    submissions=_submission("WNLI.tsv", 146),
)
AX = Task(
    name="ax",
    title="The diagnostic set of GLUE, predicted with a model that was trained on mnli",
    answers=OneLabel(_INFERENCE),
    metrics=("matthews_correlation", "accuracy"),
    tsv={TEST: TsvFile("diagnostic.tsv", 1, 2, id=0, header="sentence1")},
    tfds=TfdsData(
        "glue/ax",
        "premise",
        "hypothesis",
        url="https://bit.ly/2BOtOJ7",
        labels=_INFERENCE_IN_TFDS,
        splits={TEST: "test"},
    ),
    is_pair=True,
    submissions=_submission("AX.tsv", 1104),
    learnt_as="mnli",
)
XNLI = Task(
    name="xnli",
    title="mnli in fifteen languages, of which --language chooses one (Conneau et al. 2018)",
    answers=OneLabel(_INFERENCE),
    metrics=("accuracy", "f1_macro"),
    tsv={
        TRAIN: TsvFile(
            "multinli/multinli.train.{language}.tsv",
            0,
            1,
            label=2,
            header="premise",
            aliases=(("contradictory", "contradiction"),),
        ),
        DEV: TsvFile("xnli.dev.tsv", 6, 7, label=1, header="sentence1", only=(0, "{language}")),
        TEST: TsvFile("xnli.test.tsv", 6, 7, label=1, header="sentence1", only=(0, "{language}")),
    },
    tfds=TfdsData(
        "xnli",
        "premise",
        "hypothesis",
        id=None,
        url="https://cims.nyu.edu/~sbowman/xnli/XNLI-1.0.zip",
        labels=_INFERENCE_IN_TFDS,
        splits={DEV: "validation", TEST: "test"},
    ),
    is_pair=True,
)

GLUE = (COLA, SST_2, MRPC, STS_B, QQP, MNLI, QNLI, RTE, WNLI, AX, XNLI)
