import pytest

from bert_tf.config.run import TrainConfig
from bert_tf.errors import InputError
from bert_tf.tasks.answers.class_weights import check_loss_options
from bert_tf.tasks.known.glue import STS_B
from tests.tasks.objectives.made_up import ONE


@pytest.mark.parametrize(
    ("answers", "options", "message"),
    [
        (STS_B.answers, {"focal_gamma": 1.0}, "--focal_gamma needs labels, and this task has values"),
        (STS_B.answers, {"class_weights": "balanced"}, "--class_weights needs labels"),
        (ONE, {"class_weights": "a=1,b=2"}, r"every label a weight\. Received: 'none for c'"),
        (ONE, {"class_weights": "a=1,b=2,d=1"}, "must name labels of the task"),
        (ONE, {"class_weights": "a=1,a=2"}, "Name each label once"),
        (ONE, {"class_weights": "a=0,b=1,c=1"}, r"greater than 0\. Received: '0'"),
        (ONE, {"class_weights": "a=x,b=1,c=1"}, r"greater than 0\. Received: 'x'"),
        (ONE, {"class_weights": "balance"}, "must name labels of the task"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_there_is_any_example(answers, options, message):
    with pytest.raises(InputError, match=message):
        check_loss_options(TrainConfig(**options), answers)
