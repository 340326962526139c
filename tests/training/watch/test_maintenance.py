"""A server that answers as that of Google Compute Engine does."""

import http.server
import threading
import time

import pytest

from bert_tf.training.watch.interruption import StopRequest
from bert_tf.training.watch.maintenance import metadata_server, stopping_before_maintenance, upcoming_event

QUIET = {"instance/maintenance-event": "NONE", "instance/preempted": "FALSE"}


@pytest.fixture
def answers(monkeypatch):
    """What the server answers, by path; to be changed."""
    current = dict(QUIET)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer = current.get(self.path.removeprefix("/computeMetadata/v1/"))
            is_right = self.headers["Metadata-Flavor"] == "Google" and answer is not None
            self.send_response(200 if is_right else 403)
            self.end_headers()
            self.wfile.write((answer or "").encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("GCE_METADATA_IP", f"127.0.0.1:{server.server_port}")
    yield current
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "answer", "event"),
    [
        ("instance/maintenance-event", "TERMINATE_ON_HOST_MAINTENANCE", "maintenance of the host"),
        ("instance/maintenance-event", "MIGRATE_ON_HOST_MAINTENANCE", ""),
        ("instance/preempted", "TRUE", "pre-emption of the machine"),
        ("instance/preempted", "FALSE", ""),
    ],
)
def test_only_what_takes_the_machine_away_is_an_event(answers, path, answer, event):
    answers[path] = answer
    assert upcoming_event(metadata_server()) == event


def test_a_request_to_stop_is_made_when_the_event_comes(answers, capsys):
    request = StopRequest()
    with stopping_before_maintenance(request, seconds_between_questions=0.01):
        answers["instance/preempted"] = "TRUE"
        deadline = time.monotonic() + 60
        while not request and time.monotonic() < deadline:
            time.sleep(0.01)
    assert request.reason == "pre-emption of the machine"
    assert capsys.readouterr().err == "notice of pre-emption of the machine: saving after this step, then stopping\n"


def test_a_server_that_is_gone_is_no_event():
    assert upcoming_event("127.0.0.1:1") == ""


def test_elsewhere_nobody_is_asked_and_no_thread_started(monkeypatch):
    for name in ("GCE_METADATA_IP", "GCE_METADATA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("bert_tf.training.watch.maintenance._PRODUCT_FILE", "/nowhere/product_name")
    assert metadata_server() == ""
    threads = threading.active_count()
    with stopping_before_maintenance(StopRequest()):
        assert threading.active_count() == threads
