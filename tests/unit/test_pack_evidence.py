"""An evidence pack: made from a real run of the line, the same bytes each time, verified by three independent readers."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.world import World, contract, jsonl, records
from typer.testing import CliRunner

from include import line as steps
from include.cli import app
from include.errors import ContractError, VerificationError
from include.evidence import retention
from include.evidence.embedded import Making, ensure_keys
from include.evidence.keyring import Keyring
from include.evidence.keys_change import Keys
from include.evidence.offline import Asked, answer, main
from include.evidence.pack_export import export, logged, script
from include.evidence.pack_index import Index, Item, split_attempt
from include.evidence.pack_names import phase_name, segment
from include.evidence.pack_page import About, page
from include.evidence.pack_places import folder_of
from include.evidence.pack_verify import PackOutcome, verify_pack
from include.evidence.pack_zip import Archive, check_path, write
from include.reports.quality_report import CodeFacts
from include.settings import settings as process_settings

ROOT = Path(__file__).parents[2]


class Packed:
    """Two deliveries that ran (PASS, FAIL) and one that could not be: with their pack, keyring and data on disk."""

    def __init__(self, home: Path) -> None:
        self.world = World.make(home / "home")
        ensure_keys(self.world.settings, Making("kim", "ecdsa-p256"))
        rules = contract(60)
        self.world.voucher(rules, amount_krw="20000000")
        self.world.voucher(rules, milestone="second", sequence=2, amount_krw="20000000")
        self.world.deliver({"a.jsonl": jsonl(records())}, delivery="D-1")
        self.world.run(delivery="D-1", run_id="r1")
        self.world.deliver(
            {"a.jsonl": jsonl(records(disagree=30))}, delivery="D/2".replace("/", "-"), milestone="second"
        )
        self.world.run(delivery="D-2", run_id="r2")
        self.world.deliver({"a.jsonl": jsonl(records(3))}, delivery="D-3", milestone="nobody")
        self.world.run(delivery="D-3", run_id="r3")
        self.keyring = self.world.settings.keyring_file()
        self.data = self.make()
        self.pack = home / "V-1.zip"
        self.pack.write_bytes(self.data)
        self.rules = home / "contract.yaml"
        self.rules.write_bytes(rules)

    def make(self) -> bytes:
        line = self.world.line()
        history = Keys(self.world.settings).shelf.history()
        proofs = logged(line.registry, line.storage, Keyring.from_bytes(history[-1]))
        return export(line.registry, line.storage, "V-1", history, proofs)

    def delivery(self, name: str) -> Path:
        return self.world.settings.folder() / "storage" / "deliveries" / "V-1" / name


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("packed"))


def judge(data: bytes, keyring: bytes) -> PackOutcome:
    outcome = PackOutcome()
    try:
        verify_pack(io.BytesIO(data), keyring, outcome)
    except VerificationError as error:
        outcome.refusal = error
    return outcome


def test_the_same_evidence_gives_the_same_bytes(packed: Packed) -> None:
    assert packed.make() == packed.data


def test_it_verifies(packed: Packed) -> None:
    outcome = judge(packed.data, packed.keyring.read_bytes())
    assert outcome.refusal is None
    assert [step.number for step in outcome.steps[:6]] == ["0", "1", "2", "3", "4", "5.1.1"]
    assert all(step.held for step in outcome.steps)
    told = outcome.to_json()
    assert [(a["attempt"], a["verdict"], a["decision"]) for a in told["attempts"]] == [
        ("D-1#1", "PASS", "RELEASE"),
        ("D-2#1", "FAIL", "REJECT"),
        ("D-3#1", None, "HOLD"),
    ]
    assert [len(a.documents()) for a in outcome.attempts] == [a.proven for a in outcome.attempts] == [4, 4, 2]
    assert outcome.lines(korean=True)
    assert "D-2#1: FAIL -> REJECT" in "\n".join(outcome.lines(korean=False))


def test_its_tree(packed: Packed) -> None:
    with zipfile.ZipFile(packed.pack) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    task = "과제별/1-001-002-NL_시험 계약/최종"
    assert f"{task}/검사 규칙/D-1_1차/contract.yaml" in names
    assert f"{task}/검사 결과서/D-1_1차/report.json" in names
    assert f"{task}/검사 결과서/D-2_1차/decision-1.dsse.json" in names
    assert {"index.html", "index.json", "verify.sh", "keyring/keyring.1.json", "keyring/keys.txt"} <= {*names}
    assert names == sorted(names, key=str.encode)


def test_python_m_on_a_pack_with_its_delivery(packed: Packed) -> None:
    command = [sys.executable, "-m", "include.evidence.verify", str(packed.pack), "--keyring", str(packed.keyring),
               "--delivery", str(packed.delivery("D-1")), "--json"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["steps"][-1]["number"] == "7"


def test_a_pack_needs_two_libraries_only(packed: Packed) -> None:
    """Everything loaded after a whole pack was verified belongs to the standard library, cryptography, rfc8785 or us."""
    script = f"""
import json, sys
from include.evidence.offline import main
code = main([{str(packed.pack)!r}, "--keyring", {str(packed.keyring)!r}, "--json"])
tops = sorted({{m.split(".")[0] for m in sys.modules}} - set(sys.stdlib_module_names))
print(json.dumps([code, tops, sorted(m for m in sys.modules if m.startswith("include."))]), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    code, tops, ours = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert {name for name in tops if not name.startswith(("_", "sitecustomize"))} <= {"include", "cryptography", "rfc8785", "cffi"}  # fmt: skip
    assert {name for name in ours if not name.startswith("include.evidence")} == {"include.errors"}


def test_rerun_on_a_pack_and_on_a_report(packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path / "other"))
    process_settings.cache_clear()
    try:
        outcome = answer(Asked(packed.pack, packed.keyring, packed.delivery("D-2"), rerun=True))
        assert (outcome.refusal, outcome.steps[-1].number) == (None, "8")
        folder = tmp_path / "u"
        with zipfile.ZipFile(packed.pack) as archive:
            archive.extractall(folder)
        report = next(folder.rglob("D-1_1차/report.json"))
        again = Asked(report, packed.keyring, packed.delivery("D-1"), None, packed.rules, rerun=True)
        outcome = answer(again)
        assert outcome.refusal is None
        assert outcome.states[9:12] == ("passed", "passed", "passed")
        (tmp_path / "other.yaml").write_bytes(packed.rules.read_bytes().replace("시험".encode(), "다른".encode()))
        refused = answer(
            Asked(report, packed.keyring, packed.delivery("D-1"), None, tmp_path / "other.yaml", rerun=True)
        )
        assert refused.refusal.code == "rerun-differs"
        assert "contract" in refused.refusal.message
        monkeypatch.setattr("include.assessment.code_identity", lambda: CodeFacts("9", "0" * 64))
        refused = answer(again)
        assert refused.refusal.code == "rerun-other-code"
        assert "results are the same" in refused.refusal.message
        assert not (tmp_path / "other").exists()
    finally:
        process_settings.cache_clear()


def test_a_delivery_that_is_another(packed: Packed, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("y")
    assert answer(Asked(packed.pack, packed.keyring, tmp_path)).refusal.code == "pack-unsuitable"
    held = answer(Asked(packed.pack, packed.keyring, packed.delivery("D-3"), rerun=True))
    assert held.refusal.code == "rerun-impossible"


def test_openssl_alone_agrees_on_the_whole_pack(packed: Packed, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed.pack) as archive:
        archive.extractall(tmp_path / "u")
    run = ["sh", str(tmp_path / "u" / "verify.sh")]
    good = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert (good.returncode, good.stderr) == (0, ""), good.stdout
    assert good.stdout.count("signed   by gate") == 3
    assert Keys(packed.world.settings).shelf.history()
    assert f"sha256:{Index.from_bytes((tmp_path / 'u/index.json').read_bytes()).keyring}" in good.stdout
    document = next((tmp_path / "u").rglob("D-1_1차/decision-1.dsse.json"))
    data = document.read_bytes()
    document.write_bytes(data.replace(b'"payload":"eyJ', b'"payload":"eyK', 1))
    bad = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert bad.returncode == 1
    assert "not what the index says" in bad.stdout
    assert "no good signature" in bad.stdout


def test_a_rotated_and_revoked_keyring_leads_on(tmp_path: Path) -> None:
    packed = Packed(tmp_path)
    first = packed.keyring.read_bytes()
    keys = Keys(packed.world.settings)
    keys.rotate("verifier")
    keys.rotate("root")
    later = packed.make()
    assert judge(later, first).refusal is None
    assert judge(packed.data, packed.keyring.read_bytes()).refusal is None  # ours is newer than the pack's
    gate = next(key for key in keys._body().keys if key.role == "gate")
    keys.revoke(gate.keyid)
    assert judge(packed.make(), first).refusal.code == "key-revoked"
    assert judge(packed.data, packed.keyring.read_bytes()).refusal.code == "key-revoked"
    stranger = World.make(tmp_path / "stranger")
    ensure_keys(stranger.settings)
    assert judge(later, stranger.settings.keyring_file().read_bytes()).refusal.code == "keyring-forked"


def test_every_key_rotated_between_two_deliveries(tmp_path: Path) -> None:
    """Old and new documents, and one log over both: they verify from the very first keyring."""
    world = World.make(tmp_path)
    world.voucher(contract(60), amount_krw="20000000")
    world.voucher(contract(60), milestone="second", sequence=2, amount_krw="20000000")
    world.deliver({"a.jsonl": jsonl(records())}, delivery="D-1")
    assert world.run(delivery="D-1", run_id="r1")[1].outcome == "RELEASE"
    first = world.settings.keyring_file().read_bytes()
    for role in ("log", "root", "gate", "verifier", "intake"):
        Keys(world.settings).rotate(role)
    world.deliver(
        {"a.jsonl": jsonl([{**row, "text": "다른 글"} for row in records()])}, delivery="D-2", milestone="second"
    )
    assert world.run(delivery="D-2", run_id="r2")[1].outcome == "RELEASE"
    line, history = world.line(), Keys(world.settings).shelf.history()
    proofs = logged(line.registry, line.storage, Keyring.from_bytes(history[-1]))
    outcome = judge(export(line.registry, line.storage, "V-1", history, proofs), first)
    assert outcome.refusal is None
    assert outcome.keyring.version == 6
    assert [attempt.proven for attempt in outcome.attempts] == [4, 4]


def test_findings_may_be_gone_and_all_else_may_not(tmp_path: Path) -> None:
    packed = Packed(tmp_path)
    packed.world.now = datetime(2032, 1, 1, tzinfo=UTC)
    line = packed.world.line()
    # the payment was settled long ago
    line.registry.move_release("V-1", "balance", "CONFIRMED", datetime(2026, 12, 1, tzinfo=UTC))
    retention.hold(steps.records_of(line), line.filing.signer, "V-1", by="kim", reason="suit", now=line.now())
    retention.lift(steps.records_of(line), line.filing.signer, "V-1", by="kim", reason="over", now=line.now())
    done = retention.expire(
        steps.records_of(line), line.filing.signer, date(2032, 1, 1), by="kim", now=packed.world.now
    )
    assert [term.voucher for term, _ in done] == ["V-1"]
    outcome = judge(packed.make(), packed.keyring.read_bytes())
    assert outcome.refusal is None
    assert "findings destroyed" in "\n".join(outcome.lines(korean=False))
    assert [(each.event, each.logged) for each in outcome.kept] == [("hold", True), ("lift", True), ("destroyed", True)]
    assert [each["event"] for each in outcome.to_json()["retention"]] == ["hold", "lift", "destroyed"]
    attempt = line.registry.attempts("V-1")[0]
    document = line.registry.documents(attempt.id, "report-json")[-1]
    (packed.world.settings.folder() / "storage" / document.storage_key).write_bytes(b"{}")
    with pytest.raises(VerificationError, match="document-changed"):
        packed.make()


def test_a_voucher_without_evidence(packed: Packed) -> None:
    line = packed.world.line()
    with pytest.raises(ContractError, match="voucher-without-attempts"):
        export(line.registry, line.storage, "V-9", [packed.keyring.read_bytes()])


def test_the_verbs(packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMBO_HOME", str(packed.world.home))
    monkeypatch.setenv("DAMBO_LANG", "en")
    process_settings.cache_clear()
    try:
        run, out = CliRunner(), tmp_path / "p.zip"
        made = run.invoke(app, ["evidence", "export", "V-1", "--out", str(out), "--json"])
        assert (made.exit_code, out.read_bytes()) == (0, packed.data), made.output
        keyring = ["--keyring", str(packed.keyring)]
        assert run.invoke(app, ["evidence", "verify", str(out), *keyring]).exit_code == 0
        assert "VALID" in run.invoke(app, ["verify", str(out), *keyring]).stdout
        for wrong in (["--report", str(out)], ["--rerun"], ["--export-openssl", str(tmp_path / "o")]):
            assert run.invoke(app, ["verify", str(out), *keyring, *wrong]).exit_code == 2
            assert main([str(out), *keyring, *wrong]) == 2
        out.write_bytes(packed.data[:-1])
        assert main([str(out), *keyring]) == 1
    finally:
        process_settings.cache_clear()


def test_a_name_in_a_pack_steers_no_terminal(
    capsys: pytest.CaptureFixture[str], packed: Packed, tmp_path: Path
) -> None:
    index = json.loads(Archive.of(io.BytesIO(packed.data)).read("index.json"))
    index["files"][0]["path"] = "\u202ex"
    evil = tmp_path / "e.zip"
    evil.write_bytes(write({"index.json": json.dumps(index).encode()}))
    assert main([str(evil), "--keyring", str(packed.keyring)]) == 1
    assert "\u202e" not in capsys.readouterr().out


# --- names and archive


@pytest.mark.parametrize(
    ("text", "safe"),
    [("1-001-002-CV", "1-001-002-CV"), ("음성/영상 데이터", "음성·영상 데이터"), ("가".encode().decode(), "가")],
)
def test_names_stay_readable(text: str, safe: str) -> None:
    assert segment(text) == safe


@pytest.mark.parametrize("text", ["..", ".", "", " ", "a\0b", "a\nb", "CON", "com1.txt", "a:b", "x" * 500, "가" * 500, "\u202eevil", "a.", "\ud800", "///", "한\u1112"])  # fmt: skip
def test_any_name_becomes_a_safe_one(text: str) -> None:
    made = segment(text)
    check_path(made)
    assert "/" not in made
    assert len(made.encode()) <= 150
    assert made.split(".")[0].casefold() not in {"con", "com1"}


def test_names_that_lost_something_stay_apart() -> None:
    assert len({segment(name) for name in ("a:b", "a?b", "a*b", "a_b", "x" * 300, "x" * 301)}) == 6


def test_phases_have_their_korean_names() -> None:
    assert [phase_name(p) for p in ("self", "preliminary", "final", "remedy-2", None, "other/x")] == ["자체", "사전", "최종", "보완-2", "미정", "other·x"]  # fmt: skip


def test_the_archive_is_plain_zip(tmp_path: Path) -> None:
    files = {"a/b.txt": b"1", "가.bin": bytes(range(256)), "empty": b""}
    data = write(files)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    ours = Archive.of(io.BytesIO(data))
    assert {name: ours.read(name) for name in ours.entries} == files
    if shutil.which("unzip"):
        (tmp_path / "x.zip").write_bytes(data)
        subprocess.run(["unzip", "-q", "x.zip"], cwd=tmp_path, check=True, timeout=30, env={**os.environ, "LANG": "C.UTF-8"})  # fmt: skip
        assert (tmp_path / "가.bin").read_bytes() == bytes(range(256))


def test_an_empty_archive_has_no_index() -> None:
    outcome = judge(write({}), b"{}")
    assert outcome.refusal.code == "envelope-shape"


def test_the_script_is_plain_sh() -> None:
    subprocess.run(["sh", "-n"], input=script(), check=True, timeout=10)


# --- the page


class Links(HTMLParser):
    """Elements, links and texts of a page."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_leads_to_every_file_and_says_both_languages(packed: Packed) -> None:
    with zipfile.ZipFile(packed.pack) as archive:
        names, shown = {*archive.namelist()}, Links(archive.read("index.html"))
    assert {unquote(link) for link in shown.links} == names - {"index.html", "index.json"}
    text = " ".join(shown.texts)
    for word in ("적합", "PASS", "지급가능", "RELEASE", "부적합", "FAIL", "지급거절", "REJECT", "지급보류", "HOLD"):
        assert word in text
    assert Keyring.from_bytes(packed.keyring.read_bytes()).sha256 in text
    assert not {"script", "img", "iframe", "form", "link"} & {*shown.tags}


def test_a_hostile_name_stays_a_name() -> None:
    name = "<script>alert(1)</script>\"'&"
    item = Item.of("t/report.json", "report-json", f"{name}#1", b"{}")
    shown = Links(page(Index(name, "0" * 64, (item,)), {f"{name}#1": About(name, "PASS", name)}))
    assert "script" not in shown.tags
    assert any(name in text for text in shown.texts)


def test_a_proof_of_nothing_in_the_pack_is_refused(packed: Packed) -> None:
    """Neither with what is common to all nor with another attempt may a proof stand that belongs to no document there."""
    with zipfile.ZipFile(packed.pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    index = Index.from_bytes(files["index.json"])
    first, second = index.attempts()[:2]
    data = files[index.of_kind("proof", first)[0].path]
    for attempt in (None, second):
        more = Item.of("stray.tlog-proof", "proof", attempt, data)
        told = Index(index.voucher, index.keyring, (*index.items, more))
        assert refused(packed, {**files, more.path: data}, told) == "pack-place"
    place = index.of_kind("proof", second)[0]
    items = (Item.of(i.path, i.kind, i.attempt, data) if i == place else i for i in index.items)
    told = Index(index.voucher, index.keyring, tuple(items))
    assert refused(packed, {**files, place.path: data}, told) == "entry-differs"


def test_two_attempts_may_not_change_folders(packed: Packed) -> None:
    """Index and documents agree, but who opens the folder of one delivery would read the report on another."""
    with zipfile.ZipFile(packed.pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    index = Index.from_bytes(files.pop("index.json"))
    first, second = (folder_of(*split_attempt(name)) for name in index.attempts()[:2])
    swapped = {first: second, second: first}

    def moved(path: str) -> str:
        return "/".join(swapped.get(part, part) for part in path.split("/"))

    told = Index(index.voucher, index.keyring, tuple(replace(item, path=moved(item.path)) for item in index.items))
    assert refused(packed, {moved(path): data for path, data in files.items()}, told) == "pack-place"


def refused(packed: Packed, files: dict[str, bytes], told: Index) -> str:
    """The code that refuses a pack of these files under that index."""
    outcome = judge(write({**files, "index.json": told.to_bytes()}), packed.keyring.read_bytes())
    assert outcome.refusal is not None
    return outcome.refusal.code
