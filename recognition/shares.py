"""One piece of work, shared between a few threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits


class Shares:
    """The caller's thread and `threads` - 1 more. May be used by several threads at once.

    Whoever makes one keeps BLAS to one thread from then on, in the whole process. It would share
    out each small product, and its threads wait for one another in a loop: where the cores are
    busy otherwise that takes many times as long.
    """

    def __init__(self, threads: int) -> None:
        threadpool_limits(limits=1, user_api="blas")  # the threads are ours
        self._threads = threads
        self._helpers = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="gallery")

    def run(self, work: Callable[[], None], most: int) -> None:
        """Run `work` on as many threads as there are, `most` at most, until each has returned.

        A helper who has not begun when the caller is through is not waited for. Raises what `work`
        raises.
        """
        helpers = [self._helpers.submit(work) for _ in range(min(self._threads, most) - 1)]
        work()
        for helper in helpers:
            if not helper.cancel():
                helper.result()
