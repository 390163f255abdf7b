"""What a browser may do with our pages: show them, framed by Airflow alone, and run no script but the one we wrote."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

STYLE = files("dambo_web").joinpath("templates/dambo.css").read_text("utf-8")
SCRIPT = files("dambo_web").joinpath("templates/rerun.js").read_text("utf-8")


def _source(text: str) -> str:
    """A CSP source that allows exactly this inline text (CSP level 3, hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


COMMON = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
PAGE = COMMON | {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_source(STYLE)}; script-src {_source(SCRIPT)}; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
    )
}
REPORT = COMMON | {
    # The report is made from the supplier's data: its own style and pictures, an origin of its own, nothing else.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; "
        "frame-ancestors 'self'; base-uri 'none'; sandbox"
    )
}
