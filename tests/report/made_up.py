"""A run that was never trained: its answers are drawn, and its texts are as bad as texts can be."""

import dataclasses

import numpy as np

from bert_tf.config.encoder import EncoderConfig
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.examples import Examples
from bert_tf.data.questions import Answer
from bert_tf.report.circumstances import Circumstances
from bert_tf.report.drawing.charts import Curve
from bert_tf.report.evaluated_run import EvaluatedRun, SplitFacts, checksum
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.space import CHOSEN, PLACE, PROBABILITIES, SPLITS, VALUE, AnswerSpace
from bert_tf.tasks.answers.spans import Asked, Spans, label_of
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.known.demo import DEMO

HOSTILE = (
    '<script>document.title = "taken"; console.error("taken")</script>',
    '"><img src="http://127.0.0.1:9/taken.png" onerror="alert(1)">',
    "</td></table></bdi><h1>taken</h1><!--",
    "${title} $style %s {0} &lt;b&gt;",
    "nul \x00, bell \x07, half a pair \ud800, right to left \u202e, lines\nand\ttabs",
    "| a | table | of | *Markdown* | `with` [a link](http://127.0.0.1:9/) and <b>tags</b>",
    "",
    "长 " * 700,
)
BAD_LABELS = ("<script>alert(1)</script>", r"$\frac{1}{", "差评", "a\n|b|", "x" * 90, "__init__")


ORDERED = ("awful", "poor", "fair", "good", "superb")
VALUE_RANGE = (1.0, 5.0)


def class_answers(generator, examples, labels):
    """Label ids, the probabilities of labels, and the labels as written."""
    label_ids = generator.integers(0, len(labels), examples)
    logits = 2 * generator.normal(size=(examples, len(labels)))
    logits[np.arange(examples), label_ids] += 2
    powers = np.exp(logits)
    written = [labels[index] for index in label_ids]
    return label_ids, (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), written


def rank_answers(generator, examples, labels):
    """The same for labels in order: probable are the neighbours of what the model takes for the place."""
    label_ids = generator.integers(0, len(labels), examples)
    seen = label_ids + generator.normal(size=examples)
    powers = np.exp(-np.abs(np.arange(len(labels)) - seen[:, np.newaxis]))
    written = [labels[index] for index in label_ids]
    return label_ids, (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), written


def label_set_answers(generator, examples, labels):
    """The same for sets of labels."""
    has_label = generator.random((examples, len(labels))) < np.linspace(0.5, 0.1, len(labels))
    logits = 4 * (has_label - 0.5) + 1.5 * generator.normal(size=has_label.shape)
    written = ["|".join(label for label, has in zip(labels, row, strict=True) if has) for row in has_label]
    return has_label.astype(np.float32), (1 / (1 + np.exp(-logits))).astype(np.float32), written


def value_answers(generator, examples, labels):
    """The same for values: targets are scaled, answers are not."""
    low, high = VALUE_RANGE
    values = generator.uniform(low, high, examples)
    answers = np.clip(values + generator.normal(size=examples) / 2, low, high)
    return (
        ((values - low) / (high - low)).astype(np.float32),
        answers[:, np.newaxis].astype(np.float32),
        list(map(str, values)),
    )


TAGS = ("O", "B-<i>who</i>", "I-<i>who</i>", "B-where", "I-where")


def words_of(texts):
    """The words of each text; of an empty one, one."""
    return [tuple(text.split()) or ("nothing",) for text in texts]


def tag_answers(generator, examples, labels):
    """The same for the words of the texts, whose tags are legal and often right."""
    counts = [len(words) for words in words_of(hostile_texts(examples))]
    targets, written = [], []
    for count in counts:
        tags = []
        for _ in range(count):
            inside = [tags[-1] + 1] if tags and tags[-1] in (1, 3) else [tags[-1]] if tags and tags[-1] else []
            tags.append(int(generator.choice([0, 1, 3, *inside, *inside])))
        targets += tags
        written.append(" ".join(labels[tag] for tag in tags))
    logits = generator.normal(size=(sum(counts), len(labels)))
    logits[np.arange(len(targets)), targets] += 2
    powers = np.exp(logits)
    return np.array(targets, np.int32), (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), written


def span_answers(generator, examples, labels):
    """Spans of the texts, which are contexts here: a third of the questions has no answer, and each third is right."""
    targets, spans, written = np.empty(examples, object), np.zeros((examples, 4), np.float32), []
    for index, text in enumerate(contexts(examples)):
        start = int(generator.integers(0, len(text)))
        end = min(start + int(generator.integers(1, 40)), len(text))
        answers = () if index % 3 == 1 else (Answer(text[start:end], start, is_in_place=True),)
        targets[index] = Asked(text, answers)
        written.append(label_of(answers))
        moved = int(generator.integers(-3, 4)) * (index % 3 > 0)
        spans[index] = max(start + moved, 0), end, generator.random(), generator.normal() + (not answers)
    return targets, spans, written


def contexts(examples):
    """The texts, of which none is empty."""
    return [text or "nothing" for text in hostile_texts(examples)]


def hostile_texts(examples):
    return [HOSTILE[index % len(HOSTILE)] for index in range(examples)]


ANSWERS = {
    OneLabel: class_answers,
    Value: value_answers,
    LabelSet: label_set_answers,
    Ranks: rank_answers,
    Tags: tag_answers,
    Spans: span_answers,
}


def made_up_task(kind, labels, *, is_pair=False):
    """A task of a kind; one of several labels has thresholds."""
    thresholds = tuple(np.linspace(0.3, 0.6, len(labels)).round(6).tolist())
    answers = {
        OneLabel: OneLabel(labels),
        Value: Value(value_range=VALUE_RANGE),
        LabelSet: LabelSet(labels, thresholds),
        Ranks: Ranks(labels),
        Tags: Tags(TAGS),
        Spans: Spans(version_2_with_negative=True, null_threshold=0.5),
    }[kind]
    metrics = answers.own_metrics() if kind is not OneLabel else ("accuracy", "f1_macro")
    return dataclasses.replace(DEMO, name="made-up", answers=answers, metrics=metrics, is_pair=is_pair, label_names=())


def decided(answers: np.ndarray, space: AnswerSpace, splits: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """The answers with what follows from them: the likeliest label, the median, what reaches its threshold, a value."""
    if isinstance(space, Tags):
        return {PROBABILITIES: answers, PLACE: answers.argmax(axis=1), SPLITS: splits}
    if isinstance(space, Spans):
        return space.decided(answers)
    if isinstance(space, Value):
        return {VALUE: answers}
    if isinstance(space, LabelSet):
        return {PROBABILITIES: answers, CHOSEN: answers >= np.array(space.thresholds, np.float32)}
    if isinstance(space, Ranks):
        return {PROBABILITIES: answers, PLACE: (np.cumsum(answers, axis=1)[:, :-1] < 0.5).sum(axis=1)}
    return {PROBABILITIES: answers, PLACE: answers.argmax(axis=1)}


def answering(run: EvaluatedRun, answers: np.ndarray) -> EvaluatedRun:
    """The run with other answers."""
    return dataclasses.replace(run, outputs=decided(answers, run.task.answers, run.outputs.get(SPLITS)))


def made_up_run(
    examples: int = 203,
    labels: tuple[str, ...] = DEMO.labels,
    *,
    kind: type[AnswerSpace] = OneLabel,
    is_pair: bool = False,
    seed: int = 7,
    **options,
) -> EvaluatedRun:
    """A run whose answers are often right."""
    generator = np.random.default_rng(seed)
    task = made_up_task(kind, labels, is_pair=is_pair)
    targets, answers, written = ANSWERS[kind](generator, examples, TAGS if kind is Tags else labels)
    texts = hostile_texts(examples)
    words = words_of(texts) if kind is Tags else None
    splits = None if words is None else np.concatenate([[0], np.cumsum(list(map(len, words)))])
    outputs = decided(answers, task.answers, splits)
    data = Examples(
        origin="/home/somebody/data/dev.tsv",
        first=texts,
        second=contexts(examples) if kind is Spans else texts[::-1] if is_pair else None,
        labels=written,
        ids=[str(index) for index in range(examples)],
        lines=list(range(1, examples + 1)),
        words=words,
    )
    steps = np.arange(1, 21) * 10
    base = {"output_dir": "/home/somebody/runs/first", "init_checkpoint": "/home/somebody/uncased/bert_model.ckpt"}
    return EvaluatedRun(
        task=task,
        config=replace(RunConfig(), **{**base, "eval_every": 50, "do_train": True, "learning_rate": 1e-4, **options}),
        encoder=EncoderConfig(vocab_size=30522),
        lower_case=True,
        strip_accents=True,
        weight_count=109_483_778,
        global_step=200,
        is_own=True,
        examples=data,
        targets=targets,
        outputs=outputs,
        scores=task.answers.score(outputs, targets, task.metrics) | {"loss": 0.75},
        splits=tuple(
            SplitFacts(
                name, data.origin, examples, examples // 20, generator.integers(3, 129, examples), checksum(data, task)
            )
            for name in ("train", "dev")
        ),
        train_curves={
            "loss": Curve(steps, np.exp(-steps / 100)),
            "learning_rate": Curve(steps, 1e-4 * (1 - steps / 200)),
        },
        eval_curves={
            "loss": Curve(steps[4::5], np.exp(-steps[4::5] / 150)),
            task.metrics[0]: Curve(steps[4::5], 1 - np.exp(-steps[4::5] / 90)),
        },
        circumstances=Circumstances(
            warnings=((HOSTILE[4], 2), ("the loss runs away", 1)),
            seconds=912.3,
            commands=2,
            devices="1 CPU, OneDeviceStrategy",
            trained_on="2 GPUs, MirroredStrategy",
            processor="A processor of somebody, 2 cores",
        ),
    )
