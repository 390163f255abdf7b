"""`dambo contract infer`: what it writes is right by lint, holds on the data it came from, and tells no free text."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook
from typer.testing import CliRunner

from checks.analyzers.profile import LABELS, Profile, ProfileOf
from checks.batch import Batch
from checks.columns import View
from include.assessment import Source, assess, contract_of
from include.cli import app
from include.cli.contract import reader_options
from include.contracts import lint
from include.contracts.infer import MARK, contract_text
from include.deliveries.globs import claims
from include.profiling import profile
from include.programmes import programme_ids
from include.settings import Settings, settings
from include.storage import open_storage

SHARED = Path(__file__).parents[2] / "../shared/data"


def inferred(folder: Path, own: Settings, name: str = "초안 1") -> str:
    found = profile(Source(folder.as_uri()), own, lambda _: None)
    known = tuple(programme_ids())
    return contract_text(found.objects, name=name, programme=None, known=known, others=len(found.others))


def checked(folder: Path, own: Settings, text: str) -> list[dict[str, Any]]:
    problems = [p for p in lint(text.encode(), readers=reader_options()) if p.level == "error"]
    assert problems == [], text
    checks: list[dict[str, Any]] = assess(Source(folder.as_uri()), text.encode(), own, lambda _: None).report.document[
        "checks"
    ]
    return checks


# Any data, any format

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), min_size=1, max_size=60)
STAMPS = st.datetimes(datetime.fromisoformat("1901-01-01"), datetime.fromisoformat("2200-01-01")).map(
    lambda d: d.replace(microsecond=0)
)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**50), 2**50),
    "small": st.integers(1, 5),
    "number": st.floats(-1e200, 1e200).map(lambda x: float(f"{x:.15g}")),
    "boolean": st.booleans(),
    "date": st.dates(date(1901, 1, 1), date(2200, 1, 1)),
    "timestamp": STAMPS,
    "text": TEXT,
    "label": st.sampled_from(["가", "나 다", "true", "null", "1", "a: b", "#x", '"q"', "0.5", "~", "-"]),
    "code": st.integers(0, 999).map(lambda n: f"{n:03d}"),
    "mixed": st.one_of(st.integers(), TEXT, st.booleans()),
    "nothing": st.none(),
}
NAMES = st.one_of(
    st.sampled_from(["id", "점수", "a b", "a.b", "/x", "~", "1", "label", "a{b}", "true"]),
    TEXT.filter(lambda t: bool(t.strip())),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, str], list[dict[str, Any]]]:
    kinds = draw(st.dictionaries(NAMES, st.sampled_from(sorted(KINDS)), min_size=1, max_size=5))
    count = draw(st.integers(1, 25))
    columns = {}
    for name, kind in kinds.items():
        values = KINDS[kind] if draw(st.booleans()) else st.one_of(st.none(), KINDS[kind])
        columns[name] = draw(st.lists(values, min_size=count, max_size=count))
    return kinds, [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def write(path: Path, fmt: str, kinds: dict[str, str], rows: list[dict[str, Any]]) -> None:
    if fmt == "jsonl":
        lines = (json.dumps({k: as_json(v) for k, v in row.items()}, ensure_ascii=False) for row in rows)
        path.write_text("".join(line + "\n" for line in lines), "utf-8")
    elif fmt == "json":
        path.write_text(json.dumps({"all": 1, "rows": [{k: as_json(v) for k, v in row.items()} for row in rows]}))
    elif fmt == "csv":
        stream = io.StringIO()
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(kinds)
        for row in rows:
            writer.writerow(["" if v is None else str(as_json(v)).lower() if isinstance(v, bool) else as_json(v) for v in row.values()])  # fmt: skip
        path.write_text("\ufeff" + stream.getvalue(), "utf-8")
    elif fmt == "parquet":
        arrays = {}
        for name, kind in kinds.items():
            values = [row[name] for row in rows]
            arrays[name] = pa.array([None if v is None else str(v) for v in values] if kind == "mixed" else values)
        pq.write_table(pa.table(arrays), path)
    else:
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append([f"'{k}" if k.startswith("=") else k for k in kinds])
        for row in rows:
            sheet.append(list(row.values()))
        book.save(path)


def sheet_safe(kinds: dict[str, str], rows: list[dict[str, Any]]) -> bool:
    """No formulas, and header names as openpyxl writes them."""
    texts = [*kinds, *(v for row in rows for v in row.values() if isinstance(v, str))]
    return not any(t.startswith(("=", "#")) or "_x" in t for t in texts) and any(
        v is not None for row in rows for v in row.values()
    )


@hypothesis_settings(
    max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(tables(), st.sampled_from(["jsonl", "json", "csv", "parquet", "xlsx"]))
@example(({"a": "label"}, [{"a": v} for v in ["true", "null", "1", "~", '"q"', "#x"] * 3]), "jsonl")
def test_what_is_inferred_holds_on_its_data(tmp_path_factory, table, fmt):
    kinds, rows = table
    if fmt == "xlsx" and not sheet_safe(kinds, rows):
        return
    home = tmp_path_factory.mktemp("infer")
    folder = home / "d"
    folder.mkdir()
    write(folder / f"f.{fmt}", fmt, kinds, rows)
    own = Settings(home=home, jobs=1)
    text = inferred(folder, own)
    assert text == inferred(folder, own)
    mixed = set()
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if "no one type fits" in line:
            mixed.add(next(part for part in reversed(lines[:i]) if "- name: " in part).split("- name: ")[1].strip('"'))
    wrong = [c for c in checked(folder, own, text) if c["verdict"] != "PASS"]
    assert {c["rule"].split(".")[1] for c in wrong} <= mixed | {"readable"}, (wrong, text)
    assert not any(c["rule"].endswith("readable") for c in wrong) or fmt in {"csv", "xlsx"}
    untyped = {"mixed"} if fmt in {"jsonl", "json", "xlsx"} else set()
    assert len(mixed) <= sum(kind in untyped for kind in kinds.values())


@pytest.mark.parametrize("fmt", ["jsonl", "csv", "parquet", "xlsx"])
def test_what_each_kind_of_column_becomes(tmp_path, fmt):
    days = [date(2024, 1, 1 + i % 28) for i in range(40)]
    rows = [
        {
            "id": i,
            "code": f"{i:04d}",
            "score": i / 8,
            "day": days[i],
            "at": datetime.combine(days[i], datetime.min.time()).replace(hour=i % 24),
            "ok": i % 2 == 0,
            "rater_a": "가나다"[i % 3],
            "rater_b": "가나다"[(i + (i < 4)) % 3],
            "비고": None if i % 4 else f"자유로운 글 {i}",
        }
        for i in range(40)
    ]
    folder = tmp_path / "d"
    folder.mkdir()
    write(folder / f"f.{fmt}", fmt, dict.fromkeys(rows[0], ""), rows)
    own = Settings(home=tmp_path, jobs=1)
    text = inferred(folder, own)
    (spec,) = contract_of(text.encode()).objects
    types = {c.source: (c.col.type, c.required) for c in spec.columns}
    assert types == {
        "id": ("integer", True),
        "code": ("string", True),
        "score": ("number", True),
        "day": ("date", True),
        "at": ("timestamp", True),
        "ok": ("boolean", True),
        "rater_a": ("string", True),
        "rater_b": ("string", True),
        "비고": ("string", False),
    }
    assert "{minimum: 0, maximum: 39}" in text
    assert 'minimum: "2024-01-01", maximum: "2024-01-28"' in text
    assert '- "가"  # 14' in text
    assert "raters: [rater_a, rater_b]" in text
    assert '"가": 0.3500, "나": 0.3250, "다": 0.3250' in text
    assert "# null 30 / 40" in text
    assert "자유로운" not in text
    assert text.count("unique: true") == 2 + ("unique: true  # 키" in text.split('"비고"')[1])
    assert {c["verdict"] for c in checked(folder, own, text)} == {"PASS"}


def test_proposals_hold_when_they_are_turned_on(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    rows = [{"a": "xyz"[i % 3], "b": "xyz"[i % 3]} for i in range(30)]
    write(folder / "f.jsonl", "jsonl", {"a": "", "b": ""}, rows)
    own = Settings(home=tmp_path, jobs=1)
    text = inferred(folder, own)
    turned = "\n".join(
        line.replace("# -", "-", 1).replace("#   ", "  ", 1) if MARK not in line else line for line in text.splitlines()
    )
    found = checked(folder, own, turned)
    assert {c["check"] for c in found} >= {"label-agreement", "class-balance", "row-count"}
    assert {c["verdict"] for c in found} == {"PASS"}
    assert lint(turned.encode(), readers=reader_options()) == []


def test_values_that_are_no_labels_are_never_written(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    rows = [{"phone": "010-1234-5678", "long": "가" * 41, "two": "줄\n바꿈", "rrn": 9001011234567} for _ in range(30)]
    write(folder / "f.jsonl", "jsonl", dict.fromkeys(rows[0], ""), rows)
    text = inferred(folder, Settings(home=tmp_path))
    assert not any(word in text for word in ("010-1234", "가가", "줄", "validValues", "9001011234567"))
    assert "{minimum: 9000000000000, maximum: 9100000000000}" in text


def test_a_table_wider_than_any_contract_is_cut(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    names = [f"열 {i} " + "긴" * 300 for i in range(3000)]
    (folder / "a.csv").write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n", "utf-8")
    text = inferred(folder, Settings(home=tmp_path))
    assert [p for p in lint(text.encode(), readers=reader_options()) if p.level == "error"] == []
    assert f"{MARK} 열 2500개 생략" in text
    assert text.count("- name: column_") == 500


def test_a_delivery_on_s3(tmp_path, moto_s3):
    bucket = moto_s3.create_bucket(versioning=True)
    made = moto_s3.settings(tmp_path, home=tmp_path / "home", storage=f"s3://{bucket}/root")
    folder = tmp_path / "d"
    folder.mkdir()
    for name, data in {"x/a.csv": "n\n1\n", "x/b.csv": "n\n7\n"}.items():
        (folder / "x").mkdir(exist_ok=True)
        (folder / name).write_text(data)
        open_storage(f"s3://{bucket}/in", made).put(name, data.encode())
    found = profile(Source(f"s3://{bucket}/in"), made, lambda _: None)
    assert found == profile(Source(folder.as_uri()), made, lambda _: None)
    assert not list((tmp_path / "home").rglob("object"))


# Which files are one object


def files(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_csv", ".csv").replace("_json", ".json").replace("L", "l")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def globs(folder: Path, tmp_path: Path) -> dict[str, int]:
    found = profile(Source(folder.as_uri()), Settings(home=tmp_path), lambda _: None)
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    for item in found.objects:
        assert sum(claims(item.glob, name) for name in names) == item.files
    assert all(sum(claims(item.glob, name) for item in found.objects) == (name not in found.others) for name in names)
    return {item.glob: item.files for item in found.objects}


def test_files_of_one_structure_are_one_object(tmp_path):
    folder = tmp_path / "d"
    files(folder, train__a_csv="x,y\n1,2\n", train__b_csv="x,y\n1,2\n", test__c_csv="y,x\n1,2\n", notes="?")
    assert globs(folder, tmp_path) == {"**/*.csv": 3}
    files(folder, other__d_csv="z\n1\n")
    assert globs(folder, tmp_path) == {"train/*.csv": 2, "test/*.csv": 1, "other/*.csv": 1}
    files(folder, train__e_csv="w\n1\n")
    assert globs(folder, tmp_path) == {
        "test/*.csv": 1, "other/*.csv": 1, "train/a.csv": 1, "train/b.csv": 1, "train/e.csv": 1,
    }  # fmt: skip


def test_a_name_with_glob_signs_is_quoted(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "[a]*.csv").write_text("x\n1\n")
    (folder / "b.csv").write_text("y\n1\n")
    assert globs(folder, tmp_path) == {"[[]a][*].csv": 1, "b.csv": 1}


def test_json_files_need_only_most_keys_in_common_and_late_keys_are_found(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([{"x": 1, "y": 2}]))
    (folder / "b.json").write_text(json.dumps([{"x": 1, "y": 2, "z": 3}] * 1200 + [{"x": 1, "late": 2}]))
    (folder / "meta.json").write_text(json.dumps({"title": "t", "version": 1}))
    (found, other) = profile(Source(folder.as_uri()), Settings(home=tmp_path), lambda _: None).objects[1:]
    columns = {c.name: c.profile.values for c in found.columns if c.profile}
    assert (found.glob, columns) == ("b.json", {"x": 1201, "y": 1200, "z": 1200, "late": 1})
    assert [c.name for c in other.columns] == ["title", "version"]


def test_defects_are_told(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a.csv").write_text("x,y\n1,2\n3\n")
    text = inferred(folder, Settings(home=tmp_path))
    assert f"{MARK} 읽지 못한 것 1건 | 1 defects of reading: field-count" in text


def test_one_hostile_file_does_not_stop_the_others(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    for name in ("a.csv", "b.parquet", "c.xlsx", "d.json"):
        (folder / name).write_bytes(b"\xff\xfe\0garbage")
    (folder / "e.csv").write_text("x\n1\n")
    text = inferred(folder, Settings(home=tmp_path))
    assert "maximum: 1" in text


# The state


COLUMNS = st.lists(
    st.one_of(
        st.none(),
        st.sampled_from(["1", "01", "+1", "1.5", "2024-01-31", "20240131", "true", "a", "나", "x@y.kr", "::1", ""]),
    ),
    max_size=30,
)


def state(values: list[Any], lexical: bool, first: int = 0) -> Profile:
    table = pa.record_batch({"c": pa.array(values, pa.string())})
    return ProfileOf("o", "c").observe(View(Batch("f", table, first_row=first, lexical=lexical)))


@given(COLUMNS, st.booleans(), st.data())
def test_any_split_in_any_order_gives_the_same_profile(values, lexical, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4)))
    parts = [state(values[a:b], lexical) for a, b in zip([0, *cuts], [*cuts, len(values)], strict=True)]
    merged = ProfileOf("o", "c").zero()
    for part in data.draw(st.permutations(parts)):
        merged = merged.merge(part)
    assert merged == state(values, lexical)
    assert Profile.from_bytes(merged.to_bytes()) == merged
    filled = [v for v in values if v is not None]
    assert (merged.keys is not None) == (len(set(filled)) == len(filled))


def test_labels_are_given_up_beyond_the_bound():
    many = [str(i) for i in range(LABELS + 1)]
    assert state(many, lexical=True).labels is None
    assert state(many[:30], lexical=True).merge(state(many[25:], lexical=True)).labels is None
    assert len(state(many[:LABELS], lexical=True).labels or {}) == LABELS
    assert len(np.frombuffer(state(many, lexical=True).keys or b"", "<u8")) == LABELS + 1


# The command


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAMBO_LANG", "en")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_the_command_line(home):
    folder = home / "My data"
    folder.mkdir()
    (folder / "a.csv").write_text("x,y\n1,가\n2,나\n")
    run = CliRunner()
    printed = run.invoke(app, ["contract", "infer", str(folder)])
    assert printed.exit_code == 0
    assert "id: My-data" in printed.stdout
    ran = run.invoke(app, ["contract", "infer", str(folder), "-o", str(home / "c.yaml"), "--name", "계약", "--json"])
    assert json.loads(ran.stdout)["objects"] == [
        {"files": 1, "format": "csv", "glob": "*.csv", "rows": 2, "defects": {}}
    ]
    assert 'name: "계약"' in (home / "c.yaml").read_text("utf-8")
    one = run.invoke(app, ["contract", "infer", str(folder / "a.csv")])
    assert 'physicalName: "*.csv"' in one.stdout
    assert run.invoke(app, ["contract", "infer", str(home / "none")]).exception.code == "delivery-not-found"
    (home / "empty").mkdir()
    assert run.invoke(app, ["contract", "infer", str(home / "empty")]).exception.code == "nothing-to-infer"
    assert run.invoke(app, ["contract", "infer", str(folder), "--programme", "none"]).exit_code != 0


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared real data is not there")
def test_real_deliveries(tmp_path):
    """Each folder of the frictionless data that reads without defects."""
    tried = 0
    own = Settings(home=tmp_path, jobs=1)
    for path in sorted((SHARED / "tables/frictionless/data").glob("*")):
        if path.suffix not in {".csv", ".xlsx", ".tsv"}:
            continue
        folder = tmp_path / f"d{tried}"
        folder.mkdir()
        (folder / path.name).write_bytes(path.read_bytes())
        tried += 1
        found = profile(Source(folder.as_uri()), own, lambda _: None)
        if any(item.defects or not item.rows for item in found.objects):
            continue
        text = inferred(folder, own)
        wrong = [c["rule"] for c in checked(folder, own, text) if c["verdict"] != "PASS"]
        assert not wrong or "no one type fits" in text, (path.name, wrong, text)
    assert tried > 100
