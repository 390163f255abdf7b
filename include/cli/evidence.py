"""`dambo evidence`: everything signed about a voucher as one file, verified anywhere; and what the law makes go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from include.cli.console import Json, result, say
from include.cli.verify import Delivery, Keyring, Rerun, conclude
from include.settings import settings

evidence = typer.Typer(no_args_is_help=True, help="Evidence packs.")
Voucher = Annotated[str, typer.Argument(metavar="VOUCHER")]


def register(app: typer.Typer) -> None:
    """Add the family."""
    app.add_typer(evidence, name="evidence")


@evidence.command("export")
def export(
    voucher: Voucher,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file; default VOUCHER.zip.")] = None,
    json: Json = False,
) -> None:
    """Write the evidence pack of a voucher: rules, results, decisions, keyring, in one zip that verifies anywhere.

    Example: dambo evidence export V-2026-000123 --out V-2026-000123.zip
    """
    from include.evidence.canonical import digest
    from include.evidence.keyring import Keyring as TrustedKeyring
    from include.evidence.keys_shelf import Shelf
    from include.evidence.pack_export import export as pack
    from include.evidence.pack_export import logged
    from include.evidence.pack_names import segment
    from include.registry import open_registry
    from include.storage import open_storage

    own = settings()
    keyrings = Shelf(own.keyring_file(), own.keys_folder()).history()
    storage, newest = open_storage(own.storage_url(), own), TrustedKeyring.from_bytes(keyrings[-1])
    with open_registry(own) as registry:
        data = pack(registry, storage, voucher, keyrings, logged(registry, storage, newest))
    target = out or Path(f"{segment(voucher)}.zip")
    target.write_bytes(data)
    if json:
        result({"voucher": voucher, "file": str(target), "sha256": digest(data), "bytes": len(data)})
    say(f"증거 묶음: {target} (sha256:{digest(data)})", f"evidence pack: {target} (sha256:{digest(data)})")


@evidence.command("verify")
def verify(
    pack: Annotated[Path, typer.Argument(help="The pack (zip).")],
    keyring: Keyring,
    delivery: Delivery = None,
    rerun: Rerun = False,
    json: Json = False,
) -> None:
    """Verify a whole pack offline; exit 0 valid, 1 refused, 2 unusable input. The same as `dambo verify PACK`.

    Example: dambo evidence verify V-2026-000123.zip --keyring keyring.json
    """
    from include.evidence.offline import Asked

    conclude(Asked(pack, keyring, delivery, None, None, rerun, None), json=json)
