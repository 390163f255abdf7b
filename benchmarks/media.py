"""What it costs to prove JPEGs whole: ours (header, integrity, perceptual hash, brightness, sha256) beside Pillow's load.

600 pictures of 1280 x 720, synthetic but of photographs' coded size, 12 of them cut or overwritten. Each contender runs in
its own process and tells its CPU seconds without start-up, so that 600 pictures stand for 150,000; three rounds in turn,
the best counts. Answers are compared: sizes, digests, and which files are broken. Goal 4: 1.8 times Pillow's load alone,
which hashes nothing. What nobody can avoid is reading the entropy-coded data: it is told as `libjpeg-turbo at 1/8 alone`. `python benchmarks/media.py` prints a table and writes benchmarks/results/media.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PICTURES = int(os.environ.get("PICTURES", "600"))
SIZE = (1280, 720)
ROUNDS = 3
GOAL = 1.8
RESULTS = Path(__file__).parent / "results"


def make(folder: Path) -> dict[str, list[str]]:
    """The pictures; which were cut, and which overwritten."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter

    noise, broken = random.Random(4), {"cut": [], "overwritten": []}
    grain = np.random.default_rng(4)
    for number in range(PICTURES):
        path = folder / f"{number:05}.jpg"
        if number < 60:
            pixels = grain.integers(60, 196, (SIZE[1], SIZE[0], 3), np.uint8)
            image = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1.2))
            draw = ImageDraw.Draw(image)
            for _ in range(40):
                x, y = noise.randrange(SIZE[0]), noise.randrange(SIZE[1])
                fill = tuple(noise.randrange(256) for _ in range(3))
                draw.ellipse((x, y, x + noise.randrange(300), y + noise.randrange(200)), fill)
            image.save(path, "JPEG", quality=85)
            continue
        data = (folder / f"{number % 60:05}.jpg").read_bytes()
        if number % 100 == 61:
            data = data[: noise.randrange(1000, len(data))]
            broken["cut"].append(path.name)
        elif number % 100 == 62:
            at = noise.randrange(len(data) // 4, len(data) // 2)
            data = data[:at] + noise.randbytes(4096) + data[at + 4096 :]
            broken["overwritten"].append(path.name)
        path.write_bytes(data)
    return broken


def pillow(folder: Path) -> dict[str, object]:
    """Pillow's load alone, read from the path as its users do."""
    from PIL import Image

    found = {}
    for path in sorted(folder.iterdir()):
        try:
            with Image.open(path) as image:
                image.load()
                found[path.name] = list(image.size)
        except OSError:
            found[path.name] = None
    return found


def pillow_hashed(folder: Path) -> dict[str, object]:
    """The same, and what we do beside it as anyone would write it: sha256, a reduced grey copy, its DCT."""
    from io import BytesIO

    import numpy as np
    from PIL import Image
    from scipy.fft import dctn

    found = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        try:
            with Image.open(BytesIO(data)) as image:
                image.load()
                luma = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX)).astype(float)
            low = dctn(luma)[:8, :8]
            np.packbits(low > np.median(low)).tobytes().hex()
            found[path.name] = [*image.size, digest]
        except OSError:
            found[path.name] = None
    return found


def ours(folder: Path) -> dict[str, object]:
    """The reader, row and all."""
    from checks.batch import Batch
    from include.contracts.model import ObjectSpec
    from include.deliveries.readers import reader_for

    reader, spec, found = reader_for("image"), ObjectSpec("items", "image", "**", ()), {}
    for path in sorted(folder.iterdir()):
        *defects, batch = reader.read(path, path.name, spec)
        assert isinstance(batch, Batch)
        found[path.name] = None if defects else batch.table
    return found


def told(found: object) -> object:
    """What a contender says of a picture, as plain values; not part of what is measured."""
    if found is None or isinstance(found, list):
        return found
    return [found.column(name)[0].as_py() for name in ("width", "height", "sha256")]


def limit(folder: Path) -> dict[str, object]:
    """The coded data read once by libjpeg-turbo, strict, and nothing done with it."""
    import simplejpeg

    found = {}
    for path in sorted(folder.iterdir()):
        try:
            simplejpeg.decode_jpeg(path.read_bytes(), "GRAY", min_height=32, min_width=32)
            found[path.name] = list(SIZE)
        except ValueError:
            found[path.name] = None
    return found


CONTENDERS = {
    "Pillow load alone": pillow,
    "Pillow load + hash + sha256": pillow_hashed,
    "libjpeg-turbo at 1/8 alone": limit,
    "Dambo": ours,
}


def child(name: str, folder: Path) -> None:
    contender = CONTENDERS[name]
    with tempfile.TemporaryDirectory() as warm:  # imports and tables are start-up
        (Path(warm) / "a.jpg").write_bytes((folder / "00000.jpg").read_bytes())
        contender(Path(warm))
    began, wall = time.process_time(), time.perf_counter()
    found = contender(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = {"cpu_s": time.process_time() - began, "wall_s": time.perf_counter() - wall, "peak_mib": peak}
    print(json.dumps({**used, "found": {name: told(one) for name, one in found.items()}}))


def checked(contender: str, found: dict, planted: set[str], truth: dict[str, str]) -> list[str]:
    """The broken files that it takes for whole; ends the run if it is wrong about a whole one."""
    for file, said in found.items():
        if said is None:
            if file not in planted:
                raise SystemExit(f"{contender} refuses {file}, which is whole")
        elif said[:2] != list(SIZE) or (len(said) > 2 and said[2] != truth[file]):
            raise SystemExit(f"{contender} is wrong about {file}")
    return sorted(file for file in planted if found[file] is not None)


def main() -> None:
    if len(sys.argv) == 3:
        child(sys.argv[1], Path(sys.argv[2]))
        return
    best: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory(prefix="dambo-bench-") as name:
        folder = Path(name)
        broken = make(folder)
        size = sum(path.stat().st_size for path in folder.iterdir()) / PICTURES
        truth = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for _ in range(ROUNDS):
            for contender in CONTENDERS:
                out = subprocess.run(
                    [sys.executable, __file__, contender, name], capture_output=True, text=True, check=True
                ).stdout
                used = json.loads(out)
                if contender not in best or used["cpu_s"] < best[contender]["cpu_s"]:
                    best[contender] = used
    planted = {*broken["cut"], *broken["overwritten"]}
    missed = {name: checked(name, used.pop("found"), planted, truth) for name, used in best.items()}
    if missed["Dambo"]:
        raise SystemExit(f"Dambo takes {missed['Dambo']} for whole")
    alone = float(best["Pillow load alone"]["cpu_s"])
    lines = [
        f"JPEG {SIZE[0]} x {SIZE[1]}, {PICTURES} files of {size / 1024:.0f} KiB, {len(planted)} broken",
        f"{'':30}{'ms a picture':>14}{'pictures/CPU-s':>16}{'x Pillow load':>15}{'missed':>8}{'peak MiB':>10}",
    ]
    for contender, used in best.items():
        each = float(used["cpu_s"]) / PICTURES
        lines.append(
            f"{contender:30}{each * 1e3:14.2f}{1 / each:16.0f}{alone / float(used['cpu_s']):15.2f}"
            f"{len(missed[contender]):8}{float(used['peak_mib']):10.0f}"
        )
    ratio = alone / float(best["Dambo"]["cpu_s"])
    lines.append(f"goal {GOAL}: {'met' if ratio >= GOAL else 'MISSED'} with {ratio:.2f}")
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    out = {"pictures": PICTURES, "bytes": round(size), "ratio": ratio, "missed": missed, "contenders": best}
    (RESULTS / "media.json").write_text(json.dumps(out, indent=2) + "\n")


if __name__ == "__main__":
    main()
