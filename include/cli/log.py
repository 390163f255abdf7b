"""`dambo log`: the transparency log: read it whole, prove what is in it, and watch it from outside as a witness."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from include.cli.console import Json, result, say
from include.errors import VerificationError
from include.settings import settings

if TYPE_CHECKING:
    from include.evidence.log.checkpoint import Checkpoint
    from include.evidence.log.tiles import Read
    from include.evidence.log.witness import WitnessKey

Out = Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")]
Published = Annotated[
    Path | None, typer.Option("--log", help="A copy of the published log (the folder log/); default: the storage.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    log = typer.Typer(no_args_is_help=True, help="The transparency log: verify, prove, witness, checkpoint.")
    for verb in (verify, prove, witness, checkpoint):
        log.command(verb.__name__)(verb)
    app.add_typer(log, name="log")


def verify(json: Json = False) -> None:
    """Read the whole log: entries, tiles, checkpoint, cosignatures and the registry's sequence. Exit 1 if one differs.

    Example: dambo log verify
    """
    from include.evidence.log.audit import audit
    from include.evidence.signer import open_keyring
    from include.registry import open_registry
    from include.storage import open_storage

    with open_registry(settings()) as registry:
        try:
            found = audit(registry, open_storage(settings().storage_url(), settings()), open_keyring(settings()))
        except VerificationError as error:
            _refused(error, json=json)
    if json:
        head = None if found.head is None else _head(found.head)
        result({"valid": True, "head": head, "unpublished": found.unpublished, "cosigned": found.cosigned})
    size = 0 if found.head is None else found.head.size
    say(
        f"로그 일치: {size}건, 증인 체크포인트 {found.cosigned}건, 미공개 {found.unpublished}건",
        f"the log holds: {size} entries, {found.cosigned} cosigned checkpoints, {found.unpublished} not published yet",
    )


def prove(
    statement: Annotated[str, typer.Argument(metavar="SHA256|FILE", help="A statement's sha256, or its envelope.")],
    out: Out = None,
    json: Json = False,
) -> None:
    """Write the `.tlog-proof` of a logged document; exit 1 if it is not logged.

    Example: dambo log prove report.dsse.json --out report.tlog-proof
    """
    from include.evidence.log.inclusion import verify_proof
    from include.evidence.log.prover import prove as proof_of
    from include.evidence.signer import open_keyring
    from include.registry import open_registry
    from include.storage import open_storage

    keyring = open_keyring(settings())
    with open_registry(settings()) as registry:
        try:
            storage = open_storage(settings().storage_url(), settings())
            proof = proof_of(registry, storage, keyring, _identity(statement))
            logged = verify_proof(proof, keyring)
        except VerificationError as error:
            _refused(error, json=json)
    seen = logged.witnessed_at
    if json:
        witnessed = None if seen is None else seen.isoformat()
        shown = {"index": logged.index, "head": _head(logged.checkpoint), "witnessedAt": witnessed}
        result({**shown, "proof": proof.decode()})
    _write(proof, out, quiet=json)
    when = ("외부 증인 없음", "unwitnessed") if seen is None else (f"증인 확인 {seen}", f"witnessed {seen}")
    say(f"로그 {logged.index}번 기록, {when[0]}", f"entry {logged.index} of the log, {when[1]}")


def checkpoint(published: Published = None, out: Out = None, json: Json = False) -> None:
    """Show the log's checkpoint, its signature verified: the note to hand to a witness or to print in a newspaper.

    Example: dambo log checkpoint --out checkpoint.txt
    """
    from include.evidence.log.checkpoint import verify_checkpoint
    from include.evidence.signer import open_keyring

    head = _head_bytes(published)
    try:
        made = verify_checkpoint(head, open_keyring(settings())).checkpoint
    except VerificationError as error:
        _refused(error, json=json)
    if json:
        result({**_head(made), "note": head.decode()})
    _write(head, out, quiet=json)


def witness(
    key: Annotated[Path, typer.Option(help="Your own Ed25519 key (PEM, 0600), which the log's operator never has.")],
    state: Annotated[Path, typer.Option(help="What you saw last; keep it where the log's operator cannot write.")],
    keyring: Annotated[Path, typer.Option(help="The log's keyring, whose digest you have compared.")],
    published: Published = None,
    name: Annotated[str | None, typer.Option(help="Your name in cosignatures; default: made of your key's id.")] = None,
    out: Out = None,
    leave: Annotated[bool, typer.Option("--leave", help="Also put the cosigned checkpoint into the storage.")] = False,
    json: Json = False,
) -> None:
    """Check that the log goes on from what you saw last, remember it, and cosign its checkpoint. Run at the auditor's.

    Example: dambo log witness --key my.pem --state seen.json --keyring keyring.json --log ./log --out checkpoint.txt
    """
    from include.evidence.keyring import Keyring
    from include.evidence.log.witness import cosigned, remember

    cosigner, keyid = _witness_key(key, name)
    try:
        trusted = Keyring.from_bytes(keyring.read_bytes())
        signed = remember(_head_bytes(published), _reader(published), trusted, state)
    except VerificationError as error:
        _refused(error, json=json)
    note = cosigned(signed, cosigner, datetime.now(UTC))
    if leave:
        _leave(signed.checkpoint.size, keyid, note)
    if json:
        result({**_head(signed.checkpoint), "witness": cosigner.name, "keyid": keyid, "note": note.decode()})
    _write(note, out, quiet=json)
    size = signed.checkpoint.size
    say(f"확인하고 공동서명했습니다: {size}건", f"consistent with what was seen before; cosigned at {size} entries")


def _identity(given: str) -> str:
    if re.fullmatch(r"[0-9a-f]{64}", given):
        return given
    from include.evidence.canonical import digest
    from include.evidence.envelope import ENVELOPE_LIMIT, parse
    from include.evidence.steps import read_limited

    try:
        return digest(parse(read_limited(Path(given), ENVELOPE_LIMIT)).payload)
    except OSError as error:
        raise _unreadable(given, error) from None


def _head_bytes(published: Path | None) -> bytes:
    from include.evidence.log.note import NOTE_LIMIT
    from include.evidence.log.published import head_bytes
    from include.evidence.steps import read_limited
    from include.storage import open_storage

    if published is not None:
        try:
            return read_limited(published / "checkpoint", NOTE_LIMIT)
        except OSError as error:
            raise _unreadable(str(published / "checkpoint"), error) from None
    head = head_bytes(open_storage(settings().storage_url(), settings()))
    if head is None:
        say("로그가 아직 비어 있습니다", "the log has no checkpoint yet")
        raise typer.Exit(2)
    return head


def _reader(published: Path | None) -> Read:
    from include.evidence.log.published import TILE_LIMIT, read_object
    from include.evidence.refusals import refuse
    from include.evidence.steps import read_limited
    from include.storage import open_storage

    if published is None:
        storage = open_storage(settings().storage_url(), settings())
        return lambda path: read_object(storage, path)

    def read(path: str) -> bytes:
        try:
            return read_limited(published / path, TILE_LIMIT)
        except OSError:
            raise refuse("log-differs", f"{path} is missing") from None

    return read


def _witness_key(path: Path, name: str | None) -> tuple[WitnessKey, str]:
    from functools import partial

    from include.errors import SignerError
    from include.evidence.keys_file import public_of, read_private_file, sign
    from include.evidence.log.cosignature import witness_name
    from include.evidence.log.note import NAME, raw_public
    from include.evidence.log.witness import WitnessKey
    from include.evidence.passphrase import passphrase_of

    private = read_private_file(path, passphrase_of(settings()))
    public = public_of(private)
    called = name or witness_name(public.keyid)
    if public.algorithm != "ed25519" or NAME.fullmatch(called) is None:
        raise SignerError(
            "witness-key", "a witness has an Ed25519 key and a name without spaces or +",
            ko="증인의 키는 Ed25519여야 하고 이름에는 공백이나 +가 없어야 합니다",
        )  # fmt: skip
    return WitnessKey(called, raw_public(public.spki), partial(sign, private, public)), public.keyid


def _leave(size: int, keyid: str, note: bytes) -> None:
    """The first cosignature of a size stays: it is the earliest."""
    from include.errors import StorageError
    from include.evidence.log.published import cosigned_key
    from include.storage import open_storage

    try:
        open_storage(settings().storage_url(), settings()).put_once(cosigned_key(size, keyid), note)
    except StorageError as error:
        if error.code != "already-exists":
            raise


def _head(made: Checkpoint) -> dict[str, Any]:
    return {"origin": made.origin, "size": made.size, "root": made.root.hex()}


def _write(data: bytes, out: Path | None, *, quiet: bool) -> None:
    if out is not None:
        out.write_bytes(data)
    elif not quiet:
        sys.stdout.write(data.decode())


def _refused(error: VerificationError, *, json: bool) -> NoReturn:
    """A refusal is a result: exit 1."""
    if json:
        result({"valid": False, "refusal": {"code": error.code, "message": error.message, "ko": error.ko}})
    say(f"거절: {error.code}: {error.ko}", f"REFUSED: {error.code}: {error.message}")
    raise typer.Exit(1)


def _unreadable(path: str, error: OSError) -> VerificationError:
    why = error.strerror or type(error).__name__
    return VerificationError("unreadable", f"cannot read {path}: {why}", ko=f"읽을 수 없습니다: {path}: {why}")
