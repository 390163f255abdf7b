"""The input of suite T from a seed: Parquet of 250,000-row groups, 52 bytes a row, with a few planted faults to be found."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

GROUP = 250_000
FAULTS = {"duplicates": 3, "range": 7, "pattern": 5, "set": 2}
"""Faulty records, all in the first row group."""

TEXT = pa.string()
SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", TEXT),
        ("score", pa.float64()),
        ("split", TEXT),
        ("a", TEXT),
        ("b", TEXT),
        ("c", TEXT),
    ]
)
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))
WORDS_A_TEXT = 14
"""Random words of two to eight letters and a number: 89 characters, of which zstd leaves 41 bytes."""


def vocabulary(size: int = 1000) -> pa.Array:
    rng = np.random.default_rng(3)
    return pa.array(["".join(rng.choice(LETTERS, int(n))) for n in rng.integers(2, 9, size)])


def make(folder: Path, rows: int, files: int = 4, *, shuffled: bool = False) -> None:
    """`shuffled`: ids in random order over all files; else they ascend, as those of most deliveries do."""
    rng = np.random.default_rng(7)
    order = np.random.default_rng(9).permutation(rows) if shuffled else None
    folder.mkdir(parents=True, exist_ok=True)
    bounds = [rows * i // files for i in range(files + 1)]
    for number, (first, stop) in enumerate(itertools.pairwise(bounds)):
        with pq.ParquetWriter(folder / f"part-{number}.parquet", SCHEMA, compression="zstd") as writer:
            for start in range(first, stop, GROUP):
                n = min(GROUP, stop - start)
                ids = np.arange(start, start + n) if order is None else order[start : start + n]
                writer.write_table(group(rng, start, ids))


def group(rng: np.random.Generator, start: int, ids: np.ndarray) -> pa.Table:
    n = len(ids)
    labels, splits = np.array(["w", "x", "y", "z"]), np.array(["train", "validation", "test"])
    gold = rng.choice(4, n, p=[0.27, 0.25, 0.25, 0.23])
    raters = [labels[np.where(rng.random(n) < 0.95, gold, rng.integers(0, 4, n))] for _ in range(3)]
    score, split = rng.random(n), splits[rng.choice(3, n, p=[0.8, 0.1, 0.1])]
    words = vocabulary()
    chosen = [words.take(pa.array(rng.integers(0, len(words), n))) for _ in range(WORDS_A_TEXT)]
    text = pc.binary_join_element_wise(*chosen, pa.array(ids).cast(TEXT), " ")
    if start == 0:
        ids[10 : 10 + FAULTS["duplicates"]] = ids[100 : 100 + FAULTS["duplicates"]]
        score[200 : 200 + FAULTS["range"]] = 1.5
        wrong = pa.array(["NOT LIKE THIS!"] * FAULTS["pattern"])
        text = pa.concat_arrays([text[:300], wrong, text[300 + FAULTS["pattern"] :]])
        split = split.astype(object)
        split[400 : 400 + FAULTS["set"]] = "elsewhere"
    scores = pa.array(score, mask=rng.random(n) < 0.01)
    return pa.table([pa.array(ids), text, scores, pa.array(split), *map(pa.array, raters)], schema=SCHEMA)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
