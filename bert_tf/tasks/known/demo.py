"""Tasks that bring their own data, made from a grammar, so that they need no download."""

from bert_tf.data.choices import LabelForm
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.one_label import OneLabel
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.known import grammar, stories
from bert_tf.tasks.task import Task

DEMO = Task(
    name="demo",
    title="Is the sentence acceptable? Sentences from a small grammar of English, for a first try",
    answers=OneLabel((grammar.UNACCEPTABLE, grammar.ACCEPTABLE)),
    metrics=("matthews_correlation", "accuracy", "precision", "recall", "f1"),
    label_names=("unacceptable", "acceptable"),
    generate=grammar.acceptability,
)
DEMO_PRETEXT = Task(
    name="demo-pretext",
    title="Is the sentence as the grammar made it? The pretext task that made checkpoints/demo",
    answers=OneLabel((grammar.UNACCEPTABLE, grammar.ACCEPTABLE)),
    metrics=("accuracy",),
    label_names=("changed", "as it was made"),
    generate=grammar.corruption,
)
DEMO_TAGS = Task(
    name="demo-tags",
    title="Which words say who, what and where? Sentences of the demo's grammar, for a first try of bert-tf tagger",
    answers=Tags(("O", *(f"{part}-{kind}" for kind in ("WHAT", "WHERE", "WHO") for part in "BI"))),
    metrics=Tags.default_metrics,
    generate=grammar.phrases,
)
DEMO_SPANS = Task(
    name="demo-spans",
    title="Who, what and where? Questions on stories of the demo's grammar, for a first try of bert-tf squad",
    answers=Spans(),
    metrics=Spans.default_metrics,
    generate=stories.questions,
    is_pair=True,
    # checkpoints/demo has no more positions; the others are what it learns the questions with in less than a minute.
    own_defaults={
        "max_seq_length": 128,
        "batching": "packed",
        "train_batch_size": 16,
        "learning_rate": 5e-4,
        "num_train_epochs": 2.0,
    },
)

DEMO_CHOICE = Task(
    name="demo-choice",
    title="Which ending goes with the beginning? Sentences of the demo's grammar, for a first try of bert-tf choice",
    answers=Choice(label_form=LabelForm.LETTER),
    metrics=Choice.default_metrics,
    generate=grammar.endings,
)

DEMOS = (DEMO, DEMO_PRETEXT, DEMO_TAGS, DEMO_SPANS, DEMO_CHOICE)
