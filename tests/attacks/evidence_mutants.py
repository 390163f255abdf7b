"""Ten thousand random edits of what verifies, by byte and by structure: run as a program, so that its memory is its own.

`python tests/attacks/evidence_mutants.py KIND SEED COUNT` prints one JSON object: how many were refused by which code,
the slowest, the memory. What still verifies (a changed hint) must say exactly what the original said.
"""

from __future__ import annotations

import io
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from evidence_forge import FIRST, GOOD, KEYRING, SECOND
from log_forge import DOCUMENT, GOOD_HEAD, GOOD_PROOF, LEAVES, RING, head, seen
from log_forge import proof as proof_of
from pack_forge import GOOD_PACK, PACK_KEYRING, story

from include.errors import VerificationError
from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import verify_checkpoint
from include.evidence.log.inclusion import verify_logged
from include.evidence.log.prooffile import TlogProof
from include.evidence.pack_verify import PackOutcome, verify_pack
from include.evidence.refusals import REFUSALS
from include.evidence.verify import verify_envelope

STRANGE = (
    GOOD_PROOF,
    GOOD_HEAD,
    proof_of(0),
    head(leaves=LEAVES[:3]),
    seen(head(leaves=[b"fork"])),
    b"",
    b"\xff",
    b"index 1",
)


def mutated(data: bytes, random_: random.Random) -> bytes:
    """`data` with one to four random edits of bytes."""
    made = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        place = random_.randrange(len(made))
        match random_.randrange(5):
            case 0:
                made[place] ^= 1 << random_.randrange(8)
            case 1:
                made[place] = random_.choice(b'{}[]",:\\09azAZ+/=-_ \0\xff')
            case 2:
                del made[place : place + random_.randint(1, 40)]
            case 3:
                made[place:place] = made[random_.randrange(len(made)) :][: random_.randint(1, 40)]
            case 4:
                made[place:place] = bytes(random_.randrange(256) for _ in range(random_.randint(1, 4)))
        made = made or bytearray(b"{")
    return bytes(made)


def restructured(value: object, random_: random.Random) -> object:
    """A JSON value with one random member exchanged, dropped or repeated."""
    strange = [None, True, -1, 2**60, "", "AAAA", [], {}, value]
    if isinstance(value, dict) and value and random_.random() < 0.9:
        key = random_.choice([*value])
        if random_.random() < 0.2:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: restructured(value[key], random_)}
    if isinstance(value, list) and value and random_.random() < 0.9:
        place = random_.randrange(len(value))
        return [*value[:place], restructured(value[place], random_), *value[place + 1 :]]
    return random_.choice(strange)


def envelope(data: bytes) -> object:
    return verify_envelope(data, KEYRING, role="verifier")


def keyring(data: bytes) -> object:
    return Keyring.from_bytes(FIRST).update(data)


def pack(data: bytes) -> object:
    outcome = PackOutcome()
    verify_pack(io.BytesIO(data), PACK_KEYRING, outcome)
    told = outcome.to_json()
    return [told["keyring"], told["voucher"], told["attempts"]]


def proof(data: bytes) -> object:
    """The entry, where it stands and under which head; when it was seen is what a dropped cosignature may take away."""
    logged = verify_logged(data, RING, DOCUMENT)
    return [logged.entry, logged.index, logged.checkpoint]


def checkpoint(data: bytes) -> object:
    return verify_checkpoint(data, RING).checkpoint


def by_line(data: bytes, random_: random.Random) -> bytes:
    """Lines dropped, doubled, swapped, or exchanged for those of another proof or head that is as well made."""
    lines = data.split(b"\n")
    place, other = random_.randrange(len(lines)), random_.randrange(len(lines))
    match random_.randrange(5):
        case 0:
            del lines[place]
        case 1:
            lines.insert(other, lines[place])
        case 2:
            lines[place], lines[other] = lines[other], lines[place]
        case 3:
            lines[place] = random_.choice(STRANGE).split(b"\n")[0]
        case 4:
            foreign = random_.choice(STRANGE).split(b"\n")
            lines[place] = random_.choice(foreign)
    return b"\n".join(lines)


def by_entry(data: bytes, random_: random.Random) -> bytes:
    """A proof whose entry was edited by structure; else by lines."""
    if random_.random() < 0.5:
        return by_line(data, random_)
    made = TlogProof.from_bytes(data)
    return replace(made, extra=by_structure(made.extra or b"{}", random_)).to_bytes()


def by_structure(data: bytes, random_: random.Random) -> bytes:
    return json.dumps(restructured(json.loads(data), random_)).encode()


def repacked(_: bytes, random_: random.Random) -> bytes:
    """A pack in good form, one of whose files was edited (the index agrees, or not)."""
    told = story()
    path = random_.choice(sorted(told.files))
    data = told.files[path]
    edited = (
        by_structure(data, random_) if path.endswith(".json") and random_.random() < 0.5 else mutated(data, random_)
    )
    if random_.random() < 0.8:
        return told.swap(path, edited).pack()
    return told.pack(by_structure(told.index().to_bytes(), random_))


KINDS: dict[str, tuple[bytes, Callable[[bytes], object], Callable[[bytes, random.Random], bytes]]] = {
    "envelope": (GOOD, envelope, by_structure),
    "keyring": (SECOND, keyring, by_structure),
    "pack": (GOOD_PACK, pack, repacked),
    "proof": (GOOD_PROOF, proof, by_entry),
    "checkpoint": (GOOD_HEAD, checkpoint, by_line),
}
LEAST_CODES = {"checkpoint": 7}
"""How many reasons such edits meet at least: a checkpoint is a short text."""


def run(kind: str, seed: int, count: int) -> dict[str, object]:
    good, judge, other = KINDS[kind]
    random_, codes, slowest = random.Random(seed), Counter(), 0.0
    original = judge(good)
    for turn in range(count):
        data = mutated(good, random_) if turn % 2 else other(good, random_)
        begun = time.process_time()
        try:
            made, code = judge(data), "the same"
        except VerificationError as error:
            made, code = original, error.code
        slowest = max(slowest, time.process_time() - begun)
        if made != original or (code not in REFUSALS and code != "the same") or code == "verifier-failure":
            raise SystemExit(f"{kind} seed {seed} turn {turn}: {code}: {data[:2000]!r}")
        codes[code] += 1
    return {"codes": codes, "slowest": slowest, "megabytes": peak()}


def peak() -> float:
    """The most memory this program had, in MB. Not getrusage: its maximum is inherited from whoever started us."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
