"""Notice that the platform is about to take the machine away, where it gives any beside SIGTERM.

TensorFlow's `PreemptionCheckpointHandler` watches the same events, but only together with checkpoints and a training
loop of its own. Here a thread asks for them and makes a `StopRequest`, which is heeded like a signal.

On Google Compute Engine, Kubernetes Engine included, every machine can ask a server at a fixed address about itself:
whether it is going to be shut down for maintenance (told up to an hour ahead for machines with GPUs or TPUs), and
whether it is being pre-empted (about 30 seconds ahead). Anywhere else nothing is asked and no thread is started.
"""

import contextlib
import os
import threading
import urllib.request
from collections.abc import Iterator

from bert_tf.host import console
from bert_tf.training.watch.interruption import StopRequest

_HOST_VARIABLES = ("GCE_METADATA_IP", "GCE_METADATA_HOST")  # TensorFlow heeds the first, Google's libraries both.
_HOST = "metadata.google.internal"
_PRODUCT_FILE = "/sys/class/dmi/id/product_name"
_PRODUCT = "Google Compute Engine"
_ANSWERS = {
    "instance/maintenance-event": ("TERMINATE_ON_HOST_MAINTENANCE", "maintenance of the host"),
    "instance/preempted": ("TRUE", "pre-emption of the machine"),
}
_SECONDS_BETWEEN_QUESTIONS = 5.0
_SECONDS_TO_ANSWER = 3.0


def metadata_server() -> str:
    """The address of the server to ask, empty where there is none."""
    named = [os.environ[name] for name in _HOST_VARIABLES if os.environ.get(name)]
    if named:
        return named[0]
    try:
        with open(_PRODUCT_FILE, encoding="utf-8") as file:
            return _HOST if file.read().strip() == _PRODUCT else ""
    except OSError:
        return ""


def upcoming_event(server: str) -> str:
    """Asks once whether the machine is about to be taken away.

    Args:
        server: The address of the server.

    Returns:
        What is going to happen, empty if nothing is or the server does not answer.
    """
    for path, (ominous, name) in _ANSWERS.items():
        question = urllib.request.Request(f"http://{server}/computeMetadata/v1/{path}")
        question.add_header("Metadata-Flavor", "Google")
        with contextlib.suppress(OSError), urllib.request.urlopen(question, timeout=_SECONDS_TO_ANSWER) as answer:
            if answer.read().decode(errors="replace").strip() == ominous:
                return name
    return ""


@contextlib.contextmanager
def stopping_before_maintenance(
    request: StopRequest, seconds_between_questions: float = _SECONDS_BETWEEN_QUESTIONS
) -> Iterator[None]:
    """In the block, a request to stop is made when the machine is about to be taken away.

    Args:
        request: The request.
        seconds_between_questions: How often to ask.
    """
    server = metadata_server()
    if not server:
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(seconds_between_questions):
            event = upcoming_event(server)
            if event:
                request.make(event)
                console.warn(f"notice of {event}: saving after this step, then stopping")
                return

    thread = threading.Thread(target=watch, name="maintenance", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
