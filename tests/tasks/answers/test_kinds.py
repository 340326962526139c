import pytest

from bert_tf.data.choices import LabelForm
from bert_tf.tasks.answers.choice import Choice
from bert_tf.tasks.answers.kinds import KINDS, empty_space, space_from_tree, space_to_tree
from bert_tf.tasks.answers.label_set import LabelSet
from bert_tf.tasks.answers.one_label import OneLabel, Ranks
from bert_tf.tasks.answers.spans import Spans
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.answers.value import Value

TREE = {"labels": ("a", "b"), "value_range": None, "thresholds": (), "label_separator": "|", "scheme": None}
TREES = [
    (OneLabel(("a", "b")), {**TREE, "kind": "classification"}),
    (Ranks(("a", "b")), {**TREE, "kind": "ordinal"}),
    (
        LabelSet(("a", "b"), (0.25, 0.5), "+"),
        {**TREE, "kind": "multi_label", "thresholds": (0.25, 0.5), "label_separator": "+"},
    ),
    (
        Spans(n_best_size=3, max_answer_length=7, version_2_with_negative=True, null_threshold=-0.5),
        {
            **TREE,
            "kind": "spans",
            "labels": (),
            "n_best_size": 3,
            "max_answer_length": 7,
            "version_2_with_negative": True,
            "null_threshold": -0.5,
        },
    ),
    (
        Tags(("O", "B-a", "I-a"), crf=True),
        {
            **TREE,
            "kind": "tags",
            "labels": ("O", "B-a", "I-a"),
            "scheme": "iob2",
            "crf": True,
            "label_all_pieces": False,
        },
    ),
    (Choice(label_form=LabelForm.FROM_1), {**TREE, "kind": "choices", "labels": (), "label_form": "from_1"}),
    (Choice(), {**TREE, "kind": "choices", "labels": (), "label_form": None}),
    (Value(value_range=(0.1, 7.0)), {**TREE, "kind": "regression", "labels": (), "value_range": (0.1, 7.0)}),
]


@pytest.mark.parametrize(("space", "tree"), TREES, ids=lambda value: getattr(value, "kind", ""))
def test_a_space_is_a_tree_of_one_form_and_back(space, tree):
    assert space_to_tree(space) == tree
    assert space_from_tree(tree) == space


def test_every_kind_has_a_name_of_its_own_and_is_tried_here():
    assert {type(space): tree["kind"] for space, tree in TREES} == {kind: name for name, kind in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_of_an_empty_space_the_kind_is_known_and_what_joins_labels(kind):
    space = empty_space(kind, "+")
    assert type(space) is KINDS[kind]
    assert space.labels == ()
    assert getattr(space, "label_separator", "+") == "+"


@pytest.mark.parametrize("name", TREE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_tree_that_lacks_something_is_no_space_of_any_kind(kind, name):
    with pytest.raises(KeyError):
        space_from_tree({key: value for key, value in {**TREE, "kind": kind}.items() if key != name})
