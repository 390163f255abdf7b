"""Sound and texts as items: measured as defined, and every cut, lie of a header and wrong name found."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import wave
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers import reader_for
from include.deliveries.readers.media.sound import Level

SHARED = Path(__file__).parents[2] / "../shared/data/audio/azure-ko/audio-and-trans.zip"
PCM = {"sample_rate": 16_000, "bit_depth": 16, "channels": 1}


def read(
    path: Path, name: str | None = None, fmt: str = "audio", **options: Any
) -> tuple[dict[str, Any], list[Defect]]:
    *defects, batch = reader_for(fmt).read(path, name or path.name, ObjectSpec("items", fmt, "**", (), options))
    row = batch.table.to_pylist()[0]
    assert row["sha256"] == sha256(path.read_bytes()).hexdigest() or not row["bytes"]
    return row, defects


def codes(path: Path, name: str | None = None, fmt: str = "audio", **options: Any) -> list[str]:
    return [one.code for one in read(path, name, fmt, **options)[1]]


def tone(seconds: float = 1.0, rate: int = 16_000, height: float = 0.5, channels: int = 1) -> np.ndarray:
    wave_ = height * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
    return np.stack([wave_] * channels, axis=1)


FORMATS = [
    ("a.wav", "PCM_U8", 8), ("a.wav", "PCM_16", 16), ("a.wav", "PCM_24", 24), ("a.wav", "PCM_32", 32),
    ("a.wav", "FLOAT", 32), ("a.wav", "DOUBLE", 64), ("a.flac", "PCM_16", 16), ("a.flac", "PCM_24", 24), ("a.flac", "PCM_S8", 8),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subtype", "bits"), FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_each_format_is_measured(tmp_path, name, subtype, bits, channels):
    data = np.concatenate([tone(1, channels=channels), np.zeros((16_000, channels)), np.ones((4_000, channels))])
    soundfile.write(tmp_path / name, data, 16_000, subtype)
    row, defects = read(tmp_path / name)
    assert defects == []
    assert (row["sample_rate"], row["channels"], row["bit_depth"], row["duration"]) == (16_000, channels, bits, 2.25)
    assert row["silence"] == pytest.approx(1 / 2.25)
    assert row["clipping"] == pytest.approx(0.25 / 2.25)
    assert row["media_type"] == ("audio/wav" if name == "a.wav" else "audio/flac")


@pytest.mark.parametrize(("bits", "dtype"), [(16, "<i2"), (32, "<i4"), (16, ">i2")])
def test_pcm_without_a_header_needs_the_contract(tmp_path, bits, dtype):
    path = tmp_path / "a.pcm"
    path.write_bytes((tone() * (2 ** (bits - 1) - 1)).astype(dtype).tobytes())
    assert codes(path) == ["audio-unsupported"]
    options = {**PCM, "bit_depth": bits, "byte_order": "big" if dtype.startswith(">") else "little"}
    row, defects = read(path, pcm=options)
    assert (defects, row["duration"], row["silence"], row["media_type"]) == ([], 1.0, 0.0, "audio/pcm")
    assert row["clipping"] == 0
    with path.open("ab") as file:
        file.write(b"\0")
    assert codes(path, pcm=options) == ["audio-length"]
    path.write_bytes(b"")
    assert codes(path, pcm=options) == ["empty-file"]


@pytest.mark.parametrize("size", [1, 7, 160, 161, 1000, 99_999])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 50])
def test_silence_and_clipping_do_not_depend_on_blocks(size, rate):
    """Beside the definition, window by window."""
    random = np.random.default_rng(3)
    data = (random.normal(0, 1, (5_000, 2)) * random.choice([2, 30, 40_000], (50, 1)).repeat(100, axis=0)).astype(int)
    data = np.clip(data, -32_768, 32_767)
    level = Level(rate, 32_768)
    for start in range(0, len(data), size):
        level.add(data[start : start + size])
    window = max(1, rate // 100)
    silent = sum(
        len(part) for start in range(0, len(data), window)
        if abs(part := data[start : start + window]).max() / 32_768 < 0.001
    )  # fmt: skip
    assert level.shares() == (silent / len(data), float((abs(data) >= 32_767).mean()))


def test_nothing_at_all_has_no_shares():
    assert Level(16_000, 32_768).shares() is None


def wav(path: Path, seconds: float = 0.5) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((tone(seconds) * 20_000).astype("<i2").tobytes())
    return path.read_bytes()


def test_a_wav_cut_anywhere(tmp_path):
    path = tmp_path / "a.wav"
    data = wav(path)
    for cut in [0, 3, 11, 20, 43, 44, 45, 1000, 9001, len(data) - 1]:
        path.write_bytes(data[:cut])
        assert codes(path)
    path.write_bytes(data[:9_044])
    row, defects = read(path)
    assert ([one.code for one in defects], row["duration"]) == (["truncated"], 4_500 / 16_000)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_a_flac_cut_or_changed_anywhere(tmp_path, subtype):
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 8_000), 16_000, subtype)
    data = path.read_bytes()
    for cut in [*range(0, len(data), len(data) // 40), len(data) - 1]:
        path.write_bytes(data[:cut])
        assert codes(path), cut
    for at in range(100, len(data), len(data) // 40):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        assert codes(path), at


def test_headers_that_lie(tmp_path):
    path = tmp_path / "a.wav"
    data = wav(path)
    riff, length = struct.unpack("<L", data[4:8])[0], struct.unpack("<L", data[40:44])[0]

    def told(of_riff: int, of_data: int, more: bytes = b"") -> list[str]:
        path.write_bytes(
            data[:4] + struct.pack("<L", of_riff) + data[8:40] + struct.pack("<L", of_data) + data[44:] + more
        )
        return codes(path)

    assert told(riff, length) == []
    assert told(riff, length + 2) == ["truncated"]
    assert told(riff + 100, length) == ["truncated"]
    assert told(riff, length, b"junk") == ["audio-length"]
    assert told(0xFFFFFFFF, 0xFFFFFFFF) == ["audio-length"]
    assert told(0, 0) == ["audio-length"]
    assert told(36, 0, b"")[:1] == ["audio-length"]
    chunk = b"LIST" + struct.pack("<L", 3) + b"abc\0"
    assert told(riff + len(chunk), length, chunk) == []
    path.write_bytes(data[:4] + struct.pack("<L", 36) + data[8:40] + struct.pack("<L", 0))
    assert codes(path) == ["audio-length"]


@pytest.mark.parametrize(
    ("at", "value", "code"),
    [(20, 6, "audio-unsupported"), (20, 0x55, "audio-unsupported"), (22, 0, "audio-corrupt"), (34, 12, "audio-unsupported"),
     (32, 3, "audio-corrupt")],
)  # fmt: skip
def test_formats_that_are_not_read(tmp_path, at, value, code):
    path = tmp_path / "a.wav"
    data = wav(path)
    path.write_bytes(data[:at] + struct.pack("<H", value) + data[at + 2 :])
    assert codes(path) == [code]


def test_what_is_no_recording(tmp_path):
    path = tmp_path / "a.wav"
    cases = {b"": "empty-file", b"text": "not-audio", b"OggS....": "audio-unsupported", b"ID3....": "audio-unsupported"}
    for data, code in cases.items():
        path.write_bytes(data)
        assert codes(path) == [code]
    path.write_bytes(b"fLaC" + b"\x01" * 60)
    assert codes(path) == ["extension-mismatch", "audio-corrupt"]


def test_rf64_and_extensible(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(), 16_000, "PCM_16", format="RF64")
    row, defects = read(tmp_path / "a.wav")
    assert (defects, row["duration"]) == ([], 1.0)
    soundfile.write(tmp_path / "b.wav", tone(), 16_000, "PCM_24", format="WAVEX")
    row, defects = read(tmp_path / "b.wav")
    assert (defects, row["duration"], row["bit_depth"]) == ([], 1.0, 24)


def test_names_that_say_another_format(tmp_path):
    wav(tmp_path / "a.wav")
    assert codes(tmp_path / "a.wav", "a.flac") == ["extension-mismatch"]
    assert codes(tmp_path / "a.wav", "a.pcm") == ["extension-mismatch"]
    assert codes(tmp_path / "a.wav", "a.bin") == []


def test_an_hour_in_bounded_memory(tmp_path):
    path = tmp_path / "a.pcm"
    with path.open("wb") as file:
        for _ in range(110):
            file.write(b"\1\0" * 2**19)
    tracemalloc.start()
    row, _ = read(path, pcm=PCM)
    peak = tracemalloc.get_traced_memory()[1] - path.stat().st_size  # this test reads the file whole for its digest
    tracemalloc.stop()
    assert row["duration"] == 110 * 2**19 / 16_000
    assert row["silence"] == 1.0
    assert peak < 32 * 2**20


@pytest.mark.skipif(not SHARED.exists(), reason="the shared recordings are not here")
def test_azure_recordings():
    with zipfile.ZipFile(SHARED) as archive:
        for name in ("audio1.wav", "audio2.wav"):
            data = archive.read(name)
            path = io.BytesIO(data)
            with wave.open(path) as reference:
                frames, rate = reference.getnframes(), reference.getframerate()
            row, defects = _in_memory(data, name)
            assert (defects, row["duration"], row["sample_rate"]) == ([], frames / rate, 16_000)
            assert (row["channels"], row["bit_depth"]) == (1, 16)
            assert 0 < row["silence"] < 0.6


def _in_memory(data: bytes, name: str) -> tuple[dict[str, Any], list[Defect]]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read(path)


@pytest.mark.parametrize(
    ("data", "codec", "chars"),
    [("가나다\r\nabc".encode(), "utf-8", 8), ("\ufeff가나다".encode(), "utf-8", 3), ("똠방각하".encode("cp949"), "cp949", 4),
     ("가나😀".encode("utf-16"), "utf-16", 3), ("\u1100\u1161\u11a8".encode(), "utf-8", 3)],
)  # fmt: skip
def test_texts_are_counted_in_characters(tmp_path, data, codec, chars):
    (tmp_path / "a.txt").write_bytes(data)
    row, defects = read(tmp_path / "a.txt", fmt="text")
    assert (defects, row["chars"], json.loads(row["attributes"])) == ([], chars, {"encoding": codec})


def test_texts_that_are_none(tmp_path):
    path = tmp_path / "a.txt"
    for data, code in ((b"", "empty-file"), (b"\xff\xff\xff", "undecodable"), (b"a\0b", "nul-character")):
        path.write_bytes(data)
        assert codes(path, fmt="text") == [code]
    path.write_bytes("가".encode("cp949"))
    row, defects = read(path, fmt="text", encoding="utf-8")
    assert ([one.code for one in defects], row["chars"]) == (["undecodable"], None)
    assert defects[0].message.endswith("not utf-8-sig at byte 0")
