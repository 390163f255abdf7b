"""Writes the parts of the reference that follow from the code: `python docs/generate.py`; with `--check` it only compares.

A page holds `<!-- begin: NAME -->` and `<!-- end: NAME -->`; what stands between them is made here. Prose around it is
written by hand and never touched. Exit 1 with --check if a page is not as the code says.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ.update(TYPER_USE_RICH="0", COLUMNS="100", NO_COLOR="1", LANG="C.UTF-8")  # before anything reads them

DOCS = Path(__file__).parent
ROOT = DOCS.parent


def commands() -> str:
    """`--help` of every verb, under a heading each."""
    return "\n".join(
        f"{'#' * (1 + len(path))} {' '.join(('dambo', *path))}\n\n```text\n{text}\n```\n" for path, text in helps()
    )


def helps() -> Iterator[tuple[tuple[str, ...], str]]:
    """Every verb's path below `dambo` and its help, families before their verbs."""
    from typer.main import get_command

    from include.cli import app

    for path in verbs(get_command(app), ()):
        yield path, help_of(path)


def verbs(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of all commands below `command`."""
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name)
        yield from verbs(inner, (*path, name))


def help_of(path: tuple[str, ...]) -> str:
    """What `dambo PATH --help` prints."""
    from typer.testing import CliRunner

    from include.cli import app

    printed = CliRunner().invoke(app, [*path, "--help"], prog_name="dambo").output
    return "\n".join(line.rstrip() for line in printed.strip().splitlines())


def catalogue() -> str:
    """Every check of the catalogue with its family, its words in the standards, and its page."""
    from checks.catalogue import CATALOGUE, VOCABULARY

    rows = ["| check | family | in a contract | NIA | ISO/IEC 5259-2 |", "|---|---|---|---|---|"]
    for name, check in CATALOGUE.items():
        how = "`engine: dambo`" if name in VOCABULARY else "library metric" if name in metrics() else "derived"
        how = "`engine: greatExpectations`" if name.endswith("-expectation") else how
        nia, iso = (check.standards.get(key, "") for key in ("nia", "iso-5259-2"))
        rows.append(f"| [{name}]({page_of(name)}) | {check.family} | {how} | {nia} | {iso} |")
    return "\n".join(rows) + "\n"


def metrics() -> frozenset[str]:
    """Checks that are library metrics of ODCS."""
    from include.contracts.vocabulary import METRICS

    return frozenset(METRICS.values())


def page_of(check: str) -> str:
    """The page and anchor below docs/reference/checks that has a heading for the check."""
    for page in sorted((DOCS / "reference/checks").glob("*.md")):
        text = page.read_text("utf-8")
        if re.search(rf"^# {re.escape(check)}(?=[:,\n])", text, re.MULTILINE):
            return page.name
        if re.search(rf"^## {re.escape(check)}$", text, re.MULTILINE):
            return f"{page.name}#{check}"
    raise SystemExit(f"no page in docs/reference/checks has a heading for {check!r}")


def expectations() -> str:
    """Every translated expectation with its arguments and what differs from GX."""
    from checks.expectations.translated import TRANSLATED

    rows = ["| expectation | family | arguments | |", "|---|---|---|---|"]
    for name, kind in TRANSLATED.items():
        takes = ", ".join(f"`{word}`" for word in kind.takes)
        rows.append(f"| `{name}` | {kind.family} | {takes} | {kind.note} |")
    return "\n".join(rows) + "\n"


def marker_schema() -> str:
    """The JSON Schema of _DELIVERED.json."""
    return f"```json\n{(ROOT / 'include/deliveries/schemas/delivered.schema.json').read_text('utf-8').strip()}\n```\n"


def reader_codes() -> str:
    """Every defect that a reader reports."""
    from include.deliveries.readers.codes import CODES

    lists = {"format": "형식오류", "structure": "구조오류", "file": "파일오류"}
    rows = [f"| `{name}` | {lists[code.list]} | {code.en} | {code.ko} |" for name, code in CODES.items()]
    return "\n".join(("| code | list | | |", "|---|---|---|---|", *rows)) + "\n"


def reader_options() -> str:
    """The options of each reader."""
    from include.deliveries.readers import FORMATS, reader_for

    rows = ["| format | option | |", "|---|---|---|"]
    for name in FORMATS:
        options: Mapping[str, Any] = reader_for(name).options["properties"]
        rows += [f"| `{name}` | `{option}` | {said(schema)} |" for option, schema in options.items()] or [
            f"| `{name}` | none | |"
        ]
    return "\n".join(rows) + "\n"


def said(schema: Mapping[str, Any]) -> str:
    """An option's description and its values."""
    values = ", ".join(f"`{value}`" for value in schema.get("enum", ()))
    return " ".join(
        part for part in (schema.get("description", "").replace("|", "\\|"), values and f"One of {values}.") if part
    )


PARTS: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "catalogue": catalogue,
    "expectations": expectations,
    "marker-schema": marker_schema,
    "reader-codes": reader_codes,
    "reader-options": reader_options,
}
PART = re.compile(r"(<!-- begin: ([a-z-]+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def pages() -> list[Path]:
    """The pages that hold generated parts."""
    return [page for page in sorted(DOCS.rglob("*.md")) if PART.search(page.read_text("utf-8"))]


def generated(text: str) -> str:
    """`text` with every part made anew."""
    return PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


def main(arguments: list[str]) -> int:
    """Write the pages, or only compare them."""
    stale = [page for page in pages() if generated(page.read_text("utf-8")) != page.read_text("utf-8")]
    for page in stale:
        if arguments != ["--check"]:
            page.write_text(generated(page.read_text("utf-8")), "utf-8")
        print(f"{page.relative_to(ROOT)}: {'not as the code says' if arguments == ['--check'] else 'written'}")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
