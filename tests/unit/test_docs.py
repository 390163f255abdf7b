"""The documentation names what the code has: verbs, settings, checks, codes; its examples are right and its links lead somewhere."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

from checks.catalogue import CATALOGUE
from checks.schema.delivered_files import UNCLAIMED
from include.contracts import lint
from include.deliveries.marker import parse_marker
from include.evidence.embedded import ensure_keys
from include.evidence.predicates import DecisionPredicate
from include.evidence.resource import Resource
from include.evidence.signer import open_signer
from include.evidence.statement import Statement
from include.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "README.ko.md", ROOT / "CHANGELOG.md"]
CHECKS = DOCS / "reference/checks"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_of(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def headings(text: str) -> list[str]:
    """Headings outside code blocks."""
    return re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)


def test_generated_parts_are_as_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run: python docs/generate.py"


def test_every_verb_has_a_heading(generate: ModuleType) -> None:
    from typer.main import get_command

    from include.cli import FAMILIES, app

    paths = list(generate.verbs(get_command(app), ()))
    assert {path[0] for path in paths} == set(FAMILIES)
    found = headings(text_of("docs/reference/cli.md"))
    assert [f"dambo {' '.join(path)}" for path in paths] == [h for h in found if h.startswith("dambo ")]


def test_every_setting_has_a_heading_and_its_default() -> None:
    page = text_of("docs/reference/settings.md")
    sections = dict(re.findall(r"^## (DAMBO_\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert set(sections) - {"DAMBO_DEBUG"} == {f"DAMBO_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = str(field.default)
        shown = f"Default: `{default}`" if default not in {"", "None"} else "Default: "
        assert shown in sections[f"DAMBO_{name.upper()}"], name


@pytest.mark.parametrize("check", CATALOGUE)
def test_every_check_has_a_heading(generate: ModuleType, check: str) -> None:
    page, _, anchor = generate.page_of(check).partition("#")
    section = text_of(f"docs/reference/checks/{page}")
    if anchor:
        section = section.split(f"## {check}\n")[1]
    for words in CATALOGUE[check].standards.values():
        assert words in text_of(f"docs/reference/checks/{page}")
    assert section.strip()


def test_every_finding_of_intake_is_listed() -> None:
    page = text_of("docs/reference/delivery.md")
    made = re.findall(r'_file\([\w.]+, "([a-z-]+)"', text_of("include/deliveries/intake.py"))
    assert len(made) >= 5
    assert [code for code in (*made, UNCLAIMED) if f"| `{code}` |" not in page] == []


def examples() -> Iterator[tuple[str, str]]:
    for page in sorted(CHECKS.glob("*.md")):
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            yield page.name, block


def contract_of(fragment: Any) -> Mapping[str, Any]:
    """A whole contract around an example: every column that an example names is declared."""
    names = (
        "guid",
        "text",
        "label",
        "split",
        "gold_label",
        "reference",
        "author",
        "label2",
        "label3",
        "label4",
        "label5",
    )
    columns: dict[str, Any] = {name: {"name": name, "logicalType": "string"} for name in names}
    thing: dict[str, Any] = {"name": "records", "physicalType": "csv", "physicalName": "*.csv"}
    document: dict[str, Any] = {}
    if isinstance(fragment, dict) and "schema" in fragment:
        thing |= fragment["schema"][0]
    elif isinstance(fragment, dict):
        (document if "customProperties" in fragment else thing).update(fragment)
    elif "logicalType" in fragment[0]:
        columns |= {column["name"]: column for column in fragment}
    else:
        thing["quality"] = fragment
    thing.setdefault("properties", [*columns.values()])
    programme = {"property": "programme", "value": "ai-data-processing-voucher"}
    customs = [*document.pop("customProperties", []), programme]
    head = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "1-1-EX",
        "name": "x",
        "version": "1.0.0",
        "status": "active",
    }
    return {**head, "schema": [thing], "customProperties": customs}


@pytest.mark.parametrize(("page", "block"), list(examples()))
def test_examples_of_checks_are_right(page: str, block: str) -> None:
    document = contract_of(YAML(typ="safe").load(block))
    problems = [p for p in lint(json.dumps(document, default=str).encode()) if p.level == "error"]
    assert problems == [], page


def anchors(page: Path) -> set[str]:
    """Anchors as hosts make them of headings: lower case, spaces to hyphens, punctuation away."""
    found = set()
    for heading in headings(page.read_text("utf-8")):
        kept = "".join(c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
        found.add(kept.replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_index() -> None:
    index = text_of("docs/index.md")
    linked = set(re.findall(r"\]\(([^)#\s]+)", index))
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert {page for page in pages - linked if not page.startswith("reference/checks/")} == {"index.md"}


def test_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.MULTILINE))
    for page in ("README.md", "README.ko.md", "CHANGELOG.md"):
        named = set(re.findall(r"`(?:\$ )?make ([a-z-]+)`|^\$ make ([a-z-]+)$", text_of(page), re.MULTILINE))
        assert {word for pair in named for word in pair if word} <= targets, page


def test_languages_say_the_same() -> None:
    for page, korean in (
        ("README.md", "README.ko.md"),
        ("docs/tutorial/first-delivery.md", "docs/tutorial/first-delivery.ko.md"),
    ):
        ours, theirs = text_of(page), text_of(korean)
        assert len(headings(ours)) == len(headings(theirs))
        assert [len(re.findall(mark, ours)) for mark in (r"^- ", r"^\| ", r"^```sh")] == [
            len(re.findall(mark, theirs)) for mark in (r"^- ", r"^\| ", r"^```sh")
        ]


def test_the_picture_is_well_formed_and_says_what_it_shows() -> None:
    root = ET.fromstring(text_of("docs/img/line.svg"))
    spoken = [child.text for child in root if child.tag.endswith(("title", "desc"))]
    assert len(spoken) == 2
    assert root.get("role") == "img"


def shell(page: str, beginning: str) -> str:
    """The page's one `sh` block that begins so."""
    (block,) = (b for b in re.findall(r"```sh\n(.*?)```", text_of(page), re.DOTALL) if b.startswith(beginning))
    return block


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_alone_verifies_a_signature(tmp_path: Path) -> None:
    own = Settings(home=tmp_path)
    ensure_keys(own)
    signer = open_signer(own)
    predicate = DecisionPredicate(
        resource=Resource("V", "balance", "D-1"),
        verifier=signer.verifier("gate") or "",
        verifier_version="0",
        time_verified=datetime.now(UTC).replace(microsecond=0),
        policy_uri="urn:dambo:programme:x",
        policy="0" * 64,
        inputs=(),
        decision="HOLD",
        reasons=("late",),
        attempt=1,
    )
    document = signer.sign("gate", Statement("1" * 64, predicate).to_bytes())
    (tmp_path / "decision.dsse.json").write_bytes(document)
    commands = shell("docs/how-to/auditor.md", "file=")

    def run(script: str) -> str:
        return subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    assert "Signature Verified Successfully" in run(commands)
    assert "Signature Verified Successfully" not in run(commands.replace("role=gate", "role=verifier"))


def test_the_list_of_files_is_one_that_a_marker_takes(tmp_path: Path) -> None:
    (tmp_path / "라벨").mkdir()
    (tmp_path / "라벨/a.csv").write_bytes(b"x\n")
    done = subprocess.run(
        ["bash", "-c", shell("docs/reference/delivery.md", "python3 - <<")],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    example = json.loads(re.findall(r"```json\n(.*?)```", text_of("docs/reference/delivery.md"), re.DOTALL)[0])
    marker = parse_marker(json.dumps({**example, "files": json.loads(done.stdout)}, ensure_ascii=False).encode())
    assert marker.files is not None
    assert [(f.path, f.size, f.sha256) for f in marker.files] == [("라벨/a.csv", 2, hashlib.sha256(b"x\n").hexdigest())]
