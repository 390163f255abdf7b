"""`dambo keys`: the keys that sign, and the keyring that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from include.cli.console import Json, korean, plain, result, say
from include.settings import settings

if TYPE_CHECKING:
    from include.evidence.keyring import Key, Keyring


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    keys = typer.Typer(no_args_is_help=True, help="Keys and keyring: make, show.")
    keys.command("init")(init)
    keys.command("show")(show)
    app.add_typer(keys, name="keys")


def init(json: Json = False) -> None:
    """Make one key a role and the keyring, if there are none; existing keys are never touched.

    Example: dambo keys init
    """
    from include.evidence.embedded import ensure_keys

    keyring = ensure_keys(settings())
    folder = settings().keys_folder()
    say(f"키: {folder}  키링: {settings().keyring_file()}", f"keys: {folder}  keyring: {settings().keyring_file()}")
    say(
        "모든 역할이 한 사람의 손에 있습니다: 시험용이며, 이 폴더를 읽을 수 있는 사람으로부터는 아무것도 지키지 못합니다",
        "every role is in one hand: good for trials; it protects nothing against whoever can read this folder",
    )
    _print(keyring, json=json)


def show(json: Json = False) -> None:
    """Show the keyring: its digest to compare, and who may sign what until when.

    Example: dambo keys show --json
    """
    from include.evidence.signer import open_keyring

    _print(open_keyring(settings()), json=json)


def _print(keyring: Keyring, *, json: bool) -> None:
    if json:
        result(_machine(keyring))
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
