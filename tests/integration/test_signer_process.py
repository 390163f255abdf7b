"""`dambo signer` as a process: who may ask, what it refuses, that a worker gets signatures and never the key."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.world import World, contract, jsonl, records

from include import line as steps
from include.errors import SignerError, VerificationError
from include.evidence.embedded import ensure_keys
from include.evidence.envelope import parse as parse_envelope
from include.evidence.log.audit import audit
from include.evidence.predicates import ByVerdict
from include.evidence.signing import wire
from include.evidence.signing.client import SocketSigner
from include.evidence.signing.notary import Notary
from include.evidence.statement import Statement, parse

ROOT = Path(__file__).parents[2]


def start(world: World, socket_path: Path, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """The signer of this world's folder, ready."""
    environment = {**os.environ, "DAMBO_HOME": str(world.home), "DAMBO_LANG": "en", "DAMBO_SIGNER": ""}
    command = [*prefix, sys.executable, "-c", "from include.cli import main; main()", "signer"]
    process = subprocess.Popen(
        [*command, "--socket", str(socket_path), *options],
        env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stderr is not None
    said = process.stderr.readline()
    assert "ready to sign" in said, said + process.stderr.read()
    return process


@contextmanager
def running(world: World, socket_path: Path, *options: str, prefix: tuple[str, ...] = ()) -> Iterator[None]:
    process = start(world, socket_path, *options, prefix=prefix)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "home")
    ensure_keys(made.settings)
    made.voucher(contract())
    made.deliver({"a.jsonl": jsonl(records())})
    return made


def by_socket(world: World, path: Path) -> World:
    """The worker's view: the same world, without keys."""
    settings = world.settings.model_copy(update={"signer": f"unix://{path}", "keys": world.home / "nowhere"})
    return World(world.home, settings, world.now)


def test_a_worker_without_keys_runs_the_line(world: World, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    worker = by_socket(world, path)
    with running(world, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        attempt, decided = worker.run()
        assert (decided.outcome, len(worker.outbox())) == ("RELEASE", 1)
        line = worker.line()
        assert isinstance(line.filing.signer, SocketSigner)
        found = audit(line.registry, line.storage, line.keyring)
        assert found.head is not None
        assert found.head.size == 4
        envelope = line.filing.need(attempt, "report")
        assert line.filing.signer.sign("verifier", parse_envelope(envelope).payload) == envelope
        assert code_of(line.filing.signer.sign, "gate", parse_envelope(envelope).payload) == "not-this-role"
        assert code_of(line.filing.signer.sign, "verifier", b"{}") == "not-a-statement"
    assert not path.exists()
    assert not (world.home / "nowhere").exists()
    assert code_of(line.filing.signer.verifier, "gate") == "signer-unavailable"


def code_of(call, *arguments) -> str | None:
    try:
        call(*arguments)
    except (SignerError, VerificationError) as error:
        return error.code
    return None


def test_a_signer_killed_is_replaced_and_goes_on(world: World, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    first = start(world, path)
    first.send_signal(signal.SIGKILL)
    first.wait(20)
    first.stderr.close()  # type: ignore[union-attr]
    assert path.is_socket()
    worker = by_socket(world, path)
    assert code_of(worker.line().filing.signer.verifier, "gate") == "signer-unavailable"
    with running(world, path):
        assert worker.run()[1].outcome == "RELEASE"


def test_questions_that_are_none(world: World, tmp_path: Path) -> None:
    """Whatever is sent, the process lives and answers the next."""
    path = tmp_path / "s.sock"
    with running(world, path):
        for data in (b"", b"\0", b"\xff" * 8, b"\0\0\0\2{}", b"\0\0\0\4null", b'\0\0\0\5{"a":'):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(20)
                connection.connect(str(path))
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                if data == b"\0\0\0\2{}":
                    assert wire.error_of(wire.receive(connection)["error"]).code == "signer-question"
        assert SocketSigner(path).verifier("gate")


def test_only_one_signer_a_socket_and_nothing_else_is_removed(world: World, tmp_path: Path) -> None:
    from include.evidence.signing.server import SignerServer

    path = tmp_path / "s.sock"
    with running(world, path), pytest.raises(SignerError, match="signer-running"):
        SignerServer(path, world.line().filing.signer, frozenset())
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SignerError, match="signer-socket"):
        SignerServer(tmp_path / "file", world.line().filing.signer, frozenset())
    assert (tmp_path / "file").read_text() == "mine"


# as root: two users

NOBODY, SIGNER = 65534, 2
"""uids of Debian's `nobody` (the worker) and `bin` (in whose name the signer runs here)."""

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv to be two users"
)


def as_user(uid: int, groups: int = 0) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={uid}", f"--regid={groups or uid}", "--clear-groups")


ASK = """
import sys
from pathlib import Path
from include.evidence.signing.client import SocketSigner
from include.errors import SignerError
keys, path, payload = map(Path, sys.argv[1:4])
try:
    print("key", len((keys / "intake.pem").read_bytes()))
except OSError as error:
    print("key", type(error).__name__)
try:
    envelope = SocketSigner(path).sign("intake", payload.read_bytes())
    print("signed", len(envelope) > 100)
except SignerError as error:
    print("signed", error.code)
"""


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder that every user may walk to; pytest's own are closed to others, and closed again by each session."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def may_import(uid: int) -> bool:
    """Can that user read the code at all? Not if the checkout lies in somebody's closed home."""
    tried = [*as_user(uid), sys.executable, "-c", "import include.evidence.signing.client"]
    return subprocess.run(tried, cwd=ROOT, capture_output=True, check=False).returncode == 0


@needs_root
def test_two_users_one_key(common: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's user cannot read the key, may ask, and gets a signature; any other user gets nothing."""
    if not (may_import(NOBODY) and may_import(SIGNER)):
        pytest.skip("other users cannot read this checkout")
    tmp_path = common
    world = World.make(tmp_path / "home", keys=tmp_path / "keys")
    ensure_keys(world.settings)
    world.voucher(contract())
    world.deliver({"a.jsonl": jsonl(records())})
    payload = tmp_path / "payload"
    payload.write_bytes(manifest_payload(world))
    payload.chmod(0o644)
    for place in [tmp_path / "keys", *(tmp_path / "keys").iterdir()]:
        os.chown(place, SIGNER, SIGNER)
    shared(world.home)
    monkeypatch.setenv("DAMBO_KEYS", str(tmp_path / "keys"))
    place = tmp_path / "run"
    place.mkdir()
    os.chown(place, SIGNER, SIGNER)
    place.chmod(0o755)
    path = place / "s.sock"
    with running(world, path, "--allow", str(NOBODY), prefix=as_user(SIGNER)):
        assert path.stat().st_uid == SIGNER
        arguments = (str(tmp_path / "keys"), str(path), str(payload))
        assert asked(NOBODY, arguments) == ["key PermissionError", "signed True"]
        assert asked(1, arguments) == ["key PermissionError", "signed signer-unavailable"]


def asked(uid: int, arguments: tuple[str, ...]) -> list[str]:
    done = subprocess.run(
        [*as_user(uid), sys.executable, "-c", ASK, *arguments],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def shared(home: Path) -> None:
    """What PostgreSQL and an object store give in production: signer and worker both write, each as itself."""
    for place in [home, *home.rglob("*")]:
        place.chmod(0o777 if place.is_dir() else 0o666)


def manifest_payload(world: World) -> bytes:
    """What a worker would ask for first: made up to the moment of signing."""
    line = world.line()
    asked: list[bytes] = []

    class Asked:
        def sign(self, role: str, payload: bytes) -> bytes:
            asked.append(payload)
            raise SignerError("stop", "here")

        def verifier(self, role: str) -> None:
            return None

    stopped = replace(line, filing=replace(line.filing, signer=Asked()))
    with pytest.raises(SignerError):
        steps.freeze(stopped, voucher="V-1", delivery="D-1", run_id="run-1", operator="tester", reason="test")
    return asked[0]


# what it refuses to sign


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory):
    """One world for all lies: what is refused changes nothing."""
    world = World.make(tmp_path_factory.mktemp("sealed") / "home")
    world.voucher(contract())
    world.deliver({"a.jsonl": jsonl(records())})
    attempt, decided = world.run()
    assert decided.outcome == "RELEASE"
    line = world.line()
    assert isinstance(line.filing.signer, Notary)
    return line, attempt


def other(line, filed: str, kind: str, /, **changes) -> bytes:
    """The filed statement, changed."""
    before = parse(parse_envelope(line.filing.need(filed, kind)).payload)
    subject = changes.pop("subject", before.subject)
    return Statement(subject, replace(before.predicate, **changes)).to_bytes()


LIES = [
    ("intake", "manifest", {"objects": 2}, "signer-refused"),
    ("intake", "manifest", {"bytes": 1}, "signer-refused"),
    ("intake", "manifest", {"merkle_root": "0" * 64}, "signer-refused"),
    ("intake", "manifest", {"pins": "0" * 64}, "signer-refused"),
    ("intake", "manifest", {"marker": "0" * 64}, "signer-refused"),
    ("intake", "manifest", {"subject": "0" * 64}, "signer-refused"),
    ("verifier", "run-started", {"rules": "0" * 64}, "signer-refused"),
    ("verifier", "run-started", {"rule_count": 3}, "signer-refused"),
    ("verifier", "run-started", {"attempt": 2}, "signer-refused"),
    ("verifier", "run-started", {"manifest": "0" * 64}, "not-logged"),
    ("verifier", "report", {"verdict": "FAIL"}, "signer-refused"),
    ("verifier", "report", {"tests": ByVerdict(passed=("x",))}, "signer-refused"),
    ("verifier", "report", {"report": "0" * 64}, "signer-refused"),
    ("verifier", "report", {"report_size": 5}, "signer-refused"),
    ("verifier", "report", {"rules": "0" * 64}, "signer-refused"),
    ("verifier", "report", {"attempt": 2}, "signer-refused"),
    ("verifier", "report", {"operator": "someone"}, "signer-refused"),
    ("verifier", "report", {"run_started": "0" * 64}, "not-logged"),
    ("verifier", "report", {"findings": "0" * 64}, "signer-refused"),
    ("gate", "decision", {"decision": "REJECT", "reasons": ("verdict-fail",)}, "signer-refused"),
    ("gate", "decision", {"inputs": ()}, "signer-refused"),
    ("gate", "decision", {"inputs": ("0" * 64,)}, "not-logged"),
    ("gate", "decision", {"attempt": 2}, "signer-refused"),
    ("gate", "decision", {"verifier": "https://dambo.example/verifier/other"}, "wrong-verifier"),
    ("gate", "decision", {"subject": "0" * 64}, "signer-refused"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "kind", "lie", "code"), LIES)
def test_a_statement_that_is_not_reached_again_is_not_signed(sealed, role, kind, lie, code) -> None:
    line, attempt = sealed
    size = line.registry.log_size()
    assert code_of(line.filing.signer.sign, role, other(line, attempt, kind, **lie)) == code
    assert line.registry.log_size() == size


FUTURE = [
    ("intake", "manifest", ("taken_at",)),
    ("verifier", "run-started", ("started_at",)),
    ("verifier", "report", ("started_at", "finished_at")),
    ("gate", "decision", ("time_verified",)),
]


@pytest.mark.parametrize(("role", "kind", "times"), FUTURE)
def test_a_time_that_is_still_to_come_is_not_signed(sealed, role, kind, times) -> None:
    line, attempt = sealed
    size = line.registry.log_size()
    later = line.now() + timedelta(minutes=6)
    assert (
        code_of(line.filing.signer.sign, role, other(line, attempt, kind, **dict.fromkeys(times, later)))
        == "signer-refused"
    )
    assert line.registry.log_size() == size


def test_a_report_whose_verdict_does_not_follow_is_not_signed(sealed) -> None:
    """report.json itself rewritten, filed, and named correctly by the statement: its numbers do not give its verdict."""
    line, attempt = sealed
    data = line.filing.need(attempt, "report-json")
    lowered = data.replace(b'"value":"60"', b'"value":"59"', 1)
    assert lowered != data
    sha256 = line.filing.put(attempt, "report-lowered", lowered)
    statement = other(line, attempt, "report", report=sha256, report_size=len(lowered))
    assert code_of(line.filing.signer.sign, "verifier", statement) == "signer-refused"


def test_a_contract_swapped_after_the_agreement_is_not_signed(world: World) -> None:
    attempt, line = world.run()[0], world.line()
    statement = other(line, attempt, "run-started", reason="again")
    line.storage.put("contracts/1-001-002-NL/1.0.0.odcs.yaml", contract(rows=1))
    assert code_of(line.filing.signer.sign, "verifier", statement) == "signer-refused"


def test_an_idle_signer_costs_nothing(world: World, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    process = start(world, path)
    try:
        before = cpu_of(process.pid)
        time.sleep(1)
        assert cpu_of(process.pid) - before < 0.2
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()  # type: ignore[union-attr]


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
