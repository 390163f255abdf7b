"""A verified document, taken apart for openssl: payload, PAE, signatures, public keys and a script that checks them.

The script uses openssl and POSIX tools alone. It makes the PAE from the payload itself, so that nothing has to be taken
from us but the keys, whose ids (sha256 of the SPKI) it prints for comparison.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from include.evidence.envelope import PAYLOAD_TYPE, Signature, pae
from include.evidence.envelope import parse as parse_envelope
from include.evidence.keyring import Key, Keyring
from include.evidence.pack_keys import pem
from include.evidence.verify import Verified

SCRIPT: Final = "verify.sh"

HEAD: Final = f"""\
#!/bin/sh
# Verifies the signatures in this folder with openssl alone. Exit 0: every one holds.
set -eu
cd "$(dirname "$0")"

# The signed bytes (DSSE PAE), made anew from the payload: "DSSEv1 <length> <type> <length> <payload>".
{{ printf 'DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} %s ' "$(wc -c < payload.json | tr -d ' ')"; cat payload.json; }} > pae.made
cmp pae.made pae.bin
rm pae.made
echo "statement sha256:$(openssl dgst -sha256 -r payload.json | cut -c1-64)"
"""


def export(document: bytes, keyring: Keyring, verified: Verified, folder: Path, report: bytes | None = None) -> None:
    """Write the files into `folder`, which is made or is empty. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(17, "the folder is not empty", str(folder))
    message = pae(PAYLOAD_TYPE, verified.payload)
    (folder / "payload.json").write_bytes(verified.payload)
    (folder / "pae.bin").write_bytes(message)
    lines = []
    for number, (key, signature) in enumerate(_pairs(document, keyring, verified), 1):
        (folder / f"key-{number}.pem").write_bytes(pem(key.public.spki))
        (folder / f"signature-{number}.bin").write_bytes(_for_openssl(key, signature))
        lines.append(_check(number, key))
    if report is not None:
        (folder / "report.json").write_bytes(report)
        lines.append(_REPORT)
    script = folder / SCRIPT
    script.write_text(HEAD + "".join(lines), "utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)


def _pairs(document: bytes, keyring: Keyring, verified: Verified) -> list[tuple[Key, Signature]]:
    """Each key that counted, with its signature."""
    signed = parse_envelope(document)
    message = signed.pae()
    keys = {key.keyid: key for key in keyring.keys if key.keyid in verified.keyids}
    found: dict[str, tuple[Key, Signature]] = {}
    for signature in signed.signatures:
        for key in keys.values():
            if key.keyid not in found and key.public.verifies(signature.sig, message):
                found[key.keyid] = (key, signature)
    return [found[keyid] for keyid in sorted(found)]


def _for_openssl(key: Key, signature: Signature) -> bytes:
    """openssl wants ECDSA signatures in DER."""
    if key.public.algorithm == "ed25519" or key.public.encoding == "der":
        return signature.sig
    half = len(signature.sig) // 2
    r, s = (int.from_bytes(part, "big") for part in (signature.sig[:half], signature.sig[half:]))
    inner = _integer(r) + _integer(s)
    return bytes([0x30, len(inner)]) + inner


def _integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([0x02, len(data)]) + data


def _check(number: int, key: Key) -> str:
    verify = (
        f"openssl pkeyutl -verify -pubin -inkey key-{number}.pem -rawin -in pae.bin -sigfile signature-{number}.bin"
        if key.public.algorithm == "ed25519"
        else f"openssl dgst -sha256 -verify key-{number}.pem -signature signature-{number}.bin pae.bin"
    )
    return f"""
# Key {number}: role {key.role}, {key.public.algorithm}. Its id must be the one in the keyring whose digest you compared.
test "$(openssl pkey -pubin -in key-{number}.pem -outform DER | openssl dgst -sha256 -r | cut -c1-64)" = {key.keyid}
{verify}
echo "signed by {key.role}, key {key.keyid}"
"""


_REPORT: Final = """
# report.json is the one that the signed statement names.
grep -q "\\"report\\":{\\"sha256\\":\\"$(openssl dgst -sha256 -r report.json | cut -c1-64)\\"" payload.json
echo "report.json is the one that was signed"
"""
