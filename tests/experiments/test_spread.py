import statistics

from bert_tf.experiments.spread import summarise


def test_a_line_has_mean_sample_deviation_and_each_score():
    scores = [{"b": 1.0, "a": 0.5}, {"b": 2.0, "a": 0.5}, {"b": 4.0, "a": 0.5}]
    deviation = statistics.stdev([1, 2, 4])
    assert summarise(scores) == f"a = 0.5 +- 0 (0.5 0.5 0.5)\nb = 2.33333 +- {deviation:.3g} (1 2 4)\n"


def test_one_run_has_no_deviation_and_a_missing_score_spoils_the_mean():
    assert summarise([{"a": 0.25}], " of one") == "a of one = 0.25 +- nan (0.25)\n"
    assert summarise([{"a": 0.25}, {"a": float("nan")}]) == "a = nan +- nan (0.25 nan)\n"
