"""`dambo evidence`: everything signed about a voucher as one file, verified anywhere; and what the law makes go."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from include.cli.console import Json, korean, plain, result, say
from include.cli.verify import Delivery, Keyring, Rerun, conclude
from include.settings import settings

if TYPE_CHECKING:
    from include.evidence.predicates import AuditPredicate
    from include.evidence.records import Minuted
    from include.evidence.retention import Object, Term

evidence = typer.Typer(no_args_is_help=True, help="Evidence packs, retention and legal hold.")
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

    conclude(Asked(pack, keyring, delivery, rerun=rerun), json=json)


Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; kept in the voucher's record.")]


@evidence.command("hold")
def hold(voucher: Voucher, reason: Reason, json: Json = False) -> None:
    """Put a legal hold on a voucher: nothing of it is destroyed until it is lifted.

    Example: dambo evidence hold V-2026-000123 --reason "suit 2026-1234"
    """
    from include import line as steps
    from include.evidence import retention

    line = steps.open_line(settings())
    retention.hold(
        steps.records_of(line), line.filing.signer, voucher, by=getpass.getuser(), reason=reason, now=line.now()
    )
    _tell_hold(voucher, held=True, json=json)


@evidence.command("lift")
def lift(voucher: Voucher, reason: Reason, json: Json = False) -> None:
    """End a voucher's legal hold.

    Example: dambo evidence lift V-2026-000123 --reason "suit settled"
    """
    from include import line as steps
    from include.evidence import retention

    line = steps.open_line(settings())
    retention.lift(
        steps.records_of(line), line.filing.signer, voucher, by=getpass.getuser(), reason=reason, now=line.now()
    )
    _tell_hold(voucher, held=False, json=json)


@evidence.command("audit")
def audit(json: Json = False) -> None:
    """Read all evidence again, now, as the DAG audit_evidence does every night; sign and log what was found.

    Exit 1 if something does not hold. Example: dambo evidence audit
    """
    from include import line as steps
    from include.deliveries.progress import Lines

    line = steps.open_line(settings())
    begun = line.now()
    found = steps.audit(line, Lines(lambda words: say(words, words), korean=korean()))
    for finding in () if json else found.findings:
        print(plain(f"{finding.code:<24} {finding.about}"))
    said = steps.attest_audit(line, found, begun)
    if json:
        result(_audit(said))
    covered, count = found.covered, len(found.findings)
    say(
        f"감사 {said.says.number}: 시도 {covered.attempts}건, 문서 {covered.documents}건, 지급된 납품 {covered.deliveries}건, 발견 {count}건",
        f"audit {said.says.number}: {covered.attempts} attempts, {covered.documents} documents, "
        f"{covered.deliveries} paid deliveries, {count} findings",
    )
    raise typer.Exit(1 if found.findings else 0)


@evidence.command("audits")
def audits(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write each with its log proof to this folder.")
    ] = None,
    json: Json = False,
) -> None:
    """List the audits that were signed and logged; `--out` writes them for `dambo verify FILE --proof FILE`.

    Example: dambo evidence audits --out audits/
    """
    from include import line as steps
    from include.evidence.log.prover import prove
    from include.evidence.predicates import AuditPredicate
    from include.evidence.resource import Everything

    line = steps.open_line(settings())
    found = steps.records_of(line).minutes(AuditPredicate).get(Everything.uri, [])
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for each in found:
            place = out / f"audit-{each.says.number:06}"
            place.with_suffix(".dsse.json").write_bytes(each.envelope)
            place.with_suffix(".tlog-proof").write_bytes(prove(line.registry, line.storage, line.keyring, each.sha256))
    if json:
        result({"audits": [_audit(each) for each in found]})
    for each in () if json else found:
        says = each.says
        print(
            f"{says.number:>6}  {says.finished_at:%Y-%m-%d %H:%M} UTC  {says.verdict}  {says.found:>6}  {each.sha256}"
        )


def _audit(said: Minuted[AuditPredicate]) -> dict[str, object]:
    return {"sha256": said.sha256, "position": said.position, **said.says.to_json()}


def _tell_hold(voucher: str, *, held: bool, json: bool) -> None:
    if json:
        result({"voucher": voucher, "held": held})
    if held:
        say(f"{voucher}: 보존 조치를 시작했습니다", f"{voucher} is on hold")
    else:
        say(f"{voucher}: 보존 조치를 해제했습니다", f"{voucher} is no longer on hold")


STATES = {
    "open": "지급 진행 중",
    "keep": "보존 중",
    "may-go": "파기 가능",
    "due": "파기 대상",
    "held": "보존 조치",
    "unknown-programme": "사업 미확인",
}


@evidence.command("expire")
def expire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go, and when.")] = False,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="With --dry-run: as if it were that day.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Destroy findings whose longest retention is over; digests, reports and decisions stay. A record of it remains.

    Example: dambo evidence expire --dry-run --on 2031-12-31
    """
    from include import line as steps
    from include.evidence import retention

    if on is not None and not dry_run:
        say("--on 은 --dry-run 과 함께만 씁니다", "--on goes with --dry-run only")
        raise typer.Exit(2)
    line = steps.open_line(settings())
    now, records = line.now(), steps.records_of(line)
    day = now.astimezone(retention.KST).date() if on is None else on.date()
    known = retention.terms(records, day)
    going = retention.due(known)
    if json and dry_run:
        result({"on": str(day), "vouchers": [_machine(term, going) for term in known]})
    elif not json:
        for term in known:
            print(plain(_line(term, going)))
    if dry_run:
        return
    count = len({each.key for objects in going.values() for each in objects})
    if count and not yes:
        typer.confirm(
            f"{count}개 객체를 영구히 파기합니까?" if korean() else f"Destroy {count} objects for good?", abort=True
        )
    done = retention.expire(records, line.filing.signer, day, by=getpass.getuser(), now=now)
    gone = sum(len(objects) for _, objects in done)
    if json:
        result({"on": str(day), "destroyed": {term.voucher: [each.key for each in objects] for term, objects in done}})
    say(f"{gone}개 객체를 파기했습니다", f"{gone} objects destroyed")


def _line(term: Term, going: Mapping[str, Sequence[Object]]) -> str:
    state = STATES[term.state] if korean() else term.state
    there = [each for each in term.objects if each.there]
    size = sum(each.size or 0 for each in there)
    dates = f"{term.may_go or '-'} .. {term.due or '-'}"
    goes = len(going.get(term.voucher, ()))
    return f"{term.voucher:<20} {term.programme or '-':<28} {dates:<24} {state}  {len(there)}/{len(term.objects)} ({size} B) -> {goes}"


def _machine(term: Term, going: Mapping[str, Sequence[Object]]) -> dict[str, object]:
    return {
        "voucher": term.voucher,
        "programme": term.programme,
        "basis": term.basis,
        "ended": str(term.ended),
        "mayGo": str(term.may_go) if term.may_go else None,
        "due": str(term.due) if term.due else None,
        "state": term.state,
        "objects": [{"key": each.key, "sha256": each.sha256, "size": each.size} for each in term.objects],
        "going": [each.key for each in going.get(term.voucher, ())],
    }
