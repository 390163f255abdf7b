"""Changes of the keyring: who may make them, what stays provable, what a crash or a second person leaves behind."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from typer.testing import CliRunner

from include.cli import app
from include.errors import DamboError, SignerError
from include.evidence import keys_shelf, rotation
from include.evidence.canonical import digest
from include.evidence.embedded import ROLES, Making, ensure_keys
from include.evidence.keyring import Keyring, walk
from include.evidence.keys_change import Keys, read_public
from include.evidence.keys_file import ENCRYPTED, generate, public_of, read_private_file, sign, write_private
from include.evidence.passphrase import new_passphrase, no_passphrase, passphrase_of
from include.evidence.predicates import Claims, ManifestPredicate
from include.evidence.resource import Resource
from include.evidence.signer import open_keyring, open_signer
from include.evidence.statement import Statement
from include.evidence.verify import verify_envelope
from include.settings import Settings
from include.settings import settings as process_settings

X = digest(b"x")


def code_of(call: object, *args: object, **kwargs: object) -> str | None:
    try:
        call(*args, **kwargs)
    except DamboError as error:
        return error.code
    return None


def payload() -> bytes:
    now = datetime.now(UTC).replace(microsecond=0)
    return Statement(X, ManifestPredicate(Resource("V", "m", "D"), Claims(*[None] * 7), X, X, X, 1, 1, now)).to_bytes()


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home")
    ensure_keys(made)
    return made


# --- files


@pytest.mark.parametrize(("algorithm", "encoding"), [("ed25519", "raw"), ("ecdsa-p256", "raw"), ("ecdsa-p256", "der")])
def test_what_a_file_key_signs_verifies(algorithm: str, encoding: str) -> None:
    private = generate(algorithm)
    public = public_of(private, encoding)
    public.check()
    assert (public.algorithm, public.encoding) == (algorithm, encoding)
    for turn in range(20):  # both halves of s come up
        assert public.verifies(sign(private, public, b"%d" % turn), b"%d" % turn)


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
def test_encrypted_keys_sign_with_their_passphrase_only(tmp_path: Path, algorithm: str) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes("아주 긴 암호문구\r\n".encode())
    settings = Settings(home=tmp_path / "home", key_passphrase_file=secret)
    trusted = ensure_keys(settings, Making("kim", algorithm, "raw", new_passphrase(settings)))
    assert all(ENCRYPTED in (settings.keys_folder() / f"{role}.pem").read_bytes() for role in ROLES)
    assert {key.public.algorithm for key in trusted.keys if key.role != "log"} == {algorithm}
    assert {key.person for key in trusted.keys} == {"kim"}
    assert verify_envelope(open_signer(settings).sign("intake", payload()), trusted, role="intake").persons == {"kim"}
    secret.write_text("something else")
    assert code_of(open_signer(settings).sign, "intake", payload()) == "key-unreadable"
    secret.unlink()
    assert code_of(open_signer(settings).sign, "intake", payload()) == "passphrase-unreadable"
    unsaid = settings.model_copy(update={"key_passphrase_file": None})
    assert passphrase_of(unsaid) is no_passphrase
    assert code_of(open_signer(unsaid).sign, "intake", payload()) == "passphrase-missing"


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("seven77\n")
    assert code_of(new_passphrase, Settings(home=tmp_path, key_passphrase_file=tmp_path / "p")) == "passphrase-short"
    assert code_of(new_passphrase, Settings(home=tmp_path)) == "passphrase-missing"


def test_the_passphrase_may_be_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("include.evidence.passphrase.sys.stdin.isatty", lambda: True, raising=False)
    answers = iter(["long enough", "long enough", "long enough", "another one"])
    monkeypatch.setattr("include.evidence.passphrase.getpass", lambda _: next(answers))
    assert new_passphrase(Settings(home=tmp_path)) == b"long enough"
    assert code_of(new_passphrase, Settings(home=tmp_path)) == "passphrase-differs"


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    write_private(tmp_path / "a.pem", generate("ed25519"), None)
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "a.pem", generate("ed25519"), None)
    assert (tmp_path / "a.pem").stat().st_mode & 0o777 == 0o600


def test_openssl_reads_our_encrypted_keys(tmp_path: Path) -> None:
    private = generate("ecdsa-p256")
    write_private(tmp_path / "k.pem", private, b"long enough")
    (tmp_path / "p").write_text("long enough")
    done = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "k.pem", "-passin", f"file:{tmp_path / 'p'}", "-pubout", "-outform", "DER"],
        capture_output=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stdout == public_of(private).spki


# --- changes


def test_a_rotated_key_signs_no_more_and_what_it_signed_stays(home: Settings) -> None:
    before = open_signer(home).sign("intake", payload())
    old = open_keyring(home)
    changed = Keys(home).rotate("intake")
    assert (changed.missing, changed.keyring.version) == (0, 2)
    after = open_signer(home).sign("intake", payload())
    first, second = (verify_envelope(data, changed.keyring, role="intake") for data in (before, after))
    assert first.keyids != second.keyids
    assert second.persons == {"embedded"}
    assert [key for key in changed.keyring.keys if key.role != "intake"] == [k for k in old.keys if k.role != "intake"]
    retired = next(key for key in changed.keyring.keys if key.keyid in first.keyids)
    assert timedelta(days=6) < retired.not_after - datetime.now(UTC) <= timedelta(days=7)


def test_a_rotated_gate_speaks_for_the_same_verifier(home: Settings) -> None:
    old = open_signer(home).verifier("gate")
    Keys(home).rotate("gate")
    assert open_signer(home).verifier("gate") == old


def test_a_revoked_key_and_what_it_signed_are_refused(home: Settings) -> None:
    signed = open_signer(home).sign("intake", payload())
    keyid = next(key.keyid for key in open_keyring(home).keys if key.role == "intake")
    changed = Keys(home).revoke(keyid[:8])
    assert code_of(verify_envelope, signed, changed.keyring) == "key-revoked"
    assert code_of(open_signer(home).sign, "intake", payload()) == "key-not-in-keyring"
    assert code_of(Keys(home).revoke, keyid) == "key-revoked"
    assert code_of(Keys(home).rotate, "intake") == "key-out-of-use"
    assert Keys(home).revoke(keyid, datetime(2026, 1, 1, tzinfo=UTC)).keyring.version == 3
    (home.keys_folder() / "intake.pem").unlink()
    Keys(home).add("intake", "lee")
    assert verify_envelope(open_signer(home).sign("intake", payload()), open_keyring(home)).persons == {"lee"}


def test_every_version_is_kept_and_leads_to_the_newest(home: Settings) -> None:
    first = home.keyring_file().read_bytes()
    for role in ("root", "intake", "root", "gate"):
        Keys(home).rotate(role, overlap=timedelta())
    history = Keys(home).shelf.history()
    assert [Keyring.from_bytes(data).version for data in history] == [1, 2, 3, 4, 5]
    newest = open_keyring(home)
    assert walk(Keyring.from_bytes(first), history) == newest
    assert walk(newest, history) == newest
    assert walk(newest, history[:2]) == newest
    assert code_of(walk, Keyring.from_bytes(first), history[2:]) == "keyring-version"
    stranger = Settings(home=home.home.parent / "other")
    assert code_of(walk, ensure_keys(stranger), history) == "keyring-forked"
    assert (home.keys_folder() / "keyring.json").read_bytes() == home.keyring_file().read_bytes()
    assert {p.name for p in home.keys_folder().iterdir()} == {"keyring.json", *(f"{role}.pem" for role in ROLES)}


def test_a_revoked_root_cannot_vouch(home: Settings) -> None:
    root = open_keyring(home).body.bearing("root")[0]
    assert code_of(Keys(home).revoke, root.keyid) == "keyring-root"
    old = home.keys_folder() / "old-root.pem"
    old.write_bytes((home.keys_folder() / "root.pem").read_bytes())
    old.chmod(0o600)
    Keys(home).rotate("root")
    assert code_of(Keys(home, [old]).revoke, root.keyid) == "keyring-root"
    assert Keys(home).revoke(root.keyid).keyring.version == 3


def test_two_root_persons_sign_one_after_the_other(home: Settings, tmp_path: Path) -> None:
    lee = tmp_path / "lee"
    lee.mkdir(mode=0o700)
    assert Keys(home).add("root", "lee", out=lee / "root.pem", threshold=2).missing == 1  # the new rule holds already
    assert Keys(home, [lee / "root.pem"]).countersign().keyring.version == 2
    assert not Keys(home).shelf.waiting.exists()
    changed = Keys(home).rotate("verifier")
    assert (changed.missing, open_keyring(home).version) == (1, 2)
    assert code_of(Keys(home).rotate, "gate") == "change-waiting"
    assert Keys(home).countersign().missing == 1  # the same person again
    signer = open_signer(home).verifier("verifier")
    assert Keys(home, [lee / "root.pem"]).countersign(Keys(home).shelf.waiting).keyring.version == 3
    assert open_signer(home).verifier("verifier") == signer
    assert verify_envelope(open_signer(home).sign("intake", payload()), open_keyring(home)).role == "intake"
    assert not list(home.keys_folder().glob("*.new.pem"))


def test_a_crash_between_keyring_and_key_is_mended(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_shelf.Shelf, "tidy", lambda self, keyring: None)
    Keys(home).rotate("intake")
    assert open_signer(home).sign("intake", payload())  # the old one, in its overlap
    monkeypatch.undo()
    Keys(home).rotate("gate")
    current = next(key for key in open_keyring(home).keys if key.role == "intake" and key.not_before.year)
    assert public_of(read_private_file(home.keys_folder() / "intake.pem")).keyid != current.keyid
    assert not list(home.keys_folder().glob("*.new.pem"))


def test_a_change_that_fails_leaves_nothing(home: Settings, tmp_path: Path) -> None:
    def listing() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in home.home.rglob("*") if p.is_file() and p.name != ".keyring.json.lock"}

    before = listing()
    stranger = tmp_path / "s"
    stranger.mkdir(mode=0o700)
    write_private(stranger / "k.pem", generate("ed25519"), None)
    for failing in (
        lambda: Keys(home, [stranger / "k.pem"]).rotate("intake"),
        lambda: Keys(home, [stranger / "k.pem"]).add("waiver", "lee"),
        lambda: Keys(home).add("waiver", "lee", threshold=2),
        lambda: Keys(home).add("intake", "lee"),
        lambda: Keys(home).revoke("abc"),
        lambda: Keys(home).countersign(),
    ):
        with pytest.raises(DamboError):
            failing()
    assert listing() == before


def test_an_archive_that_is_another_keyring_stops_every_change(home: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other")
    ensure_keys(other)
    home.keyring_file().with_name("keyring.1.json").write_bytes(other.keyring_file().read_bytes())
    assert code_of(Keys(home).rotate, "intake") == "keyring-archive-differs"


def test_the_clock_turned_back_does_not_issue_earlier(home: Settings) -> None:
    body = open_keyring(home).body
    key = replace(body.keys[0], public=public_of(generate("ed25519")))
    assert rotation.add(body, key, body.issued_at - timedelta(days=9)).issued_at == body.issued_at


def test_public_keys_are_taken_in_and_bad_ones_are_not(home: Settings, tmp_path: Path) -> None:
    private = generate("ecdsa-p256")
    public = private.public_key()
    (tmp_path / "p.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "p.der").write_bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert read_public(tmp_path / "p.pem", "der") == read_public(tmp_path / "p.der", "der") == public_of(private, "der")
    assert Keys(home).add("waiver", "lee", public=tmp_path / "p.pem").keyring.version == 2
    assert code_of(Keys(home).add, "waiver", "lee", public=tmp_path / "p.pem") == "key-known"
    assert code_of(Keys(home).add, "witness", "lee", public=tmp_path / "p.pem") == "key-known"
    (tmp_path / "low.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + b"\x01" + bytes(31))
    p384 = generate_private_key(SECP384R1())
    (tmp_path / "p384.der").write_bytes(p384.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "private.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "none").write_bytes(b"")
    expected = {"low.der": "low-order-key", "p384.der": "keyring-key", "private.pem": "public-key-unreadable", "none": "public-key-unreadable"}  # fmt: skip
    assert {name: code_of(read_public, tmp_path / name) for name in expected} == expected


@pytest.mark.parametrize("keyid", ["", "0", "zzzzzzzz", "ABCDEFGH"])
def test_a_key_is_named_without_doubt(home: Settings, keyid: str) -> None:
    with pytest.raises(SignerError, match="key-unknown"):
        rotation.find(open_keyring(home).body, keyid)


def test_the_verbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("DAMBO_LANG", "en")
    process_settings.cache_clear()
    run = CliRunner()

    def dambo(*words: str) -> str:
        done = run.invoke(app, ["keys", *words])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stderr

    try:
        assert "one hand" in dambo("init", "--person", "kim", "--algorithm", "ecdsa-p256", "--encoding", "der")
        assert "version 2" in dambo("rotate", "root", "--overlap-days", "0")
        assert "version 3" in dambo("add", "waiver", "--person", "lee")
        assert "1 more root person" in dambo("add", "root", "--person", "lee", "--out", str(tmp_path / "h/keys/lee.pem"), "--threshold", "2")  # fmt: skip
        assert "version 4" in dambo("sign", "--root-key", str(tmp_path / "h/keys/lee.pem"))
        keyid = open_keyring(Settings()).body.bearing("waiver")[0].keyid
        both = ["--root-key", str(tmp_path / "h/keys/lee.pem"), "--root-key", str(tmp_path / "h/keys/root.pem")]
        assert "version 5" in dambo("revoke", keyid, "--at", "2026-05-04T00:00:00", *both)
        assert "revoked 2026-05-04" in run.invoke(app, ["keys", "show"]).stdout
    finally:
        process_settings.cache_clear()
