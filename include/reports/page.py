"""report.html: one self-contained page in Korean and English, made from a report alone.

No script, no request, no external file: a content security policy in the page forbids them. Everything of the data is
escaped and nothing of it is hidden. The page is a copy for people; it is never read back.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import rfc8785
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from checks.kernel import Rule
from include.reports import figures
from include.reports.markup import both, plain, reason_html, say
from include.reports.texts import Text, named, names
from include.reports.texts.page import STATEMENT
from include.reports.verdict import report_verdict
from include.reports.view import rule_views
from include.reports.visible import visible

Json = Mapping[str, Any]

FOLD_FROM: Final = 40
"""With more rules than this, those that pass are folded."""
UNFOLDED: Final = 20
"""At most so many rules start with their details open."""

REASONS_SHOWN: Final = 3
RESOURCE: Final = re.compile(
    r"urn:dambo:voucher:(?P<voucher>[^:]+):milestone:(?P<milestone>[^:]+):delivery:(?P<delivery>[^:]+)"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A failing example as a picture: the example's file and record (zero-based; -1: the file), the image's path, a JPEG."""

    file: str
    row: int
    image: str
    data: bytes


def render_html(
    report: Json, *, statement: Json | None = None, pictures: Mapping[str, Sequence[Picture]] | None = None
) -> bytes:
    """The page of a report (as `schema.read_report` gives it); `statement` is the in-toto statement that names it.

    `pictures` of failing examples, by rule, stand in the page itself.

    The same input gives the same bytes. A statement about something else is shown as an alarm, not hidden.
    """
    rules = rule_views(report)
    shown = {visible(name, 200): [_picture(one) for one in some] for name, some in (pictures or {}).items()}
    urgent = [r for r in rules if r.verdict not in {"PASS", "NOT_APPLICABLE"}]
    fold = len(rules) > FOLD_FROM
    page = _environment().get_template("report.html").render(
        report=report,
        digest=digest_of(report),
        verdict=report["verdict"],
        word=both(names.REPORT_VERDICTS[report["verdict"]]),
        why=_why(report),
        deciding=[r for r in urgent if r.blocking and r.verdict in {"ERROR", "FAIL"}],
        reasons_shown=REASONS_SHOWN,
        rules=rules,
        open_rows=urgent if fold else rules,
        folded_rows=[r for r in rules if r not in urgent] if fold else [],
        alerts=list(_alerts(report, statement)),
        statement=list(_statement(statement)) if statement else [],
        facts=_facts(report),
        unfolded=UNFOLDED,
        pictures=shown,
    )  # fmt: skip
    return page.encode()


def _picture(found: Picture) -> Mapping[str, Any]:
    """Ready for the page."""
    return {
        "src": "data:image/jpeg;base64," + b64encode(found.data).decode(),
        "image": plain(found.image),
        "file": plain(found.file),
        "record": "" if found.row < 0 else figures.count(found.row + 1),
        "labelled": found.file != found.image,
    }


def digest_of(report: Json) -> str:
    """sha256 of the report's canonical bytes, hex."""
    return hashlib.sha256(rfc8785.dumps(report)).hexdigest()


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("include.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=say, plain=plain, by=lambda code: both(named(names.BY, code)))
    return environment


def _why(report: Json) -> Markup:
    """One sentence."""
    checks = report["checks"]
    if report["reason"]:
        return reason_html(report["reason"])
    judged = sum(c["blocking"] and c["verdict"] != "NOT_APPLICABLE" for c in checks)
    warned = sum(c["verdict"] == "WARN" for c in checks)
    sentence = say("all-met", of=str(judged))
    return sentence + " " + say("warnings", count=str(warned)) if warned else sentence


def _facts(report: Json) -> list[tuple[Markup, Markup, Markup, str]]:
    """Label, value, what stands beside it, digest."""
    manifest, contract, code = report["delivery"]["manifest"], report["contract"], report["code"]
    files = say("objects", objects=figures.count(manifest["objects"]))
    return [
        (say("delivery"), files, escape(figures.size(manifest["bytes"])), manifest["digest"]),
        (say("contract"), plain(contract["name"], 80), _which(contract), contract["digest"]),
        _programme(report["programme"]),
        (say("code"), Markup("Dambo"), say("version", version=code["version"]), code["digest"]),
    ]


def _programme(found: Json | None) -> tuple[Markup, Markup, Markup, str]:
    if found is None:
        return say("programme"), say("none"), Markup(""), ""
    name = Text(visible(found["name"]["ko"], 80), visible(found["name"]["en"], 80))
    return say("programme"), both(name), _which(found), found["digest"]


def _which(found: Json) -> Markup:
    return plain(found["id"]) + " " + say("version", version=found["version"])


def _alerts(report: Json, statement: Json | None) -> Iterator[Markup]:
    """Contradictions: of the verdict with its rules, and of the statement with the report."""
    results = [(Rule(c["rule"], c["id"], c["severity"]), c["verdict"]) for c in report["checks"]]
    declared = [*dict.fromkeys(rule.name for rule, _ in results), *report["missing"]]
    if report_verdict(results, declared).verdict != report["verdict"]:
        yield say("alert-rules")
    if statement is None:
        return
    predicate = statement.get("predicate", {})
    subjects = [s.get("digest", {}).get("sha256") for s in statement.get("subject", [])]
    if subjects != [report["delivery"]["manifest"]["digest"]]:
        yield say("alert-subject")
    if predicate.get("report", {}).get("sha256") != digest_of(report):
        yield say("alert-report")
    if predicate.get("verdict") != report["verdict"]:
        yield say("alert-verdict")


def _statement(statement: Json) -> Iterator[tuple[Markup, Markup]]:
    """Its plain fields; what it binds by digest is compared in `_alerts`."""
    for key, value in statement.get("predicate", {}).items():
        resource = RESOURCE.fullmatch(str(value)) if key == "resourceUri" else None
        if resource is not None:
            yield from ((both(STATEMENT[name]), plain(unquote(part))) for name, part in resource.groupdict().items())
        elif isinstance(value, bool):
            yield both(named(STATEMENT, key)), say("yes" if value else "no")
        elif isinstance(value, str | int):
            yield both(named(STATEMENT, key)), plain(str(value))
