"""report.json and findings/ as text: a change of a byte is a change that a person has seen and meant."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import rfc8785

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("report_examples", HERE / "report_examples.py")
examples = sys.modules.setdefault("report_examples", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(examples)

CASES = {"pass": examples.PASSING, "fail": examples.FAILING, "error": examples.ERRING}


@pytest.mark.parametrize("name", CASES)
def test_report_json_is_the_golden_one(name, golden):
    data = examples.report(CASES[name]).to_bytes()
    text = json.dumps(json.loads(data), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    golden(HERE / f"{name}.report.json", text)
    assert rfc8785.dumps(json.loads(text)) == data


def test_findings_are_the_golden_ones(golden):
    files = examples.report(examples.FAILING).findings.files()
    parts = (f"== {name}\n{data.decode('utf-8-sig').replace(chr(13), '')}\n" for name, data in sorted(files.items()))
    golden(HERE / "fail.findings.txt", "".join(parts))
