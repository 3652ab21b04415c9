"""One piece of work, shared between a few threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock
from types import TracebackType

from threadpoolctl import ThreadpoolController


class _OneBlas:
    """Keeps BLAS to one thread while anybody here works: the work is shared out by the block.

    BLAS would share out each small product, and its threads wait for one another in a loop: where
    the cores are busy otherwise a search then takes many times as long.
    """

    def __init__(self) -> None:
        self._blas = ThreadpoolController().select(user_api="blas")
        self._lock = Lock()
        self._at_work = 0
        self._limit = ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._at_work:
                self._limit.enter_context(self._blas.limit(limits=1))
            self._at_work += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._at_work -= 1
            if not self._at_work:
                self._limit.close()


_BLAS = _OneBlas()  # there is one in a process


class Shares:
    """The caller's thread and `threads` - 1 more."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._helpers = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="gallery")

    def run(self, work: Callable[[], None], most: int) -> None:
        """Run `work` on as many threads as there are, `most` at most, until each has returned.

        A helper who has not begun when the caller is through is not waited for. Raises what `work`
        raises.
        """
        with _BLAS:
            helpers = [self._helpers.submit(work) for _ in range(min(self._threads, most) - 1)]
            work()
            for helper in helpers:
                if not helper.cancel():
                    helper.result()
