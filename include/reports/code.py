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
    """Of the running process; the digest is the sha256 over sorted "path NUL sha256" lines of the sources in ROOMS."""
    root = Path(__file__).resolve().parents[2]
    lines = []
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                name = path.relative_to(root).as_posix()
                lines.append(f"{name}\0{sha256(path.read_bytes()).hexdigest()}")
    digest = sha256("\n".join(sorted(lines)).encode()).hexdigest()
    return CodeFacts(version("dambo"), digest, {name: version(name) for name in LIBRARIES})
