"""Keeps pyarrow small: no pandas, which is needed by nothing but rules that ask for it.

`pa.array` and `pa.scalar` look once whether pandas is there, by importing it: 0.3 s and 50 MiB for every process. Here
they look while it is out of sight. Whatever wants pandas later, `to_pandas` first of all, imports it as usual.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec


class _Hidden:
    """A finder that says there is no pandas."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
        return None


def without_pandas() -> None:
    """Let pyarrow find no pandas, unless somebody has loaded it already."""
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(hidden)
