"""Turns records into HTML in the reader's language; everything from outside is escaped, and nothing invisible stays so."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dambo_web.headers import PAGE, SCRIPT, STYLE
from dambo_web.texts import TEXTS, language
from include.gate.reasons import text
from include.reports.visible import visible


class Page:
    """One answer: the reader's language, and links that work wherever Airflow is mounted."""

    def __init__(self, request: Request) -> None:
        asked = request.query_params.get("lang")
        self.lang = language(asked, request.headers.get("accept-language"))
        self._kept = {"lang": self.lang} if asked in TEXTS else {}
        self._root = request.scope.get("root_path", "").rstrip("/")

    def html(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """The filled-in template."""
        other = "en" if self.lang == "ko" else "ko"
        page = (
            _environment()
            .get_template(template)
            .render(
                t=TEXTS[self.lang],
                lang=self.lang,
                other=other,
                link=self.link,
                when=self.when,
                why=lambda code: text(code, korean=self.lang == "ko"),
                api=self._root.removesuffix("/dambo") + "/api/v2/dags/verify_delivery/dagRuns",
                style=Markup(STYLE),  # noqa: S704 - our own file
                script=Markup(SCRIPT),  # noqa: S704 - our own file
                **{"error": None, **values},
            )
        )
        return HTMLResponse(page, status_code=status, headers=PAGE)

    def link(self, *segments: str, **query: object) -> str:
        """A path of ours; keeps the language that was asked for."""
        path = "/".join(quote(segment, safe="") for segment in segments)
        words = urlencode({**self._kept, **{name: value for name, value in query.items() if value not in {"", None}}})
        return f"{self._root}/{path}" + (f"?{words}" if words else "")

    def when(self, time: datetime | None) -> str:
        """To the minute, in Korea's time for Korean readers, else UTC; the zone is always said."""
        if time is None:
            return ""
        zone = ZoneInfo("Asia/Seoul") if self.lang == "ko" else UTC
        return time.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dambo_web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    return environment
