"""Which code judged: its version, the digest of its sources, and the libraries whose numbers stand in a report."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from include.reports.quality_report import CodeFacts

LIBRARIES = ("numpy", "polars", "pyarrow", "scikit-learn", "scipy")
ROOMS = ("checks", "include/contracts", "include/deliveries", "include/programmes", "include/reports")
"""What a report is a function of; storage, registry, gate and pages are not."""

SUFFIXES = {".py", ".json", ".yaml"}


@cache
def code_identity() -> CodeFacts:
    """Of the running process, its sources those in ROOMS."""
    return CodeFacts(version("dambo"), sources_digest(ROOMS), {name: version(name) for name in LIBRARIES})


@cache
def sources_digest(rooms: tuple[str, ...]) -> str:
    """The sha256 (hex) over sorted "path NUL sha256" lines of the sources in these rooms."""
    root = Path(__file__).resolve().parents[2]
    lines = []
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                name = path.relative_to(root).as_posix()
                lines.append(f"{name}\0{sha256(path.read_bytes()).hexdigest()}")
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()
