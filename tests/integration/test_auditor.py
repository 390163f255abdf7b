"""The auditor's how-to, word for word: its commands in an empty folder, with openssl and a Python that has two libraries."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.world import World, contract, jsonl, records

from include import line as steps
from include.evidence import retention
from include.evidence.keys_change import Keys
from include.evidence.pack_export import export, logged

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/auditor.md"
VOUCHER = "V-2026-000123"

needs_tools = pytest.mark.skipif(
    shutil.which("openssl") is None or shutil.which("unzip") is None, reason="needs openssl and unzip"
)


def blocks() -> list[str]:
    """The shell commands of the section, in order."""
    section = PAGE.read_text("utf-8").partition("## From beginning to end")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the auditor was given, in an empty folder; and a Python with nothing but two libraries."""
    home, room = tmp_path_factory.mktemp("operator") / "home", tmp_path_factory.mktemp("auditor")
    world = World.make(home)
    world.voucher(contract(), voucher=VOUCHER)
    world.deliver({"a.jsonl": jsonl(records(disagree=30))}, voucher=VOUCHER, delivery="D-1")
    world.run(voucher=VOUCHER, delivery="D-1", run_id="r1")
    world.deliver({"a.jsonl": jsonl(records())}, voucher=VOUCHER, delivery="D-2")
    assert world.run(voucher=VOUCHER, delivery="D-2", run_id="r2")[1].outcome == "RELEASE"
    line = world.line()
    retention.hold(steps.records_of(line), line.filing.signer, VOUCHER, by="kim", reason="suit", now=line.now())
    proofs = logged(line.registry, line.storage, line.keyring)
    pack = export(line.registry, line.storage, VOUCHER, Keys(world.settings).shelf.history(), proofs)
    (room / f"{VOUCHER}.zip").write_bytes(pack)
    shutil.copy(world.settings.keyring_file(), room / "keyring.json")
    shutil.copytree(home / "storage" / "deliveries" / VOUCHER / "D-2", room / "D-2")
    shutil.copytree(ROOT / "include", room / "include", ignore=shutil.ignore_patterns("__pycache__"))
    python_with_two_libraries(room)
    return room


def python_with_two_libraries(room: Path) -> None:
    """In the place of the venv, which would need the network: -S leaves out site-packages, links bring two back."""
    libraries, bin_ = room / "verifier" / "lib", room / "verifier" / "bin"
    libraries.mkdir(parents=True)
    bin_.mkdir()
    for name in ("cryptography", "rfc8785", "cffi", "_cffi_backend"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            found = origin.parent if origin.name == "__init__.py" else origin
            (libraries / found.name).symlink_to(found)
    program = bin_ / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH=.:verifier/lib exec "{sys.executable}" -S "$@"\n')
    program.chmod(0o755)


def run(room: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", "-c", script], cwd=room, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
    )  # fmt: skip


@needs_tools
def test_the_commands_of_the_how_to(room: Path) -> None:
    first, second = blocks()
    assert first.startswith("python3 -m venv verifier\nverifier/bin/pip install cryptography rfc8785\n")
    done = run(room, first.partition("rfc8785\n")[2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\nVALID\n") == 2
    assert "D-1#1: FAIL -> REJECT (4/4 proven in the log" in done.stdout
    assert "D-2#1: PASS -> RELEASE" in done.stdout
    assert "signed by root" in done.stdout
    done = run(room, second)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert "VALID: PASS" in done.stdout
    assert "VALID: RELEASE" in done.stdout
    assert done.stdout.count("15  ok") == 2


@needs_tools
def test_one_byte_changed_is_seen_by_each(room: Path, tmp_path: Path) -> None:
    shutil.copytree(room, tmp_path / "room", symlinks=True)
    room = tmp_path / "room"
    shutil.rmtree(room / "pack", ignore_errors=True)
    pack = room / f"{VOUCHER}.zip"
    data = pack.read_bytes()
    place = data.index(b"report.dsse.json") + 200
    pack.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    lines = blocks()[0].splitlines()
    assert "python -m" in lines[4]
    done = run(room, lines[4])
    assert (done.returncode, "REFUSED" in done.stdout) == (1, True)
    run(room, lines[2])
    done = run(room, lines[3])
    assert (done.returncode, "REFUSED" in done.stdout) == (1, True)


def test_the_engine_is_not_there_for_the_auditor(room: Path) -> None:
    """Whatever the verification loads, it can do without pandas, Airflow, SQLAlchemy and settings."""
    done = run(room, "verifier/bin/python -c 'import sqlalchemy'")
    assert "ModuleNotFoundError" in done.stderr
    done = run(
        room,
        f"verifier/bin/python -m include.evidence.verify {VOUCHER}.zip --keyring keyring.json --delivery D-2 --rerun",
    )
    assert (done.returncode, "needs all of Dambo" in done.stderr) == (2, True)
