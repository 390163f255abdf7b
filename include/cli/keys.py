"""`dambo keys`: the keys that sign, and the keyring that says so, changed by its root role."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from include.cli.console import Json, korean, plain, result, say
from include.settings import settings

if TYPE_CHECKING:
    from include.evidence.keyring import Key, Keyring
    from include.evidence.keys_shelf import Changed

Role = Literal["root", "intake", "verifier", "gate", "waiver", "payment", "log", "witness"]
Algorithm = Annotated[Literal["ed25519", "ecdsa-p256"], typer.Option(help="Of keys that are made now.")]
Encoding = Annotated[Literal["raw", "der"], typer.Option(help="How P-256 signatures are written: r||s or DER.")]
Encrypt = Annotated[bool, typer.Option("--encrypt", help="Encrypt the key files under a passphrase.")]
RootKeys = Annotated[
    list[Path] | None, typer.Option("--root-key", help="A root key's file; repeat for several persons.")
]
Named = Annotated[Role, typer.Argument(metavar="ROLE", help="root intake verifier gate waiver payment log witness")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    keys = typer.Typer(no_args_is_help=True, help="Keys and keyring: make, add, rotate, revoke, sign, show.")
    for verb in (init, add, rotate, revoke, sign, show):
        keys.command(verb.__name__)(verb)
    app.add_typer(keys, name="keys")


def init(
    person: Annotated[str, typer.Option(help="Who answers for these keys.")] = "embedded",
    algorithm: Algorithm = "ed25519",
    encoding: Encoding = "raw",
    encrypt: Encrypt = False,
    json: Json = False,
) -> None:
    """Make one key a role and the keyring, if there are none; existing keys are never touched.

    Example: dambo keys init --person kim --encrypt
    """
    from include.evidence.embedded import Making, ensure_keys
    from include.evidence.passphrase import new_passphrase

    passphrase = new_passphrase(settings()) if encrypt else None
    keyring = ensure_keys(settings(), Making(person, algorithm, encoding, passphrase))
    folder = settings().keys_folder()
    say(f"키: {folder}  키링: {settings().keyring_file()}", f"keys: {folder}  keyring: {settings().keyring_file()}")
    say(
        "모든 역할이 한 사람의 손에 있습니다: 시험용이며, 이 폴더를 읽을 수 있는 사람으로부터는 아무것도 지키지 못합니다",
        "every role is in one hand: good for trials; it protects nothing against whoever can read this folder",
    )
    _print(keyring, json=json)


def add(
    role: Named,
    person: Annotated[str, typer.Option(help="Who answers for the key.")],
    public: Annotated[
        Path | None, typer.Option(help="Take in this public key (PEM or DER) instead of making one.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File of the new private key; default ROLE.pem.")] = None,
    algorithm: Algorithm = "ed25519",
    encoding: Encoding = "raw",
    encrypt: Encrypt = False,
    verifier: Annotated[str | None, typer.Option(help="The verifier id that the key speaks for.")] = None,
    days: Annotated[int, typer.Option(min=1, max=36500, help="How long it may sign.")] = 3650,
    threshold: Annotated[
        int | None, typer.Option(min=1, max=16, help="From now on so many persons must sign as this role.")
    ] = None,
    root_key: RootKeys = None,
    json: Json = False,
) -> None:
    """Add a key of a role: made now, or the public half of one that stays with its owner.

    Example: dambo keys add waiver --person lee --public lee.pem --threshold 2
    """
    changed = _keys(root_key).add(
        role, person, public=public, out=out, algorithm=algorithm, encoding=encoding, encrypt=encrypt,
        verifier=verifier, valid=timedelta(days=days), threshold=threshold,
    )  # fmt: skip
    _tell(changed, json=json)


def rotate(
    role: Named,
    overlap_days: Annotated[int, typer.Option(min=0, max=365, help="How long the old key may still sign.")] = 7,
    days: Annotated[int, typer.Option(min=1, max=36500, help="How long the new one may.")] = 3650,
    root_key: RootKeys = None,
    json: Json = False,
) -> None:
    """Replace the key file of a role by a new key; what the old one signed stays good. For a stolen key: revoke.

    Example: dambo keys rotate verifier
    """
    changed = _keys(root_key).rotate(role, overlap=timedelta(days=overlap_days), valid=timedelta(days=days))
    _tell(changed, json=json)


def revoke(
    keyid: Annotated[str, typer.Argument(metavar="KEYID", help="The key's id, or how it begins.")],
    at: Annotated[datetime | None, typer.Option(help="Since when it is not to be trusted (UTC); default now.")] = None,
    root_key: RootKeys = None,
    json: Json = False,
) -> None:
    """Take a key back: what it signed counts only if an outside witness saw it before.

    Example: dambo keys revoke 3f9c2a1b --at 2026-05-04T00:00:00
    """
    _tell(_keys(root_key).revoke(keyid, None if at is None else at.replace(tzinfo=UTC)), json=json)


def sign(
    file: Annotated[
        Path | None, typer.Argument(help="The change; default keyring.next.json beside the keyring.")
    ] = None,
    root_key: RootKeys = None,
    json: Json = False,
) -> None:
    """Sign a change of the keyring that waits for more root persons; the last one puts it in force.

    Example: dambo keys sign --root-key lee-root.pem
    """
    _tell(_keys(root_key).countersign(file), json=json)


def show(json: Json = False) -> None:
    """Show the keyring: its digest to compare, and who may sign what until when.

    Example: dambo keys show --json
    """
    from include.evidence.signer import open_keyring

    _print(open_keyring(settings()), json=json)


def _keys(root_keys: list[Path] | None) -> Any:
    from include.evidence.keys_change import Keys

    return Keys(settings(), root_keys or ())


def _tell(changed: Changed, *, json: bool) -> None:
    if changed.missing:
        say(
            f"아직 시행되지 않았습니다: 루트 담당자 {changed.missing}명의 서명이 더 필요합니다 (dambo keys sign)",
            f"not in force yet: {changed.missing} more root person(s) must sign (dambo keys sign)",
        )
    else:
        version = changed.keyring.version
        say(f"키링 {version}판이 시행되었습니다", f"version {version} of the keyring is in force")
    _print(changed.keyring, json=json, missing=changed.missing)


def _print(keyring: Keyring, *, json: bool, missing: int = 0) -> None:
    if json:
        result({**_machine(keyring), **({"missingSignatures": missing} if missing else {})})
        return
    typer.echo(f"sha256:{keyring.sha256}  v{keyring.version}  {keyring.body.issued_at.isoformat()}")
    for key in keyring.keys:
        typer.echo(plain(_line(key)))


def _line(key: Key) -> str:
    if key.revoked_at is not None:
        until = f"{'폐기' if korean() else 'revoked'} {key.revoked_at.date()}"
    else:
        until = f"{key.not_before.date()} ~ {key.not_after.date()}"
    return f"  {key.role:<9} {key.person:<16} {key.public.algorithm:<10} {key.keyid[:16]}  {until}"


def _machine(keyring: Keyring) -> dict[str, Any]:
    return {
        "sha256": keyring.sha256,
        "version": keyring.version,
        "issuedAt": keyring.body.issued_at.isoformat(),
        "thresholds": dict(keyring.body.thresholds),
        "keys": [key.to_json() for key in keyring.keys],
    }
