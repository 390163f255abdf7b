"""The verifier on its own: two libraries, numbered steps, exit codes; and the same through `dambo`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from include.cli import app
from include.evidence import envelope, statement
from include.evidence.canonical import digest
from include.evidence.embedded import Making, ensure_keys
from include.evidence.folder import manifest_of
from include.evidence.offline import main
from include.evidence.outcome import STEPS
from include.evidence.predicates import ByVerdict, Claims, ManifestPredicate, ReportPredicate
from include.evidence.resource import Resource
from include.evidence.signer import open_signer
from include.evidence.statement import Statement
from include.settings import Settings, settings

ROOT = Path(__file__).parents[2]
RESOURCE = Resource("V", "m", "D-1")


class Case:
    """A delivery with its signed manifest and report on disk."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder / "home")
        ensure_keys(self.settings)
        self.keyring = self.settings.keyring_file()
        self.delivery = folder / "D-1"
        (self.delivery / "라벨").mkdir(parents=True)
        (self.delivery / "라벨" / "a.json").write_text("[1]")
        (self.delivery / "b.csv").write_text("x\n")
        (self.delivery / "_DELIVERED.json").write_text("{}")
        manifest = manifest_of(self.delivery)
        now = datetime.now(UTC).replace(microsecond=0)
        x = digest(b"x")
        self.report_json = folder / "report.json"
        self.report_json.write_text("{}")
        self.manifest = self._sign(folder / "manifest.dsse.json", "intake", Statement(manifest.digest, ManifestPredicate(
            RESOURCE, Claims(*[None] * 7), x, x, manifest.root, manifest.objects, manifest.bytes, now)))  # fmt: skip
        self.report = self._sign(folder / "report.dsse.json", "verifier", Statement(manifest.digest, ReportPredicate(
            RESOURCE, 1, x, "FAIL", ByVerdict(failed=("a",)), digest(b"{}"), 2, None, x, "\x1b[31m", "", now, now)))  # fmt: skip

    def _sign(self, path: Path, role: str, statement: Statement) -> Path:
        path.write_bytes(open_signer(self.settings).sign(role, statement.to_bytes()))
        return path


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    made = Case(tmp_path)
    monkeypatch.setenv("DAMBO_HOME", str(made.settings.home))
    monkeypatch.setenv("DAMBO_LANG", "en")
    settings.cache_clear()
    yield made
    settings.cache_clear()


def test_the_verifier_imports_two_libraries_only(case: Case) -> None:
    """Everything loaded after a whole verification belongs to the standard library, cryptography, rfc8785 or us."""
    script = f"""
import json, sys
from include.evidence.offline import main
code = main([{str(case.report)!r}, "--keyring", {str(case.keyring)!r}, "--delivery", {str(case.delivery)!r},
    "--report", {str(case.report_json)!r}, "--json"])
tops = sorted({{m.split(".")[0] for m in sys.modules}} - set(sys.stdlib_module_names))
print(json.dumps([code, tops, sorted(m for m in sys.modules if m.startswith("include"))]), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    code, tops, ours = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    foreign = {name for name in tops if not name.startswith(("_", "sitecustomize"))}
    assert foreign <= {"include", "cryptography", "rfc8785", "cffi"}, foreign
    assert not {"include.settings", "include.cli", "include.evidence.signer"} & {*ours}


def test_python_m(case: Case) -> None:
    command = [sys.executable, "-m", "include.evidence.verify", str(case.report), "--keyring", str(case.keyring)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LANG": "C.UTF-8"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "VALID: FAIL" in done.stdout
    assert "\x1b" not in done.stdout


def outcomes(text: str) -> list[str]:
    return [step["outcome"] for step in json.loads(text)["steps"]]


def test_every_step_is_shown(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        str(case.report),
        "--keyring",
        str(case.keyring),
        "--delivery",
        str(case.delivery),
        "--report",
        str(case.report_json),
    ]
    assert main([*arguments, "--json"]) == 0
    assert outcomes(capsys.readouterr().out) == [*["passed"] * 11, *["not-asked"] * (len(STEPS) - 11)]
    assert main(arguments) == 0
    shown = capsys.readouterr().out.splitlines()
    asked = 11
    assert [line.split()[:2] for line in shown[:asked]] == [[str(n), "ok"] for n in range(asked)]


def test_the_step_that_refuses_is_named(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    (case.delivery / "b.csv").write_text("y\n")
    assert main([str(case.manifest), "--keyring", str(case.keyring), "--delivery", str(case.delivery), "--json"]) == 1
    out = capsys.readouterr().out
    assert outcomes(out) == [*["passed"] * 9, "refused", *["not-asked"] * (len(STEPS) - 10)]
    assert json.loads(out)["refusal"]["code"] == "delivery-differs"
    assert json.loads(out)["document"] is None


@pytest.mark.parametrize(
    ("edit", "step", "code"),
    [
        (lambda c: c.keyring.write_text("{}"), 0, "envelope-shape"),
        (lambda c: c.report.write_text("{}"), 1, "envelope-shape"),
        (lambda c: c.report.write_bytes(b"[" * 2**20 + b"["), 1, "too-large"),
        (
            lambda c: c.report.write_bytes(c.report.read_bytes().replace(b'"sig":"', b'"sig":"AAAA')),
            2,
            "signature-invalid",
        ),
        (lambda c: c.report_json.write_text("{ }"), 10, "report-differs"),
    ],
)
def test_refusals_by_step(case: Case, capsys: pytest.CaptureFixture[str], edit: object, step: int, code: str) -> None:
    edit(case)
    assert main([str(case.report), "--keyring", str(case.keyring), "--report", str(case.report_json), "--json"]) == 1
    out = capsys.readouterr().out
    assert outcomes(out).index("refused") == step
    assert json.loads(out)["refusal"]["code"] == code


def test_a_manifest_names_no_report(case: Case) -> None:
    assert main([str(case.manifest), "--keyring", str(case.keyring), "--report", str(case.report_json)]) == 1


def test_unusable_input(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    keyring = ["--keyring", str(case.keyring)]
    assert main([str(case.report) + "x", *keyring]) == 2
    assert main([str(case.report), "--keyring", str(case.delivery)]) == 2
    assert main([str(case.report), *keyring, "--delivery", str(case.report)]) == 2
    assert main([str(case.report), *keyring, "--report", "none"]) == 2
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "cannot read" in capsys.readouterr().err


def test_dambo_verify(case: Case) -> None:
    run = CliRunner()
    good = run.invoke(
        app,
        [
            "verify",
            str(case.report),
            "--keyring",
            str(case.keyring),
            "--delivery",
            str(case.delivery),
            "--report",
            str(case.report_json),
        ],
    )
    assert (good.exit_code, good.stderr) == (0, "")
    assert "VALID: FAIL" in good.stdout
    refused = run.invoke(
        app, ["verify", str(case.manifest), "--keyring", str(case.keyring), "--report", str(case.report_json), "--json"]
    )
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["refusal"]["code"] == "not-a-report"
    unusable = run.invoke(app, ["verify", "none", "--keyring", str(case.keyring)])
    assert (unusable.exit_code, unusable.stdout) == (2, "")


def test_dambo_keys(case: Case) -> None:
    run = CliRunner()
    shown, made = run.invoke(app, ["keys", "show", "--json"]), run.invoke(app, ["keys", "init", "--json"])
    assert json.loads(shown.stdout) == json.loads(made.stdout)
    assert "one hand" in made.stderr
    plain = run.invoke(app, ["keys", "show"]).stdout
    assert json.loads(shown.stdout)["sha256"] in plain
    assert "intake" in plain
    assert "PRIVATE" not in plain + shown.stdout


@pytest.mark.parametrize("kind", ["symlink", "fifo", "folder link", "dangling"])
def test_only_plain_files_are_a_delivery(case: Case, kind: str) -> None:
    target = case.delivery / "z"
    if kind == "fifo":
        os.mkfifo(target)
    else:
        target.symlink_to({"symlink": case.report, "folder link": case.delivery, "dangling": Path("none")}[kind])
    assert main([str(case.manifest), "--keyring", str(case.keyring), "--delivery", str(case.delivery)]) == 1


def test_a_name_that_is_not_unicode_is_refused(case: Case) -> None:
    (Path(os.fsdecode(os.fsencode(case.delivery) + b"/\xff"))).write_text("")
    assert main([str(case.manifest), "--keyring", str(case.keyring), "--delivery", str(case.delivery)]) == 1


def test_the_marker_is_no_data_but_its_namesakes_are(case: Case) -> None:
    before = manifest_of(case.delivery)
    (case.delivery / "_DELIVERED.json").write_text("other")
    assert manifest_of(case.delivery) == before
    (case.delivery / "라벨" / "_DELIVERED.json").write_text("")
    assert manifest_of(case.delivery).objects == before.objects + 1


# --- a report.json with its statement beside, and openssl


def test_a_report_finds_its_statement_beside_it(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    report = b'{"code":1,"schema":"dambo/quality-report/v1"}'
    folder = case.delivery.parent / "r"
    folder.mkdir()
    (folder / "report.json").write_bytes(report)
    arguments = [str(folder / "report.json"), "--keyring", str(case.keyring)]
    (folder / "report.dsse.json").write_bytes(case.report.read_bytes())  # of another report
    (folder / "noise.json").write_text('"application/vnd.in-toto+json"')
    assert main(arguments) == 2
    assert "no signed statement" in capsys.readouterr().err
    verified = statement.parse(envelope.parse(case.report.read_bytes()).payload)
    says = replace(verified.predicate, report=digest(report), report_size=len(report))
    case._sign(folder / "any name.json", "verifier", Statement(verified.subject, says))
    assert main([*arguments, "--json"]) == 0
    assert outcomes(capsys.readouterr().out)[10] == "passed"


@pytest.mark.parametrize(("algorithm", "encoding"), [("ed25519", "raw"), ("ecdsa-p256", "raw"), ("ecdsa-p256", "der")])
def test_openssl_alone_verifies_what_was_exported(tmp_path: Path, algorithm: str, encoding: str) -> None:
    (tmp_path / "h").mkdir()
    ensure_keys(Settings(home=tmp_path / "h" / "home"), Making("kim", algorithm, encoding))
    case, folder = Case(tmp_path / "h"), tmp_path / "out"
    arguments = [str(case.report), "--keyring", str(case.keyring), "--report", str(case.report_json)]
    assert main([*arguments, "--export-openssl", str(folder)]) == 0
    names = {"payload.json", "pae.bin", "key-1.pem", "signature-1.bin", "report.json", "verify.sh"}
    assert {path.name for path in folder.iterdir()} == names

    def run() -> int:
        return subprocess.run([folder / "verify.sh"], capture_output=True, timeout=30, check=False).returncode

    assert run() == 0
    for name in sorted(names - {"verify.sh"}):
        good = (folder / name).read_bytes()
        for place in (0, len(good) // 2, len(good) - 2):
            (folder / name).write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            assert run() != 0, (name, place)
        (folder / name).write_bytes(good)
    assert run() == 0
    assert main([*arguments, "--export-openssl", str(folder)]) == 2  # never over something


def test_what_is_refused_is_not_exported(case: Case, tmp_path: Path) -> None:
    case.report_json.write_text("{ }")
    arguments = [str(case.report), "--keyring", str(case.keyring), "--report", str(case.report_json)]
    assert main([*arguments, "--export-openssl", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


def test_a_rerun_needs_all_of_its_parts(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    keyring, delivery = ["--keyring", str(case.keyring)], ["--delivery", str(case.delivery)]
    assert main([str(case.report), *keyring, "--rerun"]) == 2
    assert main([str(case.report), *keyring, *delivery, "--rerun"]) == 2
    assert "--rerun needs" in capsys.readouterr().err
