"""A text in both languages, and how parameters get into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

HOLE = re.compile(r"\{([a-z_]+)\}")


class Text(NamedTuple):
    """What a person reads: Korean first, English beside it. `{name}` is filled from parameters."""

    ko: str
    en: str

    def fill(self, params: Mapping[str, str], quote: Callable[[str], str]) -> Text:
        """Both languages with every hole filled by `quote` of its parameter, "?" where there is none.

        Parameters are data: they are quoted, and a brace in them is never a hole again.
        """
        return Text(*(HOLE.sub(lambda hole: quote(params.get(hole[1], "?")), text) for text in self))
