"""Reading ahead: files whose decoding leaves Python are read by a few threads at once, and given in order.

A step gives items. Steps marked `aside` run in a thread as soon as there is one, at most AHEAD of them before the first is
used up; all others run in their turn. Order and content are those of running every step in its turn.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from checks.engine import Item

MOST = 8
"""Threads, on however many cores."""

WAITING = 64
"""Steps that may wait behind a slow one."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that gives items, few if it is `aside`, since those are held."""

    run: Callable[[], Iterable[Item]]
    aside: bool = False


def threads() -> int:
    """One for each core this process may use, at most MOST."""
    return min(MOST, len(os.sched_getaffinity(0)))


def in_order(steps: Iterable[Step]) -> Iterator[Item]:
    """The items of all steps, in the order of the steps."""
    count = threads()
    waiting: deque[Future[list[Item]] | Step] = deque()
    with ThreadPoolExecutor(count, "decode") as pool:
        try:
            for step in steps:
                waiting.append(pool.submit(_all, step) if step.aside else step)
                while waiting and _due(waiting, 2 * count):
                    yield from _given(waiting.popleft())
            while waiting:
                yield from _given(waiting.popleft())
        finally:
            for left in waiting:
                if isinstance(left, Future):
                    left.cancel()


def _due(waiting: deque[Future[list[Item]] | Step], most: int) -> bool:
    """Is the first to be used up now?"""
    first = waiting[0]
    if isinstance(first, Step) or first.done() or len(waiting) >= WAITING:
        return True
    return sum(isinstance(one, Future) for one in waiting) > most


def _all(step: Step) -> list[Item]:
    return list(step.run())


def _given(one: Future[list[Item]] | Step) -> Iterable[Item]:
    return one.result() if isinstance(one, Future) else one.run()
