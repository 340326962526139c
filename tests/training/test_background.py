import threading

import pytest

from bert_tf.training.background import BackgroundWork


def test_work_goes_on_beside_and_is_waited_for():
    work, may_end, done = BackgroundWork(), threading.Event(), []

    def run():
        assert may_end.wait(30)
        done.append(threading.current_thread() is not threading.main_thread())

    work.begin(run)
    assert done == []
    may_end.set()
    work.wait()
    assert done == [True]


def test_one_piece_is_done_at_a_time_and_in_order():
    work, done = BackgroundWork(), []
    for number in range(50):
        work.begin(lambda number=number: done.append(number))
    work.wait()
    assert done == list(range(50))


def fail():
    raise OSError("no room")


def test_what_goes_wrong_is_raised_once_where_it_is_waited_for():
    work, done = BackgroundWork(), []
    work.begin(fail)
    with pytest.raises(OSError, match="no room"):
        work.begin(lambda: done.append(1))
    work.wait()
    assert done == []


def test_a_block_ends_when_the_work_has_ended():
    work, done, told = BackgroundWork(), [], []
    with work.finished(told.append):
        work.begin(lambda: done.append(1))
    assert done == [1]
    with pytest.raises(OSError, match="no room"), work.finished(told.append):
        work.begin(fail)


def test_what_ends_the_block_comes_before_what_goes_wrong_in_the_work():
    work, told = BackgroundWork(), []

    def block():
        with work.finished(told.append):
            work.begin(fail)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        block()
    assert told == ["no room"]
