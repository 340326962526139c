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
        *(
            (ONE, {"class_weights": f"a={weight},b=1,c=1"}, rf"from 1e-09 to 1e\+09\. Received: '{weight}'")
            for weight in ("0", "-1", "x", "nan", "inf", "1e300", "1e-300", "")
        ),
        (ONE, {"class_weights": "balance"}, "must name labels of the task"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_there_is_any_example(answers, options, message):
    with pytest.raises(InputError, match=message):
        check_loss_options(TrainConfig(**options), answers)
