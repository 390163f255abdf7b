"""The program that makes the attacks on evidence packs: archives that lie, and archives in good form that lie inside."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from evidence_forge import (
    DAY,
    GATE,
    INTAKE,
    MALLORY,
    MANIFEST,
    NOW,
    RESOURCE,
    ROOT,
    VERIFIER,
    X,
    body_of,
    keyring_bytes,
    retained,
    sealed,
)

from include.evidence.canonical import canonical, digest
from include.evidence.keyring import Keyring
from include.evidence.manifest import Entry, Manifest
from include.evidence.pack_index import Index, Item
from include.evidence.pack_keys import key_files, keyring_file
from include.evidence.pack_zip import CENTRAL, END, LOCAL, UTF8, write
from include.evidence.predicates import (
    ByVerdict,
    Claims,
    DecisionPredicate,
    ManifestPredicate,
    Pinned,
    ReportPredicate,
    RunStartedPredicate,
)
from include.evidence.statement import Statement

PEOPLE = (ROOT, INTAKE, VERIFIER, GATE)
PACK_KEYRING = keyring_bytes(body_of(1, *PEOPLE, root=1), ROOT)
REVOKING = keyring_bytes(
    replace(
        body_of(2, *PEOPLE, root=1),
        keys=tuple(replace(p.key, revoked_at=NOW) if p is GATE else p.key for p in PEOPLE),
    ),
    ROOT,
)


def room(number: int, what: str = "검사 결과서", delivery: str = "D-1") -> str:
    """The folder of an attempt."""
    return f"과제별/c_name/최종/{what}/{delivery}_{number}차"


AT, RULES = room(1), room(1, "검사 규칙")


@dataclass
class Story:
    """One attempt, told well; an attack changes a part before it is told. `hours` sets the clock of each document."""

    number: int = 1
    verdict: str = "PASS"
    decision: str = "RELEASE"
    resource: object = RESOURCE
    voucher: str = "V-1"
    contract: bytes = b"contract: 1\n"
    decider: object = GATE
    hours: tuple[int, int, int, int] = (0, 1, 2, 3)
    keyrings: tuple[bytes, ...] = (PACK_KEYRING,)
    findings: tuple[bytes, ...] = (b"rule,file\r\n",)
    left_out: tuple[str, ...] = ()
    retained: tuple[bytes, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    def put(self, path: str, kind: str, data: bytes, attempt: str | None = "") -> None:
        if kind in self.left_out:
            return
        name = f"D-1#{self.number}" if attempt == "" else attempt
        self.files[path] = data
        self.items.append(Item.of(path, kind, name, data))

    def tell(self) -> Story:
        """All files of the attempt, the keyring's too."""
        lines = Manifest.of([Entry("a.jsonl", 1, X)])
        taken, started, finished, decided = (NOW - DAY / 4 + timedelta(hours=h) for h in self.hours)
        says = ManifestPredicate(
            self.resource, Claims(*[None] * 7), digest(b"{}"), digest(b"pins"), lines.root, 1, 1, taken
        )
        manifest = Statement(lines.digest, says)
        pinned = Pinned("c", "1", digest(self.contract)), Pinned("p", "1", digest(b"programme"))
        began = Statement(
            lines.digest,
            RunStartedPredicate(self.resource, self.number, manifest.sha256, *pinned, X, 1, "op", "", started),
        )
        body = canonical(
            {
                "checks": [{"detail": []}],
                "contract": {"digest": digest(self.contract)},
                "delivery": {"manifest": {"digest": lines.digest}},
                "schema": "dambo/quality-report/v1",
                "verdict": self.verdict,
            }
        )
        listing = canonical(
            {"files": [{"sha256": digest(data)} for data in self.findings], "schema": "dambo/findings/v1"}
        )
        tests = ByVerdict(("a",)) if self.verdict == "PASS" else ByVerdict(failed=("a",))
        report = Statement(
            lines.digest,
            ReportPredicate(
                self.resource,
                self.number,
                began.sha256,
                self.verdict,
                tests,
                digest(body),
                len(body),
                digest(listing),
                X,
                "op",
                "",
                started,
                finished,
            ),
        )
        reasons = () if self.decision == "RELEASE" else ("late",)
        inputs = (manifest.sha256, began.sha256, report.sha256)
        decision = Statement(
            lines.digest,
            DecisionPredicate(
                self.resource,
                "https://gate",
                "1",
                decided,
                "urn:p",
                digest(b"programme"),
                inputs,
                self.decision,
                reasons,
                self.number,
            ),
        )
        at, rules = room(self.number), room(self.number, "검사 규칙")
        self.put(f"{at}/manifest.dsse.json", "manifest", sealed(manifest.to_bytes(), INTAKE))
        self.put(f"{at}/manifest.jsonl", "manifest-lines", lines.to_bytes())
        self.put(f"{at}/pins.jsonl", "pins", b"pins")
        self.put(f"{at}/_DELIVERED.json", "marker", b"{}")
        self.put(f"{rules}/contract.yaml", "contract", self.contract)
        self.put(f"{rules}/programme.yaml", "programme", b"programme")
        self.put(f"{at}/run-started.dsse.json", "run-started", sealed(began.to_bytes(), VERIFIER))
        self.put(f"{at}/report.dsse.json", "report", sealed(report.to_bytes(), VERIFIER))
        self.put(f"{at}/report.json", "report-json", body)
        self.put(f"{at}/findings/index.json", "findings-index", listing)
        for place, data in enumerate(self.findings):
            self.put(f"{at}/findings/{place}.csv", "finding", data)
        self.put(f"{at}/decision-1.dsse.json", "decision", sealed(decision.to_bytes(), self.decider))
        for place, data in enumerate(self.retained, 1):
            self.put(f"retention/{place:06}.dsse.json", "retention", data, None)
        for data in self.keyrings:
            self.put(keyring_file(Keyring.from_bytes(data).version), "keyring", data, None)
        for path, data in key_files(Keyring.from_bytes(self.keyrings[-1])).items():
            self.put(path, "key", data, None)
        return self

    def index(self) -> Index:
        return Index(self.voucher, Keyring.from_bytes(self.keyrings[-1]).sha256, tuple(self.items))

    def swap(self, path: str, data: bytes) -> Story:
        """Another content for a file, in the index too."""
        self.files[path] = data
        self.items = [Item.of(i.path, i.kind, i.attempt, data) if i.path == path else i for i in self.items]
        return self

    def more(self, kind: str) -> Story:
        """A second document of a kind."""
        first = next(item for item in self.items if item.kind == kind)
        self.put(f"{first.path}.second", kind, self.files[first.path], first.attempt)
        return self

    def move(self, old: str, new: str) -> Story:
        """Everything below a folder, or one file, to another place, in the index too."""
        self.items = [
            replace(i, path=new + i.path.removeprefix(old)) if i.path.startswith(old) else i for i in self.items
        ]
        self.files = {new + p.removeprefix(old) if p.startswith(old) else p: d for p, d in self.files.items()}
        return self

    def with_page(self, path: str) -> Story:
        """One more page that nobody signed."""
        self.put(path, "page", b"<h1>RELEASE</h1>", None)
        return self

    def drop(self, path: str) -> Story:
        """A file out of the archive, while the index goes on listing it."""
        del self.files[path]
        return self

    def pack(self, index: bytes | None = None) -> bytes:
        return write({**self.files, "index.json": self.index().to_bytes() if index is None else index})


def story(**changes: object) -> Story:
    return Story(**changes).tell()


GOOD_PACK = story().pack()
CSV = Story.findings[0]
DESTROYED = sealed(retained(1, None, "destroyed", CSV).to_bytes(), INTAKE)
GONE = ("finding",)
HELD = retained(1, None, "hold")
OTHER_HELD = Statement(HELD.subject, replace(HELD.predicate, reason="another"))
LIFTED = retained(2, HELD.sha256, "lift")
THEN_DESTROYED = retained(3, LIFTED.sha256, "destroyed", CSV)


def beside(first: Story, *others: Story) -> Story:
    """Several attempts in one pack."""
    for other in others:
        for item in other.items:
            if item.attempt is not None:
                first.files[item.path] = other.files[item.path]
                first.items.append(item)
    return first


def indexed(change: Callable[[dict[str, object]], object], base: Story | None = None) -> bytes:
    """A pack whose index was changed, in canonical form."""
    told = base or story()
    value = json.loads(told.index().to_bytes())
    change(value)
    return told.pack(canonical(value))


def raw_zip(entries: list[tuple[bytes, bytes]], **central: int) -> bytes:
    """An archive in our form from any names, even those that `write` refuses; `central` changes the directory's headers."""
    parts, directory, offset = [], [], 0
    for name, data in entries:
        crc = zlib.crc32(data)
        local = LOCAL.pack(b"PK\x03\x04", 20, UTF8, 0, 0, 0x21, crc, len(data), len(data), len(name), 0) + name
        mode = central.get("mode", 0o100644) << 16
        at = central.get("offset", offset)
        flags = central.get("flags", UTF8)
        directory.append(
            CENTRAL.pack(
                b"PK\x01\x02", 0x0314, 20, flags, 0, 0, 0x21, crc, len(data), len(data), len(name), 0, 0, 0, 0, mode, at
            )
            + name
        )
        parts += [local, data]
        offset += len(local) + len(data)
    tail = b"".join(directory)
    return b"".join([*parts, tail, END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(tail), offset, 0)])


def zipped(name: str, data: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """As any zip tool would make it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o100644 << 16
        archive.writestr(info, data, compress_type=method)
    return file.getvalue()


def shifted(data: bytes, before: bytes) -> bytes:
    """Bytes before the archive, the directory's place corrected: what self-extracting archives do."""
    count, size, offset = (
        END.unpack(data[-END.size :])[3],
        END.unpack(data[-END.size :])[5],
        END.unpack(data[-END.size :])[6],
    )
    return before + data[: -END.size] + END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset + len(before), 0)


def hidden() -> bytes:
    """A file between the files that the directory does not know, for tools that read from the front."""
    name, data = b"z/hidden", b"PASS"
    extra = (
        LOCAL.pack(b"PK\x03\x04", 20, UTF8, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0)
        + name
        + data
    )
    offset = END.unpack(GOOD_PACK[-END.size :])[6]
    moved = GOOD_PACK[:offset] + extra + GOOD_PACK[offset:]
    count, size = END.unpack(GOOD_PACK[-END.size :])[3], END.unpack(GOOD_PACK[-END.size :])[5]
    return moved[: -END.size] + END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset + len(extra), 0)


def two_faced() -> bytes:
    """The local header names another file than the directory."""
    return GOOD_PACK.replace(b"1\xec\xb0\xa8/report.json", b"1\xec\xb0\xa8/REPORT.json", 1)


THIEF = keyring_bytes(body_of(1, MALLORY, INTAKE, VERIFIER, GATE, root=1), MALLORY)

PACKS: dict[str, tuple[bytes, str]] = {
    # the archive lies
    "bomb: 10 MB of zeros in 10 KB": (zipped("index.json", bytes(10_000_000), zipfile.ZIP_DEFLATED), "pack-compressed"),
    "bomb: one content under two names": (raw_zip([(b"a", b"x" * 100), (b"b", b"x" * 100)], offset=0), "pack-form"),
    "path out of the folder": (raw_zip([(b"../evil", b"")]), "pack-path"),
    "absolute path": (raw_zip([(b"/etc/cron.d/x", b"")]), "pack-path"),
    "drive letter": (raw_zip([(b"C:/x", b"")]), "pack-path"),
    "backslashes": (raw_zip([(b"..\\evil", b"")]), "pack-path"),
    "NUL in a name": (raw_zip([(b"a\0.json", b"")]), "pack-path"),
    "bidi override in a name": (raw_zip([("a\u202egnp.exe".encode(), b"")]), "pack-path"),
    "escape sequence in a name": (raw_zip([(b"\x1b[2Ja", b"")]), "pack-path"),
    "name in NFD": (raw_zip([("\u1100\u1161".encode(), b"")]), "pack-path"),
    "name in CP949": (raw_zip([("보고서".encode("cp949"), b"")]), "pack-path"),
    "a folder entry": (raw_zip([(b"a/", b"")]), "pack-path"),
    "one name twice": (raw_zip([(b"a", b"PASS"), (b"a", b"FAIL")]), "pack-duplicate"),
    "names that differ in case": (raw_zip([(b"A", b"PASS"), (b"a", b"FAIL")]), "pack-duplicate"),
    "a file that is a folder too": (raw_zip([(b"a", b""), (b"a/b", b"")]), "pack-duplicate"),
    "a symbolic link": (raw_zip([(b"a", b"/etc/passwd")], mode=0o120777), "pack-entry-kind"),
    "a device": (raw_zip([(b"a", b"")], mode=0o020666), "pack-entry-kind"),
    "encrypted": (raw_zip([(b"a", b"x")], flags=UTF8 | 1), "pack-form"),
    "something before the archive": (shifted(GOOD_PACK, b"#!/bin/sh\n"), "pack-form"),
    "something after the archive": (GOOD_PACK + b"\0", "pack-form"),
    "a comment": (GOOD_PACK[:-2] + b"\x01\0x", "pack-form"),
    "a file that the directory does not know": (hidden(), "pack-form"),
    "header and directory disagree": (two_faced(), "pack-form"),
    "files out of order": (raw_zip([(b"b", b""), (b"a", b"")]), "pack-form"),
    "made by another zip tool": (zipped("index.json", b"{}"), "pack-form"),
    "cut short": (GOOD_PACK[:-100], "pack-form"),
    "no archive": (b"PK", "pack-form"),
    # the form is good, the content lies
    "a file that the index does not list": (Story.pack(replace(story(), files={**story().files, "evil.html": b""}, items=story().items)), "pack-file-unlisted"),
    "a listed file is missing": (story().drop(f"{AT}/pins.jsonl").pack(), "pack-file-missing"),
    "report.json edited": (write({**story().files, f"{AT}/report.json": b"{}", "index.json": story().index().to_bytes()}), "pack-file-differs"),
    "report.json edited, the index too": (story().swap(f"{AT}/report.json", b"{}").pack(), "report-differs"),
    "manifest edited, the index too": (story().swap(f"{AT}/manifest.jsonl", Manifest.of([Entry("b", 1, X)]).to_bytes()).pack(), "pack-attachment"),
    "contract swapped for a milder one": (story().swap(f"{RULES}/contract.yaml", b"contract: 0\n").pack(), "pack-attachment"),
    "programme profile swapped": (story().swap(f"{RULES}/programme.yaml", b"").pack(), "pack-attachment"),
    "pins swapped": (story().swap(f"{AT}/pins.jsonl", b"").pack(), "pack-attachment"),
    "findings swapped": (story().swap(f"{AT}/findings/0.csv", b"nothing\r\n").pack(), "pack-attachment"),
    "index of findings swapped": (story().swap(f"{AT}/findings/index.json", b"{}").pack(), "pack-attachment"),
    "the failed attempt left out": (story(number=2).pack(), "pack-attempt-missing"),
    "manifest left out": (story(left_out=("manifest", "manifest-lines", "pins", "marker")).pack(), "pack-incomplete"),
    "run-started left out": (story(left_out=("run-started",)).pack(), "pack-incomplete"),
    "report left out under a RELEASE": (story(left_out=("report", "report-json", "findings-index", "finding")).pack(), "pack-chain"),
    "RELEASE on a FAIL, signed by the gate": (story(verdict="FAIL").pack(), "pack-decision"),
    "decision signed by the verifier": (story(decider=VERIFIER).pack(), "wrong-role"),
    "all of it about another voucher": (story(voucher="V-2").pack(), "pack-another-delivery"),
    "all of it about another delivery": (story(resource=replace(RESOURCE, delivery="D-9")).pack(), "pack-another-delivery"),
    "decision of another attempt": (beside(story(), story(number=2, verdict="FAIL", decision="REJECT").swap(f"{room(2)}/decision-1.dsse.json", story().files[f"{AT}/decision-1.dsse.json"])).pack(), "pack-chain"),
    "report of another attempt": (beside(story(), story(number=2).swap(f"{room(2)}/report.dsse.json", story().files[f"{AT}/report.dsse.json"])).pack(), "pack-chain"),
    "clock: run before its manifest": (story(hours=(1, 0, 2, 3)).pack(), "pack-clock"),
    "clock: decided before it was checked": (story(hours=(0, 1, 2, 1)).pack(), "pack-clock"),
    "keyring of a thief": (story(keyrings=(THIEF,)).pack(), "keyring-forked"),
    "keyring that revokes the gate": (story(keyrings=(PACK_KEYRING, REVOKING)).pack(), "key-revoked"),
    "newest keyring is not the index's": (indexed(lambda v: v["keyring"].update(sha256="0" * 64)), "pack-keyring"),
    "no keyring": (story(left_out=("keyring",)).pack(), "pack-file-missing"),
    "key of the shell script swapped": (story().swap(f"keyring/{GATE.key.keyid}.pem", b"-----BEGIN PUBLIC KEY-----\n").pack(), "pack-derived-differs"),
    "index with an unknown kind": (indexed(lambda v: v["files"][0].update(kind="evil")), "pack-index"),
    "index with a file twice": (indexed(lambda v: v["files"].append(v["files"][0])), "pack-index"),
    "index not canonical": (story().pack(b" " + story().index().to_bytes()), "not-canonical"),
    "findings gone without a word": (story(left_out=GONE).pack(), "pack-findings-missing"),
    "findings gone with their index, without a word": (story(left_out=("finding", "findings-index")).pack(), "pack-findings-missing"),
    "findings gone, other ones destroyed": (story(left_out=GONE, retained=(sealed(retained(1, None, "destroyed", b"x").to_bytes(), INTAKE),)).pack(), "pack-findings-missing"),
    "destruction signed by the gate": (story(left_out=GONE, retained=(sealed(retained(1, None, "destroyed", CSV).to_bytes(), GATE),)).pack(), "wrong-role"),
    "destruction of another voucher's findings": (story(left_out=GONE, retained=(sealed(retained(1, None, "destroyed", CSV, voucher="V-2").to_bytes(), INTAKE),)).pack(), "pack-another-delivery"),
    "the hold before it left out": (story(left_out=GONE, retained=tuple(sealed(each.to_bytes(), INTAKE) for each in (LIFTED, THEN_DESTROYED))).pack(), "pack-chain"),
    "the hold before it exchanged": (story(retained=tuple(sealed(each.to_bytes(), INTAKE) for each in (OTHER_HELD, LIFTED))).pack(), "pack-chain"),
    "a manifest in the place of a hold": (story(retained=(sealed(MANIFEST.to_bytes(), INTAKE),)).pack(), "wrong-document"),
    "two reports for one attempt": (story().more("report").pack(), "pack-place"),
    "a FAIL in the folder of another delivery": (story(verdict="FAIL", decision="REJECT").move(AT, room(1, delivery="D-2")).pack(), "pack-place"),
    "a FAIL in the folder of a later attempt": (story(verdict="FAIL", decision="REJECT").move(AT, room(2)).pack(), "pack-place"),
    "report.json where a table lies, a page in its place": (story().move(f"{AT}/report.json", f"{AT}/tables/report.json").with_page(f"{AT}/report.json").pack(), "pack-place"),
    "a second page that says RELEASE": (story().with_page("결정서.html").pack(), "pack-place"),
    "a page in the place of a statement": (story().with_page("retention/000001.dsse.json").pack(), "pack-place"),
    "an attempt in two phases": (story().move(f"{RULES}/contract.yaml", f"{RULES.replace('최종', '사전')}/contract.yaml").pack(), "pack-place"),
}  # fmt: skip
