"""A run that was never trained: its answers are drawn, and its texts are as bad as texts can be."""

import dataclasses

import numpy as np

from bert_tf.config import RunConfig, replace
from bert_tf.data.examples import Examples
from bert_tf.encoder_config import EncoderConfig
from bert_tf.experiments.report.charts import Curve
from bert_tf.experiments.report.evaluated_run import EvaluatedRun, SplitFacts, checksum
from bert_tf.metrics import CLASSIFICATION_METRICS, confusion_matrix
from bert_tf.tasks.demo import DEMO

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


def made_up_run(
    examples: int = 203, labels: tuple[str, ...] = DEMO.labels, *, is_pair: bool = False, seed: int = 7, **options
) -> EvaluatedRun:
    """A run whose answers are often right."""
    generator = np.random.default_rng(seed)
    label_ids = generator.integers(0, len(labels), examples)
    logits = 2 * generator.normal(size=(examples, len(labels)))
    logits[np.arange(examples), label_ids] += 2
    powers = np.exp(logits)
    probabilities = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    task = dataclasses.replace(DEMO, name="made-up", labels=labels, metrics=("accuracy", "f1_macro"), is_pair=is_pair)
    texts = [HOSTILE[index % len(HOSTILE)] for index in range(examples)]
    data = Examples(
        origin="/home/somebody/data/dev.tsv",
        first=texts,
        second=texts[::-1] if is_pair else None,
        labels=[labels[index] for index in label_ids],
        ids=[str(index) for index in range(examples)],
        lines=list(range(1, examples + 1)),
    )
    matrix = confusion_matrix(label_ids, probabilities.argmax(axis=1), len(labels))
    steps = np.arange(1, 21) * 10
    base = {"output_dir": "/home/somebody/runs/first", "init_checkpoint": "/home/somebody/uncased/bert_model.ckpt"}
    return EvaluatedRun(
        task=task,
        config=replace(RunConfig(), **{**base, "eval_every": 50, "do_train": True, "learning_rate": 1e-4, **options}),
        encoder=EncoderConfig(vocab_size=30522),
        lower_case=True,
        weight_count=109_483_778,
        global_step=200,
        is_own=True,
        examples=data,
        targets=label_ids,
        answers=probabilities,
        scores={name: CLASSIFICATION_METRICS[name](matrix) for name in task.metrics} | {"loss": 0.75},
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
            "accuracy": Curve(steps[4::5], 1 - np.exp(-steps[4::5] / 90)),
        },
    )
