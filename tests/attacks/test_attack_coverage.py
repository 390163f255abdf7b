"""Every attack that the design names on documents, manifest, keys, log and clock is in the table of `make attacks`.

The design's words stand on the left; on the right the kind and the name of attacks that the table must hold.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

NAMED: dict[str, tuple[tuple[str, str], ...]] = {
    "data swapped after checking": (("delivery", "a byte of a file"), ("delivery", "two files swapped"), ("gate", "data swapped after checking")),
    "data swapped during checking": (("line", "a file swapped between pick-up and reading"),),
    "old PASS replayed for another delivery": (("gate", "PASS replayed for another delivery"), ("pack", "all of it about another delivery")),
    "old PASS replayed for another milestone": (("gate", "PASS replayed for another milestone"),),
    "old PASS replayed for another voucher": (("gate", "PASS replayed for another voucher"), ("pack", "all of it about another voucher")),
    "PASS then FAIL": (("release", "older attempt after a later one failed"), ("pack", "the failed attempt left out")),
    "rerun until it passes": (("gate", "rerun until it passes"), ("gate", "uploaded again until it passes")),
    "one person twice": (("document", "one person twice, one key"), ("document", "one person twice, two keys"), ("keyring", "signed by one person with two keys")),
    "role confusion": (("document", "report signed by intake"), ("document", "decision signed by the verifier"), ("checkpoint", "signed by the gate in the log's name")),
    "type confusion": (("document", "manifest passed off as a report"), ("document", "the keyring passed off as a statement"), ("document", "predicate type of a report on a manifest"), ("keyring", "signed over the payload of a statement"), ("audit", "an audit signed as a hold")),
    "stolen keys": (("gate", "stolen key, revoked meanwhile"), ("gate", "stolen key, revoked before"), ("checkpoint", "signed by a revoked log key")),
    "revoked keys": (("document", "revoked key"), ("pack", "keyring that revokes the gate")),
    "rolled-back keys": (("keyring", "rolled back to the version in force"), ("pack", "keyring of before the revocation")),
    "low-order keys": tuple(("keyring", f"low-order key {number}") for number in range(1, 15)),
    "wrong algorithm": (("keyring", "P-256 passed off as Ed25519"), ("keyring", "Ed25519 with DER signatures"), ("keyring", "P-256 for the log")),
    "DER/P1363 swap": (("document", "P1363 where the keyring says DER"), ("document", "DER where the keyring says P1363")),
    "(r, n-s) twin": (("document", "(r, n-s) twin"),),
    "clock back": (("document", "revoked key, clock turned back"), ("document", "clock: before the key's beginning"), ("proof", "clock: cosignature set back an hour"), ("gate", "clock set back"), ("pack", "clock: run before its manifest")),
    "clock forth": (("document", "clock: after the key's end"), ("gate", "clock set forward"), ("clock", "a destruction dated ten years ahead")),
    "log truncated": (("log", "the last entry taken out of the registry"), ("log", "tiles without a checkpoint"), ("proof", "under a smaller checkpoint, truly signed")),
    "log edited": (("log", "entries renamed in the registry"), ("log", "a bundle edited in storage"), ("log", "two entries swapped")),
    "log forked": (("log", "another history shown to a witness"), ("proof", "under the checkpoint of a fork, truly signed"), ("keyring", "another second version, as well signed")),
    "log restored from yesterday": (("log", "the registry of yesterday"), ("log", "registry and log of yesterday, shown to a witness"), ("log", "a proof from the log of yesterday")),
    "path traversal": (("manifest", "path traversal"), ("pack", "path out of the folder")),
    "symlinks": (("delivery", "a file turned into a link"), ("pack", "a symbolic link")),
    "NUL": (("manifest", "NUL in a path"), ("pack", "NUL in a name")),
    "NFC/NFD twins": (("delivery", "a name in NFD instead of NFC"), ("pack", "name in NFD"), ("manifest", "NFC before NFD")),
    "case twins": (("pack", "names that differ in case"),),
    "malformed envelopes": tuple(("document", f"malformed: {name}") for name in ("empty", "over 1 MiB", "UTF-16", "byte order mark", "two envelopes in a row", "payload twice", "NaN beside", "float beside", "huge integer beside", "lone surrogate beside", "deep nesting beside", "an array", "no signatures", "17 signatures", "a signature is a string", "another payload type", "base64 without padding", "signature empty", "signature of a kilobyte", "payload empty")),
}  # fmt: skip


def table() -> set[tuple[str, str]]:
    """All attacks by kind and name, as the modules beside list them."""
    evidence = importlib.import_module("test_evidence_attacks")
    gate, release = (importlib.import_module(f"test_{name}_attacks") for name in ("gate", "release"))
    log = importlib.import_module("test_log_attacks")
    told = {("keyring", "another second version, as well signed"), ("pack", "keyring of before the revocation")}
    return {
        *told,
        *((attack.kind, attack.name) for attack in evidence.ATTACKS.values()),
        *(("delivery", name) for name in evidence.DELIVERIES),
        *(("gate", name) for name in gate.ATTACKS),
        *(("release", attack.__name__.replace("_", " ")) for attack, _ in release.ATTACKS),
        *((kind, name) for name, (kind, *_) in log.ATTACKS.items()),
    }


@pytest.mark.parametrize("named", NAMED)
def test_what_the_design_names_is_attacked(named: str) -> None:
    assert {*NAMED[named]} - table() == set()
