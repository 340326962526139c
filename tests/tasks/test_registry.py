import pytest

from bert_tf.config.run import OPTIONS, RunConfig, replace
from bert_tf.data.splits import DEV, TEST, TRAIN
from bert_tf.errors import InputError
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.custom import CUSTOM
from bert_tf.tasks.known.glue import DEV_MISMATCHED, GLUE, TEST_MISMATCHED
from bert_tf.tasks.objectives.choose import OBJECTIVES
from bert_tf.tasks.registry import TASKS, get_task, read_split

PARTS = (TRAIN, DEV, TEST)
# Published sizes of train, dev and test, and the share of label 1 in train, or the mean value as a share of the range.
PUBLISHED = {
    "cola": ("CoLA", (8551, 1043, 1063), 0.704),
    "sst-2": ("SST-2", (67349, 872, 1821), 0.558),
    "mrpc": ("MRPC", (3668, 408, 1725), 0.674),
    "sts-b": ("STS-B", (5749, 1500, 1379), 2.701 / 5),
}


def options_of(folder, **options):
    return replace(RunConfig(), data_dir=str(folder), **options)


@pytest.mark.parametrize("name", ["cola", "CoLA", "COLA", "sst_2"])
def test_a_task_is_found_in_any_case_of_letters(name):
    assert get_task(name).name in ("cola", "sst-2")


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(InputError, match=r"--task must be a known task. Received: 'colla'. Did you mean 'cola'"):
        get_task("colla")
    with pytest.raises(InputError, match="--task must name the task"):
        get_task(None)


@pytest.mark.parametrize("task", [task for task in TASKS.values() if task is not CUSTOM], ids=lambda task: task.name)
def test_every_task_is_complete(task):
    assert type(task.answers) in OBJECTIVES
    is_value = isinstance(task.answers, Value)
    assert not is_value or task.answers.value_range is not None
    assert len(task.labels) >= 2 if task.answers.has_labels else not task.labels
    known = task.answers.metrics
    assert task.metrics
    assert set(task.defaults) <= set(OPTIONS)
    assert set(task.combined) <= set(task.metrics) <= set(known)
    assert task.generate or task.tfds
    for file in (task.tsv or {}).values():
        assert (file.second is not None) is task.is_pair
    if task.tfds:
        assert (task.tfds.second is not None) is task.is_pair
        assert set(task.tfds.labels) in (set(), set(task.labels))


def test_the_tasks_of_glue_have_what_the_server_takes():
    names = ["CoLA", "SST-2", "MRPC", "STS-B", "QQP", "MNLI-m", "MNLI-mm", "QNLI", "RTE", "WNLI", "AX"]
    found = [submission.name for task in GLUE for submission in task.submissions.values()]
    assert found == [f"{name}.tsv" for name in names]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files_give_every_row(shared, name):
    folder, sizes, positive = PUBLISHED[name]
    task, options = get_task(name), options_of(shared / "data" / "glue" / folder)
    splits = {split: read_split(task, split, options) for split in PARTS}
    assert tuple(len(examples) for examples in splits.values()) == sizes
    assert task.answers.place(splits[TRAIN]).mean() == pytest.approx(positive, abs=5e-4)
    assert splits[TEST].labels is None
    assert splits[TEST].ids == [str(i) for i in range(sizes[2])]
    assert task.submissions[TEST].rows == sizes[2]
    assert all(text.strip() for examples in splits.values() for text in examples.first)


# What the files of tasks that are not at hand look like: (task, split, file, lines, first example, label).
LAYOUTS = [
    ("qqp", TRAIN, "train.tsv", "id qid1 qid2 question1 question2 is_duplicate|7 1 2 A B 1", ("A", "B"), "1"),
    ("qqp", TEST, "test.tsv", "id question1 question2|0 A B", ("A", "B"), None),
    ("qnli", DEV, "dev.tsv", "index question sentence label|0 A B not_entailment", ("A", "B"), "not_entailment"),
    ("rte", TRAIN, "train.tsv", "index sentence1 sentence2 label|0 A B entailment", ("A", "B"), "entailment"),
    ("wnli", DEV, "dev.tsv", "index sentence1 sentence2 label|0 A B 1", ("A", "B"), "1"),
    ("ax", TEST, "diagnostic.tsv", "index sentence1 sentence2|0 A B", ("A", "B"), None),
    (
        "mnli",
        TRAIN,
        "train.tsv",
        "index promptID pairID genre p1 p2 parse1 parse2 sentence1 sentence2 label1 gold_label|"
        "0 1 2 g x x x x A B neutral entailment",
        ("A", "B"),
        "entailment",
    ),
    (
        "mnli",
        DEV_MISMATCHED,
        "dev_mismatched.tsv",
        "index promptID pairID genre p1 p2 parse1 parse2 sentence1 sentence2 l1 l2 l3 l4 l5 gold_label|"
        "0 1 2 g x x x x A B n n n n n neutral",
        ("A", "B"),
        "neutral",
    ),
    (
        "mnli",
        TEST_MISMATCHED,
        "test_mismatched.tsv",
        "index promptID pairID genre p1 p2 parse1 parse2 sentence1 sentence2|0 1 2 g x x x x A B",
        ("A", "B"),
        None,
    ),
    (
        "xnli",
        TRAIN,
        "multinli/multinli.train.de.tsv",
        "premise hypo label|A B contradictory",
        ("A", "B"),
        "contradiction",
    ),
    (
        "xnli",
        TEST,
        "xnli.test.tsv",
        "language gold_label s1b s2b s1p s2p sentence1 sentence2|ar neutral x x x x C D|de entailment x x x x A B",
        ("A", "B"),
        "entailment",
    ),
]


@pytest.mark.parametrize(("name", "split", "file", "lines", "texts", "label"), LAYOUTS)
def test_published_layouts_are_read(tmp_path, name, split, file, lines, texts, label):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(lines.replace(" ", "\t").replace("|", "\n") + "\n")
    task = get_task(name)
    examples = read_split(task, split, options_of(tmp_path, language="de"))
    assert (examples.first, examples.second) == ([texts[0]], [texts[1]])
    assert examples.labels == (None if label is None else [label])
    assert label is None or label in task.labels


def test_broken_rows_are_passed_over_only_where_the_published_file_has_them(tmp_path):
    header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
    (tmp_path / "train.tsv").write_text(header + "1\t1\t1\tA\tB\t1\n2\t2\tC\n")
    examples = read_split(get_task("qqp"), TRAIN, options_of(tmp_path))
    assert examples.first == ["A"]
    assert "1 row without the 6 columns of the first line passed over" in examples.summary()


def test_rows_are_those_of_the_original_reader(shared):
    options = options_of(shared / "data" / "glue" / "CoLA")
    train = read_split(get_task("cola"), TRAIN, options)
    assert (train.first[0], train.labels[0]) == (
        "Our friends won't buy this analysis, let alone the next one we propose.",
        "1",
    )
    assert read_split(get_task("cola"), TEST, options).first[0] == "Bill whistled past the house."
