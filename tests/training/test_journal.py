import json
import threading

import pytest

from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError
from bert_tf.training.journal import Event, Journal, config_digest
from bert_tf.training.watch.interruption import StoppedError


def entries(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_entry_is_a_line_that_says_what_happened_when(tmp_path):
    path = tmp_path / "events.jsonl"
    Journal(str(path)).note(Event.EVALUATE, step=7, scores={"loss": 0.5, "accuracy": float("nan")})
    (entry,) = entries(path)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {"event": "evaluate", "step": 7, "scores": {"loss": 0.5, "accuracy": None}}


@pytest.mark.parametrize("kept", [1, 20, -1])
def test_a_line_that_was_cut_off_does_not_spoil_the_next_ones(tmp_path, kept):
    path = tmp_path / "events.jsonl"
    Journal(str(path)).note(Event.START, seed=3)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:kept])
    Journal(str(path)).note(Event.RESUME, step=4)
    assert [entry["event"] for entry in entries(path)] == ["start", "resume"]


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, 0), (StoppedError("x"), 75), (InputError("x"), 2), (KeyboardInterrupt(), 130), (ValueError(), 1)],
)
def test_the_last_entry_is_the_end_with_its_status(tmp_path, error, status):
    path = tmp_path / "events.jsonl"
    journal = Journal(str(path))

    def run():
        with journal.closing():
            journal.note(Event.SAVE, step=12)
            if error is not None:
                raise error

    if error is None:
        run()
    else:
        with pytest.raises(type(error)):
            run()
    end = entries(path)[-1]
    assert (end["event"], end["status"], end["step"]) == ("end", status, 12)
    assert end["seconds"] >= 0


def test_a_warning_from_before_the_start_stands_behind_it(tmp_path):
    path = tmp_path / "folder" / "events.jsonl"
    journal = Journal(str(path))
    journal.warn_early("a text stands twice")
    assert not path.parent.exists()
    path.parent.mkdir()
    journal.note(Event.START, seed=3)
    journal.note(Event.START, seed=3)
    told = [(entry["event"], entry.get("kind"), entry.get("text")) for entry in entries(path)]
    assert told == [("start", None, None), ("warn", "given", "a text stands twice"), ("start", None, None)]


def test_what_never_began_leaves_no_file(tmp_path):
    with Journal(str(tmp_path / "none" / "events.jsonl")).closing():
        pass
    with Journal().closing():
        Journal().note(Event.START)
    assert list(tmp_path.iterdir()) == []


def test_lines_of_several_threads_stay_whole(tmp_path):
    path = tmp_path / "events.jsonl"
    journal = Journal(str(path))
    threads = [
        threading.Thread(target=lambda: [journal.note(Event.WARN, text="x" * 999) for _ in range(20)]) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(path)) == 100


def test_the_digest_tells_trainings_apart_and_nothing_else():
    config = RunConfig()
    same = replace(config, output_dir="/somewhere", init_checkpoint="/else", log_every=3, on_nan="skip")
    assert config_digest(config) == config_digest(same)
    assert config_digest(config) != config_digest(replace(config, seed=4))
