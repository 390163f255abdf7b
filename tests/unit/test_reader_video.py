"""Video as items: every frame decoded, cuts and noise found, no file opened but the one that is read."""

from __future__ import annotations

import builtins
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers import reader_for
from include.errors import ContractError

av = pytest.importorskip("av", reason="the optional extra for video is not installed")

KINDS = {
    "a.mp4": ("mp4", "libx264", "video/mp4"),
    "a.mkv": ("matroska", "libx264", "video/x-matroska"),
    "a.webm": ("webm", "libvpx", "video/webm"),
    "a.avi": ("avi", "mpeg4", "video/x-msvideo"),
    "a.mov": ("mov", "mpeg4", "video/quicktime"),
}


def make(folder: Path, name: str, frames: int = 20) -> Path:
    container, codec, _ = KINDS[name]
    noise = np.random.default_rng(1)
    with av.open(str(folder / name), "w", format=container) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(frames):
            pixels = np.full((96, 160, 3), 40, np.uint8)
            pixels[:, number * 4 : number * 4 + 30] = 200
            pixels[:20] = noise.integers(0, 255, (20, 160, 3))
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return folder / name


def read(path: Path, name: str | None = None, **options: Any) -> tuple[dict[str, Any], list[str]]:
    *defects, batch = reader_for("video").read(path, name or path.name, ObjectSpec("items", "video", "**", (), options))
    assert all(isinstance(one, Defect) for one in defects)
    return batch.table.to_pylist()[0], [one.code for one in defects]


@pytest.mark.parametrize("name", KINDS)
def test_each_container_is_decoded_whole(tmp_path, name):
    row, codes = read(make(tmp_path, name))
    assert codes == []
    assert (row["width"], row["height"], row["media_type"], row["mode"]) == (160, 96, KINDS[name][2], "yuv420p")
    assert row["duration"] == pytest.approx(2.0, abs=0.11)
    assert '"frames": 20' in row["attributes"]
    assert 40 < row["brightness"] < 140
    assert len(row["phash"]) == 16


@pytest.mark.parametrize("name", KINDS)
def test_a_cut_anywhere_is_found(tmp_path, name):
    path = make(tmp_path, name)
    data = path.read_bytes()
    for cut in [*range(0, len(data), len(data) // 25), len(data) - 1]:
        path.write_bytes(data[:cut])
        assert read(path)[1], cut


def test_flips_raise_nothing(tmp_path):
    noise = random.Random(3)
    for name in KINDS:
        path = make(tmp_path, name, 5)
        data = path.read_bytes()
        for _ in range(25):
            broken = bytearray(data)
            for _ in range(8):
                broken[noise.randrange(len(broken))] = noise.randrange(256)
            path.write_bytes(broken)
            read(path)


def test_noise_in_the_coded_pictures(tmp_path):
    path = make(tmp_path, "a.avi")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2_000] = random.Random(1).randbytes(2_000)
    path.write_bytes(data)
    assert read(path)[1] == ["video-corrupt"]


def test_limits_names_and_what_is_no_video(tmp_path):
    path = make(tmp_path, "a.mp4")
    assert read(path, max_pixels=160 * 96 - 1)[1] == ["image-bomb"]
    assert read(path, "a.avi")[1] == ["extension-mismatch"]
    assert read(path, "a.mov")[1] == []
    for data, code in (
        (b"", "empty-file"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not-a-video"),
        (b"ffconcat version 1.0\n", "not-a-video"),
    ):
        path.write_bytes(data)
        assert read(path)[1] == [code]


def test_without_the_extra_the_contract_cannot_be_checked(tmp_path, monkeypatch):
    path = make(tmp_path, "a.mp4")
    real = builtins.__import__

    def no_av(name: str, *rest: Any, **more: Any) -> Any:
        if name == "av":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", no_av)
    with pytest.raises(ContractError, match="video-extra-missing"):
        read(path)
