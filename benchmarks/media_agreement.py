"""What it costs to compare boxes: three raters of 2,000 images of about nine boxes, and detections against gold.

F1 at IoU .5 of three pairs of raters: the rule as the report has it (gathering, matching, interval, every table), its
matching alone, and what a user writes: IoU by pycocotools or numpy and the assignment by scipy, image by image. mAP@.5
and @[.5:.95]: the rule without and with its interval against pycocotools' own evaluation. Each contender runs in its own
process and tells its CPU seconds without start-up; three rounds in turn, the best counts; answers must agree within 1e-9.
`python benchmarks/media_agreement.py` prints tables and writes benchmarks/results/media_agreement.json.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

IMAGES = int(os.environ.get("IMAGES", "2000"))
RATERS = ("kim", "lee", "park")
CLASSES = 8
ROUNDS = 3
SAME = 1e-9
RESULTS = Path(__file__).parent / "results"
BATCH = 65_536

Rows = dict[str, np.ndarray]


def make(folder: Path) -> None:
    """Boxes of a truth, and every rater's: shifted by some pixels, some left out, some of another class, some invented."""
    rng = np.random.default_rng(21)
    many = rng.integers(4, 15, IMAGES)
    item = np.repeat(np.arange(IMAGES), many)
    truth = np.column_stack([rng.uniform(0, 1500, (item.size, 2)), rng.uniform(20, 300, (item.size, 2))]).round(1)
    label = rng.integers(0, CLASSES, item.size)
    parts = []
    for number in range(len(RATERS)):
        kept = rng.random(item.size) > 0.05
        moved = truth[kept] + rng.normal(0, 6, (int(kept.sum()), 4))
        moved[:, 2:] = np.maximum(moved[:, 2:], 4)
        other = np.where(rng.random(moved.shape[0]) < 0.04, rng.integers(0, CLASSES, moved.shape[0]), label[kept])
        parts.append((item[kept], np.full(moved.shape[0], number), other, moved.round(2)))
    items, raters, labels, boxes = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = rng.permutation(items.size)
    score = rng.permutation(items.size) / items.size
    np.savez(
        folder / "boxes.npz", item=items[order], rater=raters[order], label=labels[order], box=boxes[order], score=score
    )


def read(folder: Path) -> Rows:
    """The boxes."""
    with np.load(folder / "boxes.npz") as found:
        return {name: found[name] for name in found.files}


def batches(rows: Rows) -> list[Any]:
    """As a label reader gives them."""
    from checks.batch import Batch
    from checks.streams import ANNOTATIONS

    kinds = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64()}
    lists = {"points": pa.list_(pa.list_(pa.float64())), "labels": pa.list_(pa.string())}
    n = rows["item"].size
    given = {
        "item_id": pa.array([f"{k:06}" for k in rows["item"].tolist()]),
        "annotator_id": pa.array(RATERS).take(pa.array(rows["rater"])),
        "label": pa.array([f"class {k}" for k in range(CLASSES)]).take(pa.array(rows["label"])),
        "kind": pa.array(["box"]).take(pa.array(np.zeros(n, dtype=np.int64))),
        "attributes": pa.array([f'{{"score":{s!r}}}' for s in rows["score"].tolist()]),
        **{name: pa.array(rows["box"][:, k]) for k, name in enumerate(("x", "y", "width", "height"))},
    }
    fields = [(col.name, lists.get(col.name) or kinds[col.type]) for col in ANNOTATIONS]
    table = pa.table({name: given.get(name, pa.nulls(n, kind)) for name, kind in fields})
    found, first = [], 0
    for batch in table.to_batches(max_chunksize=BATCH):
        pointers = pa.array([f"/annotations/{first + k}" for k in range(batch.num_rows)])
        found.append(Batch("labels.json", batch, first_row=first, pointers=pointers))
        first += batch.num_rows
    return found


def rule(check: str, **params: Any) -> Any:
    """A rule on annotations."""
    from checks.catalogue import CATALOGUE
    from checks.kernel import Declaration, Rule, Target
    from checks.streams import ANNOTATIONS

    columns = {col.name: col for col in ANNOTATIONS}
    declaration = Declaration(Rule(check, check), "annotations", columns, params, Target(">=", (Decimal("0.99"),)))
    return CATALOGUE[check].build(declaration)


def judged(rows: Rows, *checks: Any) -> Callable[[], list[float]]:
    """The rules, from batches to results."""
    from checks import engine

    given = batches(rows)
    plan = engine.plan(checks, {"annotations": ()})

    def work() -> list[float]:
        with tempfile.TemporaryDirectory() as scratch:
            states = engine.observe(plan, [("annotations", one) for one in given], Path(scratch))
            results = engine.judge(checks, states)
            return [float(result.outcome.metric.value) for result in results]

    return work


def dambo(rows: Rows) -> Callable[[], list[float]]:
    """F1 as a rule."""
    return judged(rows, rule("label-agreement", value="box", coefficient="f1"))


def dambo_matching(rows: Rows) -> Callable[[], list[float]]:
    """Matching alone, of boxes that lie sorted in memory."""
    from checks.agreement.media.joints import ONE, compared
    from checks.agreement.media.source import Labels
    from checks.geometry import boxes

    order = np.lexsort((rows["rater"], rows["item"]))
    box = rows["box"][order]
    labels = Labels(pa.table({}), rows["item"][order], rows["rater"][order], rows["label"][order])

    def work() -> list[float]:
        def alike(i: np.ndarray, j: np.ndarray) -> np.ndarray:
            return boxes.iou(box[i], box[j])

        j = compared(labels, alike, ONE // 2, same_label=False)
        pairs = [np.flatnonzero((j.left == a) & (j.right == b)) for a, b in combinations(range(len(RATERS)), 2)]
        f1 = [2 * j.common[at].sum() / (j.many_left[at].sum() + j.many_right[at].sum()) for at in pairs]
        return [float(np.mean(f1))]

    return work


def by_image(rows: Rows) -> Iterator[list[np.ndarray]]:
    """The boxes of each image, by rater."""
    order = np.lexsort((rows["rater"], rows["item"]))
    item, rater, box = rows["item"][order], rows["rater"][order], rows["box"][order]
    starts = np.flatnonzero(np.diff(item, prepend=-1, append=-1))
    for start, stop in pairwise(starts.tolist()):
        yield [box[start:stop][rater[start:stop] == k] for k in range(len(RATERS))]


def hand_written(rows: Rows, iou: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[], list[float]]:
    """F1 with any IoU and scipy's assignment, image by image."""
    from scipy.optimize import linear_sum_assignment

    images = list(by_image(rows))

    def work() -> list[float]:
        found = []
        for a, b in combinations(range(len(RATERS)), 2):
            many = both = 0
            for image in images:
                left, right = image[a], image[b]
                if len(left) and len(right):
                    like = iou(left, right)
                    like = np.where(like >= 0.5, like, 0.0)
                    many += int((like[linear_sum_assignment(like, maximize=True)] > 0).sum())
                    both += len(left) + len(right)
            found.append(2 * many / both)
        return [float(np.mean(found))]

    return work


def pycocotools_iou(rows: Rows) -> Callable[[], list[float]]:
    """With pycocotools' IoU."""
    from pycocotools import mask

    return hand_written(rows, lambda a, b: mask.iou(a, b, np.zeros(len(b), dtype=np.uint8)))


def numpy_iou(rows: Rows) -> Callable[[], list[float]]:
    """With numpy's."""

    def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        low = np.maximum(a[:, None, :2], b[None, :, :2])
        high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
        inside = np.maximum(high - low, 0).prod(axis=2)
        return inside / (a[:, 2:].prod(axis=1)[:, None] + b[:, 2:].prod(axis=1)[None, :] - inside)

    return hand_written(rows, iou)


def two(rows: Rows) -> Rows:
    """Gold and one rater."""
    kept = rows["rater"] < 2
    return {name: column[kept] for name, column in rows.items()}


def dambo_map(rows: Rows) -> Callable[[], list[float]]:
    """mAP as a rule, the interval and every table with it."""
    params = {"value": "box", "gold": {"annotator": RATERS[0]}}
    return judged(two(rows), *(rule("label-accuracy", measure=m, **params) for m in ("map", "map-50")))


def dambo_map_alone(rows: Rows) -> Callable[[], list[float]]:
    """The same without the interval."""
    from checks.agreement.media import average_precision

    average_precision._WORK = 0  # noqa: SLF001 - a bootstrap of no replicates
    return dambo_map(rows)


def pycocotools_map(rows: Rows) -> Callable[[], list[float]]:
    """pycocotools' evaluation."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    own = two(rows)

    def dataset(rater: int) -> Any:
        at = np.flatnonzero(own["rater"] == rater)
        columns = (own[name][at].tolist() for name in ("item", "label", "box", "score"))
        annotations = [
            {"id": k + 1, "image_id": i, "category_id": c, "bbox": b, "area": b[2] * b[3], "iscrowd": 0, "score": s}
            for k, (i, c, b, s) in enumerate(zip(*columns, strict=True))
        ]
        images = [{"id": k} for k in np.unique(own["item"]).tolist()]
        found = COCO()
        found.dataset = {
            "images": images, "categories": [{"id": k} for k in range(CLASSES)], "annotations": annotations,
        }  # fmt: skip
        found.createIndex()
        return found

    def work() -> list[float]:
        with contextlib.redirect_stdout(io.StringIO()):
            judge = COCOeval(dataset(0), dataset(1), "bbox")
            judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
            judge.params.maxDets = [100]
            judge.evaluate()
            judge.accumulate()
        precision = judge.eval["precision"][:, :, :, 0, 0]
        return [float(p[p > -1].mean()) for p in (precision, precision[:1])]

    return work


SUITES: dict[str, dict[str, Callable[[Rows], Callable[[], list[float]]]]] = {
    "F1 of three pairs of raters": {
        "pycocotools IoU + scipy": pycocotools_iou,
        "numpy IoU + scipy": numpy_iou,
        "Dambo, matching alone": dambo_matching,
        "Dambo, the rule": dambo,
    },
    "mAP@[.5:.95] and mAP@.5 against gold": {
        "pycocotools": pycocotools_map,
        "Dambo, the rules without interval": dambo_map_alone,
        "Dambo, the rules": dambo_map,
    },
}


def child(suite: str, name: str, folder: Path) -> None:
    """One contender, after one round to warm up."""
    work = SUITES[suite][name](read(folder))
    work()
    began, wall = time.process_time(), time.perf_counter()
    found = work()
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": cpu, "wall_s": wall, "peak_mib": peak, "found": found}))


def measured(suite: str, folder: Path) -> dict[str, dict[str, Any]]:
    """The best of the rounds of each contender."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(ROUNDS):
        for name in SUITES[suite]:
            command = [sys.executable, __file__, "--child", suite, name, str(folder)]
            out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            if name not in best or out["cpu_s"] < best[name]["cpu_s"]:
                best[name] = out
    answers = [one["found"] for one in best.values()]
    for other in answers[1:]:
        if not np.allclose(answers[0], other, rtol=0, atol=SAME):
            raise SystemExit(f"{suite}: the answers differ: {answers}")
    return best


def main() -> None:
    """All suites."""
    results: dict[str, Any] = {"images": IMAGES, "raters": len(RATERS)}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder)
        results["boxes"] = int(read(folder)["item"].size)
        for suite in SUITES:
            best = results[suite] = measured(suite, folder)
            first = next(iter(best.values()))["cpu_s"]
            print(f"### {suite}: {IMAGES:,} images, {results['boxes']:,} boxes\n")
            print("| | CPU s | wall s | peak MiB | CPU, times the first |\n|---|---|---|---|---|")
            for name, one in best.items():
                figures = f"{one['cpu_s']:.3f} | {one['wall_s']:.3f} | {one['peak_mib']:.0f}"
                print(f"| {name} | {figures} | {one['cpu_s'] / first:.2f} |")
            print()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "media_agreement.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        main()
