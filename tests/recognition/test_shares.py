"""Work is shared between as many threads as were asked for, and BLAS keeps out of it."""

from threading import Barrier, Event, get_ident

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from recognition.shares import Shares


def threads_of_blas() -> set[int]:
    """How many threads each BLAS here would use."""
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.mark.parametrize(("threads", "most"), [(1, 5), (2, 5), (3, 3)])
def test_so_many_work_at_once(threads: int, most: int) -> None:
    """Each waits for all the others, the caller among them."""
    together, seen = Barrier(threads, timeout=20), set()

    def work() -> None:
        together.wait()
        seen.add(get_ident())

    Shares(threads).run(work, most=most)
    assert len(seen) == threads
    assert get_ident() in seen


def test_no_more_than_is_worth_it() -> None:
    """Where there is little to do, the caller does it."""
    seen: list[int] = []
    Shares(4).run(lambda: seen.append(get_ident()), most=1)
    assert seen == [get_ident()]


def test_a_helper_who_is_busy_elsewhere_is_not_waited_for() -> None:
    """The caller does it all, while the only helper is kept by somebody else."""
    shares, over, seen = Shares(2), Event(), []
    busy = shares._helpers.submit(over.wait, 20)
    shares.run(lambda: seen.append(get_ident()), most=2)
    assert not busy.done()
    over.set()
    assert busy.result()
    assert seen == [get_ident()]


def test_blas_keeps_to_one_thread() -> None:
    """From when there are shares on."""
    with threadpool_limits(limits=2, user_api="blas"):
        assert threads_of_blas() == {2}
        Shares(2)
        assert threads_of_blas() == {1}


def test_what_a_helper_raises_is_raised() -> None:
    """Whoever shares work hears of it when a part of it failed."""
    caller, together = get_ident(), Barrier(2, timeout=20)

    def work() -> None:
        together.wait()
        if get_ident() != caller:
            raise RuntimeError("helper")

    with pytest.raises(RuntimeError, match="helper"):
        Shares(2).run(work, most=2)
