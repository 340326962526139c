"""Work that is done beside training, one piece at a time."""

import contextlib
import threading
from collections.abc import Callable, Iterator


class BackgroundWork:
    """A thread for one piece of work at a time. What goes wrong in it is raised in the thread that waits for it."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None

    def begin(self, work: Callable[[], None]) -> None:
        """Begins some work, when that before it is done.

        Raises:
            Exception: What the work before it has raised; then nothing is begun.
        """
        self.wait()
        # No daemon: the interpreter does not end before the work does.
        self._thread = threading.Thread(target=self._run, args=(work,), name="background work")
        self._thread.start()

    def wait(self) -> None:
        """Waits for the end of the work, if there is any.

        Raises:
            Exception: What it has raised, once.
        """
        if self._thread is not None and self._thread.ident is not None:  # A signal may have come before its start.
            self._thread.join()  # If a signal interrupts this, the thread stays known, and can be waited for again.
        self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error

    @contextlib.contextmanager
    def finished(self, tell: Callable[[str], None]) -> Iterator[None]:
        """Waits for the work at the end of the block, however that ends.

        Args:
            tell: Is told what went wrong in the work if the block itself ends with another error.

        Raises:
            Exception: What the block has raised, else what the work has.
        """
        try:
            yield
        except BaseException:
            try:
                self.wait()
            except Exception as error:
                tell(str(error))
            raise
        self.wait()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self._error = error
