"""The cores that a benchmark may use, and time taken on them."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

MILLI = 1e3


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Use so many cores and threads of numpy, here and in the processes that are started meanwhile.

    Where the system cannot hold a process to cores, it limits numpy's threads alone.
    """
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
    try:
        if mine:
            os.sched_setaffinity(0, sorted(mine)[:count])
        with threadpool_limits(count):
            yield
    finally:
        if mine:
            os.sched_setaffinity(0, mine)


def kernel() -> str:
    """Say which kernel multiplies numpy's matrices.

    It is the processor's own, unless OPENBLAS_CORETYPE names another, which may be much slower.
    """
    for library in threadpool_info():
        if library["user_api"] == "blas":
            named = " ".join(filter(None, (library["internal_api"], library["version"])))
            return f"{named}, kernel {library.get('architecture', 'unknown')}"
    return "unknown"


def millis(call: Callable[..., object], *arguments: object) -> float:
    """Return how long a call takes, in milliseconds."""
    begun = time.perf_counter()
    call(*arguments)
    return (time.perf_counter() - begun) * MILLI


def best(turns: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return what each piece took in its best turn: (pieces,), of turns (rounds, pieces).

    Noise only ever adds, and comes in bursts: it seldom hits the same piece in every turn.
    """
    return np.asarray(np.min(turns, axis=0), np.float64)


def own_millis(call: Callable[..., object], *arguments: object) -> float:
    """Return how long a call takes by its thread's own clock, in milliseconds.

    That clock stands still while another program has the core. So the worst of many is the worst
    that the call does, not the worst that happened to it.
    """
    begun = time.thread_time()
    call(*arguments)
    return (time.thread_time() - begun) * MILLI
