"""Images as items: every file of two suites judged right, and cuts, noise, bombs and wrong names found in every format."""

from __future__ import annotations

import io
import random
import struct
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from checks.batch import Defect
from checks.streams import ITEMS
from include.contracts.model import ObjectSpec
from include.deliveries.readers import reader_for
from include.deliveries.readers.codes import CODES
from include.deliveries.readers.media.phash import SIDE, distance, phash

SHARED = Path(__file__).parents[2] / "../shared/data/images"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared test images are not here")


def read(path: Path, name: str | None = None, **options: Any) -> tuple[dict[str, Any], list[Defect]]:
    spec = ObjectSpec("items", "image", "**", (), options)
    *defects, batch = reader_for("image").read(path, name or path.name, spec)
    assert batch.table.schema.names == [col.name for col in ITEMS]
    assert all(CODES[one.code].list == one.list for one in defects)
    return batch.table.to_pylist()[0], defects


def codes(path: Path, name: str | None = None, **options: Any) -> list[str]:
    return [one.code for one in read(path, name, **options)[1]]


PILLOW = {
    "broken.png": ["image-corrupt"],  # noise behind the signature
    "broken_data_stream.png": ["image-corrupt"],  # IDAT cut out of another picture: wrong checksum
    "broken_exif_dpi.jpg": [],  # a resolution of x/0 in EXIF: nothing to do with orientation or pixels
    "decompression_bomb.gif": ["image-bomb"],  # 65535 x 66601 in 44 bytes
    "decompression_bomb.ico": ["not-an-image"],  # an icon is no image that a contract delivers
    "exif_gps.jpg": [],
    "flower.jpg": [],
    "hopper.bmp": [],
    "hopper.jpg": [],
    "hopper.png": [],
    "hopper.webp": [],
    "hopper_bad_exif.jpg": ["image-metadata", "image-corrupt"],  # EXIF cut; stripes of noise, which Pillow loads
    "hopper_orientation_6.jpg": [],
    "invalid-exif.jpg": ["image-metadata"],  # EXIF that is no TIFF; the pixels are whole
    "itxt_chunks.png": [],
    "pil_sample_cmyk.jpg": [],
    "png_decompression_dos.png": ["image-bomb"],  # text chunks that unpack to megabytes
    "truncated_image.png": ["truncated"],
    "truncated_jpeg.jpg": ["truncated"],
    "zero_width.gif": ["image-corrupt"],
}
CRASHERS = {
    "bad_iCCP.png": ["image-corrupt"],  # IHDR and iCCP do not match their checksums
    "badadler.png": ["image-corrupt"],  # the zlib stream's own checksum is wrong
    "badcrc.png": ["image-corrupt"],  # the checksum of IDAT is wrong; Pillow loads it
    "empty_ancillary_chunks.png": ["image-metadata"],  # chunks of no length that must have one; the pixels are whole
}
"""All other crashers are a chunk that claims 1 GiB: truncated. The rest of PngSuite is good."""


@needs_shared
def test_pillow_images_are_judged_right():
    files = {path.name: path for path in (SHARED / "pillow20").iterdir() if path.suffix in {".png", ".jpg", ".gif", ".ico", ".bmp", ".webp"}}  # fmt: skip
    assert {name: codes(path) for name, path in files.items()} == PILLOW


@needs_shared
def test_png_suite_is_judged_right():
    files = sorted((SHARED / "pngsuite").rglob("*.png"))
    assert len(files) == 83
    for path in files:
        expected = CRASHERS.get(path.name, ["truncated"] if "crashers" in path.parts else [])
        row, defects = read(path)
        assert [one.code for one in defects] == expected, path.name
        assert (row["phash"] is None) == (expected not in ([], ["image-metadata"])), path.name
        if not expected:
            with Image.open(path) as image:
                assert (row["width"], row["height"], row["mode"]) == (*image.size, image.mode)


@needs_shared
def test_one_picture_in_many_files_is_one_to_the_eye():
    files = [SHARED / "pillow20" / f"hopper{end}" for end in (".bmp", ".jpg", ".png", ".webp", "_orientation_6.jpg")]
    rows = [read(path)[0] for path in files]
    assert max(distance(rows[0]["phash"], row["phash"]) for row in rows) <= 4
    assert {round(row["brightness"]) for row in rows} == {85}
    assert rows[-1]["orientation"] == 6
    other = read(SHARED / "pillow20/flower.jpg")[0]["phash"]
    assert distance(rows[0]["phash"], other) > 16
    cmyk = SHARED / "pillow20/pil_sample_cmyk.jpg"
    with Image.open(cmyk) as image:
        luma = image.convert("L")
    row, _ = read(cmyk)
    assert row["mode"] == "CMYK"
    assert distance(row["phash"], phash(np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BOX)))) <= 6
    assert abs(row["brightness"] - np.asarray(luma).mean()) < 3


def picture(width: int = 320, height: int = 200, seed: int = 1) -> Image.Image:
    """Shapes with noise, so that every part of the coded data matters."""
    noise = random.Random(seed)
    grain = np.random.default_rng(seed).integers(80, 176, (height, width, 3), np.uint8)
    image = Image.fromarray(grain).filter(ImageFilter.GaussianBlur(1))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = noise.randrange(width), noise.randrange(height)
        draw.ellipse((x, y, x + 80, y + 60), tuple(noise.randrange(256) for _ in range(3)))
    return image


FORMATS: dict[str, tuple[str, dict[str, Any], str]] = {
    "baseline.jpg": ("JPEG", {"quality": 90}, "image/jpeg"),
    "progressive.jpg": ("JPEG", {"quality": 90, "progressive": True}, "image/jpeg"),
    "a.png": ("PNG", {}, "image/png"),
    "lossy.webp": ("WEBP", {"quality": 80}, "image/webp"),
    "lossless.webp": ("WEBP", {"lossless": True}, "image/webp"),
    "raw.tif": ("TIFF", {}, "image/tiff"),
    "lzw.tiff": ("TIFF", {"compression": "tiff_lzw"}, "image/tiff"),
    "a.bmp": ("BMP", {}, "image/bmp"),
    "a.gif": ("GIF", {}, "image/gif"),
}


def saved(path: Path, name: str, **more: Any) -> Path:
    kind, options, _ = FORMATS[name]
    picture().save(path / name, kind, **options, **more)
    return path / name


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_read_whole(tmp_path, name):
    path = saved(tmp_path, name)
    row, defects = read(path)
    assert defects == []
    assert (row["width"], row["height"], row["pixels"], row["aspect"]) == (320, 200, 64_000, 1.6)
    assert (row["media_type"], row["mode"]) == (FORMATS[name][2], "P" if name == "a.gif" else "RGB")
    assert (row["path"], row["item_id"], row["bytes"]) == (name, path.stem, path.stat().st_size)
    assert row["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert distance(row["phash"], read(saved(tmp_path, "a.png"))[0]["phash"]) <= 6
    assert abs(row["brightness"] - np.asarray(picture().convert("L")).mean()) < 2


@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_anywhere_is_found(tmp_path, name):
    path = saved(tmp_path, name)
    data = path.read_bytes()
    for cut in [*range(0, len(data), len(data) // 50), len(data) - 1]:
        path.write_bytes(data[:cut])
        assert codes(path), cut


@pytest.mark.parametrize("name", ["baseline.jpg", "progressive.jpg", "a.png"])
def test_noise_that_a_full_decoder_would_tell_of_is_found_at_an_eighth(tmp_path, name):
    """Overwritten bytes: wherever libjpeg at full size, strict, or a checksum finds them, the reader does."""
    import simplejpeg

    path = saved(tmp_path, name)
    data, noise = path.read_bytes(), random.Random(5)
    for _ in range(80):
        at = noise.randrange(700, len(data) - 40)
        broken = data[:at] + noise.randbytes(30) + data[at + 30 :]
        path.write_bytes(broken)
        if name == "a.png":
            assert codes(path)
            continue
        try:
            simplejpeg.decode_jpeg(broken, "GRAY")
        except ValueError:
            assert codes(path)
        else:
            assert codes(path) == []


def test_a_name_that_says_another_format(tmp_path):
    path = saved(tmp_path, "a.png")
    assert codes(path, "a.jpg") == ["extension-mismatch"]
    assert codes(path, "a.PNG") == []
    assert codes(path, "a.dat") == []
    row, _ = read(path, "deep/a.jpg")
    assert (row["media_type"], row["width"]) == ("image/png", 320)


def test_more_pixels_than_agreed_are_refused_before_decoding(tmp_path):
    path = saved(tmp_path, "baseline.jpg")
    row, defects = read(path, max_pixels=63_999)
    assert ([one.code for one in defects], row["pixels"], row["phash"]) == (["image-bomb"], 64_000, None)
    assert codes(path, max_pixels=64_000) == []
    for name in ("a.png", "lossy.webp", "raw.tif", "a.bmp", "a.gif"):
        assert codes(saved(tmp_path, name), max_pixels=63_999) == ["image-bomb"]


def test_a_progressive_picture_of_a_thousand_scans(tmp_path):
    path = saved(tmp_path, "progressive.jpg")
    data = path.read_bytes()
    at = data.rindex(b"\xff\xda")
    path.write_bytes(data[:at] + data[at:-2] * 600 + data[-2:])
    assert codes(path) == ["image-bomb"]


def test_a_png_that_says_a_billion_pixels(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">2I5B", 30_000, 40_000, 8, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10**6)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    assert codes(tmp_path / "a.png") == ["image-bomb"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["baseline.jpg", "a.png", "raw.tif", "lossy.webp"])
def test_orientation_turns_size_and_hash(tmp_path, name, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    stored = picture()
    if orientation > 1:  # what a camera held that way stores
        method = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
                  5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
                  8: Image.Transpose.ROTATE_270}[orientation]  # fmt: skip
        stored = stored.transpose(method)
    kind, options, _ = FORMATS[name]
    stored.save(tmp_path / name, kind, exif=exif, **options)
    row, defects = read(tmp_path / name)
    assert defects == []
    assert (row["orientation"], row["width"], row["height"]) == (orientation, 320, 200)
    plain = saved(tmp_path, "a.png")
    assert distance(row["phash"], read(plain)[0]["phash"]) <= 6


def test_every_frame_is_decoded(tmp_path):
    frames = [picture(seed=seed) for seed in range(4)]
    for name, kind in (("a.gif", "GIF"), ("a.tif", "TIFF"), ("a.webp", "WEBP")):
        frames[0].save(tmp_path / name, kind, save_all=True, append_images=frames[1:])
        row, defects = read(tmp_path / name)
        assert (defects, row["attributes"]) == ([], '{"frames": 4}')
    data = bytearray((tmp_path / "a.gif").read_bytes())
    (tmp_path / "a.gif").write_bytes(data[:-2000] + b"\0" * 1000 + data[-1000:])
    assert codes(tmp_path / "a.gif")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_colour_modes(tmp_path, mode):
    image = picture(64, 48)
    image = Image.fromarray(np.full((48, 64), 40_000, np.uint16)) if mode == "I;16" else image.convert(mode)
    image.save(tmp_path / "a.tif")
    row, defects = read(tmp_path / "a.tif")
    assert (defects, row["mode"]) == ([], mode)
    assert 0 <= row["brightness"] <= 255
    if mode == "I;16":
        assert row["brightness"] == 40_000 >> 8


def test_what_is_no_image(tmp_path):
    path = tmp_path / "a.jpg"
    for data, code in (
        (b"", "empty-file"),
        (b"text", "not-an-image"),
        (b"<svg/>", "not-an-image"),
        (b"\xff\xd8", "truncated"),
    ):
        path.write_bytes(data)
        row, defects = read(path)
        assert [one.code for one in defects] == [code]
        assert (row["bytes"], row["width"]) == (len(data), None)


def test_ids_splits_and_groups_come_from_the_path(tmp_path):
    path = saved(tmp_path, "a.png")
    options = {
        "split": {"path": "{split}/**", "values": {"Training": "train"}},
        "group": {"path": "*/{patient}/**"},
    }
    row, _ = read(path, "Training/p07/x.y.png", id="name", **options)
    assert (row["item_id"], row["split"], row["group_key"]) == ("x.y.png", "train", "p07")
    row, _ = read(path, "Other/사진.png", id="path", **options)
    assert (row["item_id"], row["split"], row["group_key"]) == ("Other/사진.png", "Other", None)


def test_the_hash_is_its_definition():
    """Zauner's formula in floating point, written out."""
    from scipy.fft import dctn

    for seed in range(20):
        luma = np.asarray(picture(seed=seed).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))
        low = dctn(luma.astype(float), type=2)[:8, :8].ravel()
        # scipy's DCT-II is twice the plain sum in each direction: the same order and the same median
        bits = "".join("1" if value > np.median(low) else "0" for value in low)
        assert distance(phash(luma), f"{int(bits, 2):016x}") <= 1


def test_flips_raise_nothing(tmp_path):
    noise = random.Random(9)
    for name in FORMATS:
        path = saved(tmp_path, name)
        data = path.read_bytes()
        for _ in range(40):
            broken = bytearray(data)
            for _ in range(noise.choice([1, 4, 16])):
                broken[noise.randrange(min(len(broken), noise.choice([60, 10**6])))] = noise.randrange(256)
            path.write_bytes(broken)
            read(path)


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    from include.deliveries.readers.base import Limits

    path = saved(tmp_path, "a.bmp")
    spec = ObjectSpec("items", "image", "**", ())
    found = [
        one.code for one in reader_for("image", Limits(item_bytes=100)).read(path, "a", spec) if isinstance(one, Defect)
    ]
    assert found == ["too-large"]


def test_pictures_in_memory_give_the_same(tmp_path):
    buffer = io.BytesIO()
    picture().save(buffer, "PNG")
    (tmp_path / "a").write_bytes(buffer.getvalue())
    assert read(tmp_path / "a")[0]["phash"] == read(saved(tmp_path, "a.png"))[0]["phash"]
