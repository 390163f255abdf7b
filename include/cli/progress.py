"""Progress for people, on stderr: a live bar in a terminal, plain lines every few seconds anywhere else.

Imports rich only for a terminal that can move its cursor.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from include.cli.console import korean, plain, say
from include.deliveries.progress import Far, Lines, Progress, Told, silent


@contextmanager
def showing(*, wanted: bool = True) -> Iterator[Progress]:
    """A Progress for as long as the block lasts; the bar is gone when it ends."""
    if not wanted:
        yield silent
    elif sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}:
        with _bar() as progress:
            yield progress
    else:
        yield Lines(lambda text: say(text, text), korean=korean())


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Display
    from rich.table import Column

    said = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    console = Console(stderr=True, highlight=False)
    with Display(SpinnerColumn(), BarColumn(24), said, console=console, transient=True) as display:
        task = display.add_task("", total=None)

        def tell(told: Told) -> None:
            words = told.words() if isinstance(told, Far) else told
            line = plain(words.ko if korean() else words.en)
            if isinstance(told, Far):
                display.update(task, description=line, completed=told.share, total=1.0)
            else:
                console.print(line, markup=False, soft_wrap=True)

        yield tell
