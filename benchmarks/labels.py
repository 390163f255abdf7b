"""Label JSON: strict decoding beside json.loads, whole files through the reader, and 1.4 million boxes through `dambo check`.

Makes its input from a seed. Decoding is measured on documents of about 2.5 KB, of boxes and of polygons, each contender in
its own process; all must agree on what the labels are. `json, strict` does in Python what a label reader owes: duplicate
keys and NaN refused. Then a delivery of FILES label files and their boxes is checked, with one process and with two.
Prints tables and writes benchmarks/results/labels.json.
"""

from __future__ import annotations

import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FILES = int(os.environ.get("FILES", "150000"))
DOCUMENTS = 4000
RESULTS = Path(__file__).parent / "results" / "labels.json"
CONTENDERS = ("json.loads", "json, strict", "msgspec, untyped", "dambo, decoded", "json.loads, files", "dambo, files")
LAYOUT = {
    "item": "/source_data_info/source_data_ID",
    "objects": "/learning_data_info/annotation",
    "label": "/class_id",
    "geometry": [{"pointer": "/bounding_box", "form": "xywh"}, {"pointer": "/polygon", "form": "polygon"}],
    "width": "/source_data_info/width",
    "height": "/source_data_info/height",
}
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: 0-000-000-BM
name: benchmark
version: 1.0.0
status: active
schema:
  - name: annotations
    physicalType: aihub
    physicalName: "**/*.json"
    properties:
      - {name: label, logicalType: string, required: true}
    customProperties: [{property: reader, value: LAYOUT}]
    quality:
      - {id: per-class, type: custom, engine: dambo, implementation: {check: delivered-count, by: label, atLeast: {c0: 1000}}}
      - {id: balance, type: custom, engine: dambo, implementation: {check: class-balance, column: label, measure: normalized-entropy, mustBeGreaterOrEqualTo: 0.9}}
customProperties: [{property: programme, value: ai-data-processing-voucher}]
"""


def document(i: int, *, polygons: bool) -> dict[str, Any]:
    """As AI Hub has them: about 2.5 KB."""
    chance = random.Random(i)
    objects = []
    for _ in range(6 if polygons else chance.randrange(7, 13)):
        thing: dict[str, Any] = {
            "class_id": f"c{chance.randrange(9)}",
            "class_name": "감귤 궤양병",
            "occluded": chance.random() < 0.5,
        }
        if polygons:
            thing["polygon"] = [round(chance.random() * 1000, 1) for _ in range(48)]
        else:
            x, y = chance.randrange(1400), chance.randrange(700)
            thing |= {"bounding_box": [x, y, round(1 + chance.random() * 500, 2), round(1 + chance.random() * 350, 2)]}
            thing |= {"attributes": {"잎": "정상", "과실": "이상"}}
        objects.append(thing)
    return {
        "raw_data_info": {"raw_data_ID": f"D{i:07d}", "date": "2021-08-11", "copyrighter": "(주)감귤", "resolution": "1920, 1080"},
        "source_data_info": {"source_data_ID": f"S{i:07d}", "file_extension": "jpg", "width": 1920, "height": 1080, "season": "여름"},
        "learning_data_info": {"path": "TL1/감귤", "json_data_ID": f"L{i:07d}", "annotation": objects},
    }  # fmt: skip


def encoded(i: int, *, polygons: bool) -> bytes:
    return json.dumps(document(i, polygons=polygons), ensure_ascii=False, separators=(",", ": ")).encode()


def strict(data: bytes) -> Any:
    """What a label reader owes, by the standard library."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            raise ValueError("duplicate key")
        return made

    def refuse(_: str) -> Any:
        raise ValueError("not a number")

    return json.loads(data, object_pairs_hook=pairs, parse_constant=refuse)


def contender(name: str) -> Callable[[Any], Any]:
    """What turns a document's bytes (or a file) into a document or labels."""
    if name == "json.loads":
        return json.loads
    if name == "json, strict":
        return strict
    if name == "json.loads, files":
        return lambda path: json.loads(path.read_bytes())
    if name == "msgspec, untyped":
        import msgspec

        return msgspec.json.Decoder().decode
    if name == "dambo, decoded":
        from include.deliveries.readers.labels.knownshapes import Shapes

        shapes = Shapes()
        for i in range(4):
            for polygons in (False, True):
                shapes.learn(document(i, polygons=polygons))
        return shapes.decode
    from include.contracts.model import ObjectSpec
    from include.deliveries.readers import reader_for

    reader = reader_for("aihub")
    spec = ObjectSpec("annotations", "aihub", "**", (), LAYOUT)
    return lambda path: list(reader.read(path, path.name, spec))


def labels(found: Any) -> Iterator[str]:
    """The classes that a contender has found."""
    if isinstance(found, list):
        for batch in found:
            yield from batch.table.column("label").to_pylist()
        return
    import msgspec

    for thing in msgspec.to_builtins(found)["learning_data_info"]["annotation"]:
        yield thing["class_id"]


def measure(name: str, kind: str, folder: Path) -> dict[str, Any]:
    """CPU microseconds a document, the best of five rounds, and a digest of the answers."""
    data: list[Any] = [encoded(i, polygons=kind == "polygons") for i in range(DOCUMENTS)]
    size = sum(map(len, data)) / len(data)
    if name.endswith("files"):
        for i, text in enumerate(data):
            (folder / f"{i}.json").write_bytes(text)
        data = sorted(folder.iterdir())
    read = contender(name)
    answer = "".join(sorted("".join(labels(read(one))) for one in data))
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for one in data:
            read(one)
        best = min(best, time.process_time() - start)
    return {"us": best / len(data) * 1e6, "bytes": round(size), "answer": hash(answer)}


def decoding() -> dict[str, Any]:
    """The table of decoding."""
    found: dict[str, Any] = {}
    for kind in ("boxes", "polygons"):
        rows: dict[str, Any] = {}
        for name in CONTENDERS:
            with tempfile.TemporaryDirectory() as folder:
                env = {**os.environ, "PYTHONHASHSEED": "0"}
                command = [sys.executable, __file__, "measure", name, kind, folder]
                rows[name] = json.loads(
                    subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
                )
        assert len({row.pop("answer") for row in rows.values()}) == 1, "the contenders do not agree"
        print(f"\n{kind}, {rows['json.loads']['bytes']} bytes a document")
        for name, row in rows.items():
            row["ratio"] = round(
                rows["json.loads, files" if name.endswith("files") else "json.loads"]["us"] / row["us"], 2
            )
            row["us"] = round(row["us"], 2)
            print(
                f"  {name:20s}{row['us']:9.2f} us of CPU{1e6 / row['us']:10.0f} a CPU-second{row['ratio']:7.2f} x json.loads"
            )
        found[kind] = rows
    return found


def deliver(folder: Path) -> int:
    """FILES label files in folders of a thousand; how many boxes."""
    boxes = 0
    for i in range(FILES):
        place = folder / f"TL_{i // 1000:03d}"
        if i % 1000 == 0:
            place.mkdir(parents=True)
        made = document(i, polygons=False)
        boxes += len(made["learning_data_info"]["annotation"])
        (place / f"S{i:07d}.json").write_bytes(json.dumps(made, ensure_ascii=False).encode())
    return boxes


def check(folder: Path, jobs: int) -> dict[str, Any]:
    """`dambo check` of the delivery: CPU, wall, and the largest process."""
    (folder / "c.yaml").write_text(CONTRACT.replace("LAYOUT", json.dumps(LAYOUT)))
    command = [str(Path(sys.executable).parent / "dambo"), "check", str(folder / "data"), "-c", str(folder / "c.yaml")]
    command += ["-o", str(folder / f"out{jobs}"), "--no-progress", "--jobs", str(jobs)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    env = {**os.environ, "DAMBO_HOME": str(folder / "home")}
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads((folder / f"out{jobs}" / "report.json").read_bytes())
    counted = next(row["population"] for row in report["checks"] if row["id"] == "per-class")
    return {
        "jobs": jobs,
        "verdict": report["verdict"],
        "labels": counted,
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "wall_s": round(time.monotonic() - start, 1),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    found: dict[str, Any] = {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "decoding": decoding()}
    with tempfile.TemporaryDirectory(prefix="dambo-bench-") as name:
        folder = Path(name)
        boxes = deliver(folder / "data")
        print(f"\n{FILES} label files, {boxes} boxes")
        found |= {"files": FILES, "boxes": boxes, "check": []}
        for jobs in (1, 2):
            row = check(folder, jobs)
            assert row["labels"] == boxes, row
            found["check"].append(row)
            print(
                f"  {jobs} process(es): {row['verdict']}, CPU {row['cpu_s']} s, wall {row['wall_s']} s, peak {row['peak_mib']} MiB"
            )
    RESULTS.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(sys.argv[2], sys.argv[3], Path(sys.argv[4]))))
    else:
        main()
