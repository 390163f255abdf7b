"""Running the checks again for `dambo verify --rerun`: the same assessment as ever, on a folder, leaving nothing behind.

Loaded by name from include.evidence.offline, and only when it is asked for: verifying needs no engine.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from include.assessment import Source, assess
from include.settings import settings


def rerun(delivery: Path, contract: bytes) -> bytes:
    """The report.json of the delivery in a folder under a contract (its bytes). Raises DamboError."""
    with TemporaryDirectory(prefix="dambo-rerun-") as scratch:
        own = settings().model_copy(update={"scratch": Path(scratch)})
        source = Source(delivery.absolute().as_uri())
        return assess(source, contract, own, lambda _: None).report.data
