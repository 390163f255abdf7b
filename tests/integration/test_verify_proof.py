"""One document with its log proof: `--proof`, step by step, with and without an outside witness."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.world import World, contract, jsonl, records

from include import line as steps
from include.evidence.keyring import Key
from include.evidence.keys_file import public_of, sign
from include.evidence.keys_shelf import Shelf
from include.evidence.log.cosignature import witness_name
from include.evidence.log.note import raw_public
from include.evidence.log.prover import prove
from include.evidence.log.published import cosigned_key, head_bytes, read_object
from include.evidence.log.witness import WitnessKey, cosigned, remember
from include.evidence.offline import main
from include.evidence.outcome import PROOF, STEPS
from include.evidence.rotation import add, revoke
from include.evidence.signer import read_private

ROOT = Path(__file__).parents[2]
KINDS = ("manifest", "run-started", "report", "decision")


class Handed:
    """A world whose documents and proofs lie as files in an auditor's folder."""

    def __init__(self, folder: Path) -> None:
        self.world, self.folder = World.make(folder / "home"), folder / "auditor"
        self.folder.mkdir()
        self.world.voucher(contract())
        self.world.deliver({"a.jsonl": jsonl(records())})
        assert self.world.run()[1].outcome == "RELEASE"
        self.hand_over()

    def hand_over(self) -> None:
        line = self.world.line()
        attempt = steps.attempt_of_run(line, "run-1")
        for kind in KINDS:
            document = line.registry.documents(attempt, kind)[-1]
            self.at(kind, "dsse.json").write_bytes(line.filing.read(document))
            proof = prove(line.registry, line.storage, line.keyring, document.sha256)
            self.at(kind, "tlog-proof").write_bytes(proof)
        (self.folder / "keyring.json").write_bytes(self.world.settings.keyring_file().read_bytes())

    def at(self, kind: str, end: str) -> Path:
        return self.folder / f"{kind}.{end}"

    def arguments(self, kind: str, proof: str | None = None) -> list[str]:
        return [
            str(self.at(kind, "dsse.json")), "--keyring", str(self.folder / "keyring.json"),
            "--proof", str(self.at(proof or kind, "tlog-proof")),
        ]  # fmt: skip

    def told(self, kind: str, capsys: pytest.CaptureFixture[str], proof: str | None = None) -> dict:
        main([*self.arguments(kind, proof), "--json"])
        return json.loads(capsys.readouterr().out)

    def witness(self) -> WitnessKey:
        """An outsider who saw the log, whose key the keyring knows, and whose cosignature was left in the store."""
        private = Ed25519PrivateKey.generate()
        public = public_of(private)
        self.add_witness(public)
        line = self.world.line()
        key = WitnessKey(witness_name(public.keyid), raw_public(public.spki), lambda data: sign(private, public, data))
        signed = remember(
            head_bytes(line.storage), lambda path: read_object(line.storage, path), line.keyring, self.folder / "seen"
        )
        note = cosigned(signed, key, line.now())
        line.storage.put_once(cosigned_key(signed.checkpoint.size, public.keyid), note)
        return key

    def add_witness(self, public) -> None:

        def change(body):
            now = body.issued_at + timedelta(seconds=1)
            key = Key(public, "witness", "auditor", None, now - timedelta(days=1), now + timedelta(days=900))
            return add(body, key, now)

        self.change(change)

    def change(self, change) -> None:
        settings = self.world.settings
        shelf = Shelf(settings.keyring_file(), settings.keys_folder())
        shelf.change(change, [read_private(settings.keys_folder(), "root")])


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    return Handed(tmp_path_factory.mktemp("handed"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_alone_with_its_proof(handed: Handed, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = handed.told(kind, capsys)
    assert told["valid"]
    outcomes = [step["outcome"] for step in told["steps"]]
    assert outcomes == [*["passed"] * 9, *["not-asked"] * 3, *["passed"] * 4]
    log = told["document"]["log"]
    assert (log["index"], log["size"], log["witnesses"]) == (KINDS.index(kind), 4, [])
    assert not told["document"]["witnessed"]


def test_a_report_json_with_the_proof_of_its_statement(handed: Handed, capsys: pytest.CaptureFixture[str]) -> None:
    line = handed.world.line()
    report = handed.folder / "report.json"
    report.write_bytes(line.filing.need(steps.attempt_of_run(line, "run-1"), "report-json"))
    arguments = handed.arguments("report")
    assert main([str(report), *arguments[1:]]) == 0
    out = capsys.readouterr().out
    assert "entry 2 of 4 (unwitnessed)" in out
    assert " 15  ok" in out


def refused(handed: Handed, capsys: pytest.CaptureFixture[str], kind: str, proof: str) -> tuple[str, int]:
    told = handed.told(kind, capsys, proof)
    (step,) = [each["number"] for each in told["steps"] if each["outcome"] == "refused"]
    return told["refusal"]["code"], step


@pytest.mark.parametrize(
    ("change", "code", "step"),
    [
        (lambda proof: b"x" + proof, "proof-shape", 1),
        (lambda proof: proof.replace(b"extra ", b"extra AAAA", 1), "not-canonical", 1),
        (lambda proof: proof.replace(b"dambo.example/log/", b"dambo.example/log/0"), "checkpoint-origin", 2),
        (lambda proof: proof.replace(b"index 1", b"index 2"), "proof-inclusion", 3),
    ],
)
def test_a_proof_that_does_not_hold(handed, capsys, tmp_path, change, code, step) -> None:
    good = handed.at("run-started", "tlog-proof").read_bytes()
    bad = change(good)
    assert bad != good
    handed.at("bad", "tlog-proof").write_bytes(bad)
    made, number = refused(handed, capsys, "run-started", "bad")
    assert number == PROOF + step
    assert made == code or (code == "not-canonical" and made in {"not-json", "not-utf8"})


def test_a_proof_of_another_document(handed: Handed, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(handed, capsys, "report", "manifest") == ("entry-differs", len(STEPS) - 1)


def test_a_witness_gives_the_time_and_outlives_the_key(tmp_path, capsys) -> None:
    """What an outsider saw before a key was taken back still stands, of that very proof and no other."""
    handed = Handed(tmp_path)
    before = handed.at("report", "tlog-proof").read_bytes()
    key = handed.witness()
    handed.hand_over()
    told = handed.told("report", capsys)
    assert told["valid"]
    assert told["document"]["witnessed"]
    ((name, time),) = [(each["name"], each["time"]) for each in told["document"]["log"]["witnesses"]]
    assert (name, time) == (key.name, told["document"]["time"])
    assert main(handed.arguments("report")) == 0
    assert f"witnessed by {key.name}" in capsys.readouterr().out
    taken_back = handed.world.now + timedelta(days=1)
    verifier = next(each.keyid for each in handed.world.line().keyring.keys if each.role == "verifier")
    handed.change(lambda body: revoke(body, verifier, taken_back, body.issued_at + timedelta(seconds=1)))
    (handed.folder / "keyring.json").write_bytes(handed.world.settings.keyring_file().read_bytes())
    assert handed.told("report", capsys)["valid"]
    handed.at("unseen", "tlog-proof").write_bytes(before)
    assert refused(handed, capsys, "report", "unseen") == ("key-revoked", 7)


def test_two_libraries_do_for_a_proof_too(handed: Handed) -> None:
    script = f"""
import sys
from include.evidence.offline import main
code = main({handed.arguments("decision")!r})
print(code, sorted({{m.split(".")[0] for m in sys.modules}} - set(sys.stdlib_module_names)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    code, _, tops = done.stderr.splitlines()[-1].partition(" ")
    foreign = {name for name in json.loads(tops.replace("'", '"')) if not name.startswith(("_", "sitecustomize"))}
    assert code == "0"
    assert foreign <= {"include", "cryptography", "rfc8785", "cffi"}


def test_a_pack_takes_no_proof(handed: Handed, capsys: pytest.CaptureFixture[str]) -> None:
    pack = handed.folder / "pack.zip"
    pack.write_bytes(b"PK")
    assert main([str(pack), *handed.arguments("report")[1:]]) == 2
    assert "--proof" in capsys.readouterr().err
