"""What holds for all readers: the table of formats, option schemas, defect codes, and light imports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from include.deliveries import readers
from include.deliveries.readers import CODES, FORMATS, Reader, reader_for
from include.deliveries.readers.codes import POINTER_CHARS, defect

SOURCES = sorted(Path(readers.__file__).parents[1].rglob("*.py"))
TESTS = [
    *Path(__file__).parents[1].glob("*/test_reader*.py"),
    Path(__file__).parents[1] / "integration/test_bad_input.py",
    Path(__file__).parents[1] / "integration/test_archives_in_place.py",
]


@pytest.mark.parametrize("fmt", FORMATS)
def test_each_format_has_its_reader_with_closed_options(fmt):
    reader = reader_for(fmt)
    assert isinstance(reader, Reader)
    assert reader.format == fmt
    Draft202012Validator.check_schema(reader.options)
    check = Draft202012Validator(reader.options).is_valid
    assert check({})
    assert not check({"no such option": 1})


@pytest.mark.parametrize(
    ("fmt", "options", "valid"),
    [
        ("csv", {"delimiter": "|", "encoding": "cp949", "header": False, "quote": "none"}, True),
        ("csv", {"delimiter": "||"}, False),
        ("csv", {"delimiter": "\n"}, False),
        ("csv", {"delimiter": '"'}, False),
        ("csv", {"encoding": "rot13"}, False),
        ("csv", {"quote": ""}, False),
        ("json", {"records": "/a/0/~0~1"}, True),
        ("json", {"records": "a"}, False),
        ("json", {"records": "/~2"}, False),
        ("jsonl", {"records": "/a"}, False),
        ("parquet", {"encoding": "utf-8"}, False),
        ("xlsx", {"sheet": "자료", "header": 3, "range": "B3:F200"}, True),
        ("xlsx", {"sheet": 0}, False),
        ("xlsx", {"header": True}, False),
        ("xlsx", {"range": "B:F"}, False),
    ],
)
def test_options(fmt, options, valid):
    assert Draft202012Validator(reader_for(fmt).options).is_valid(options) is valid


def test_unknown_format():
    with pytest.raises(KeyError):
        reader_for("xls")


def test_every_code_is_used_tested_and_said_in_two_languages():
    used = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "codes.py")
    tested = "\n".join(path.read_text(encoding="utf-8") for path in TESTS if path != Path(__file__))
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", code)
        assert f'"{code}"' in used, code
        assert f'"{code}"' in tested, code
        assert re.search("[가-힣]", meaning.ko), code
        assert not re.search("[가-힣]", meaning.en), code


def test_pointers_are_cut():
    assert len(defect("f", "invalid-json", pointer="/" + "k" * 10_000).pointer) == POINTER_CHARS


def test_a_reader_is_imported_when_it_is_asked_for():
    program = (
        "import sys; from include.deliveries.readers import reader_for; reader_for('jsonl');"
        "print([m for m in ('pyarrow.parquet', 'pyarrow.csv', 'pandas') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"
