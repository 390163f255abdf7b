"""RFC 6962 proofs (sections 2.1.1 and 2.1.2): made from a tree's inner nodes, and verified as RFC 9162 (2.1.3.2, 2.1.4.2).

A node is named by its level (0: leaves) and its index there; it covers the leaves [index << level, index + 1 << level).
Sizes and indexes are any integers: what cannot be is refused, never wrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from include.evidence.merkle import EMPTY, node_hash
from include.evidence.refusals import refuse

Nodes: TypeAlias = Callable[[int, int], bytes]
"""The hash of the perfect subtree at (level, index)."""


def fold(hashes: Iterable[bytes]) -> bytes:
    """The root over subtree hashes of one height, in order, the last of which may stand for a smaller subtree."""
    stack: list[tuple[int, bytes]] = []
    for each in hashes:
        height, node = 0, each
        while stack and stack[-1][0] == height:
            node = node_hash(stack.pop()[1], node)
            height += 1
        stack.append((height, node))
    if not stack:
        return EMPTY
    root = stack.pop()[1]
    while stack:
        root = node_hash(stack.pop()[1], root)
    return root


def subtree(nodes: Nodes, start: int, end: int) -> bytes:
    """The hash over the leaves [start, end), where `start` is a multiple of the power of two that `end - start` needs."""
    if start == end:
        return EMPTY
    if (end - start).bit_count() == 1:
        level = (end - start).bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(end - start)
    return node_hash(subtree(nodes, start, middle), subtree(nodes, middle, end))


def inclusion_path(nodes: Nodes, index: int, size: int) -> tuple[bytes, ...]:
    """The proof that leaf `index` is in the tree of `size`, from its sibling up. ValueError if there is no such leaf."""
    if not 0 <= index < size:
        raise ValueError("there is no such leaf")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree(nodes, middle, end))
            end = middle
        else:
            path.append(subtree(nodes, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_path(nodes: Nodes, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the tree of size `old` begins the tree of size `new`; empty from nothing and for equal sizes."""
    if not 0 <= old <= new:
        raise ValueError("a tree only grows")
    if old in {0, new}:
        return ()
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(subtree(nodes, middle, end))
            end = middle
        else:
            path.append(subtree(nodes, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(subtree(nodes, start, end))
    return tuple(reversed(path))


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Raises VerificationError "proof-inclusion" unless the leaf hash stands at `index` in the tree (size, root)."""
    if not 0 <= index < size or not all(len(each) == 32 for each in (leaf, *path)):
        raise refuse("proof-inclusion")
    position, last, node = index, size - 1, leaf
    for each in path:
        if last == 0:
            raise refuse("proof-inclusion", "too long")
        if position & 1 or position == last:
            node = node_hash(each, node)
            position, last = _up(position, last)
        else:
            node = node_hash(node, each)
        position, last = position >> 1, last >> 1
    if last != 0 or node != root:
        raise refuse("proof-inclusion")


def verify_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises VerificationError "proof-consistency" unless the tree (new, new_root) goes on from (old, old_root)."""
    if not 0 <= old <= new or not all(len(each) == 32 for each in path):
        raise refuse("proof-consistency")
    if old in {0, new}:
        if path or (old_root != (EMPTY if old == 0 else new_root)):
            raise refuse("proof-consistency")
        return
    nodes = [old_root, *path] if old.bit_count() == 1 else [*path]
    if not nodes:
        raise refuse("proof-consistency", "empty")
    if _reached(old - 1, new - 1, nodes) != (old_root, new_root):
        raise refuse("proof-consistency")


def _reached(position: int, last: int, nodes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that the proof leads to, None if it has another length than it must."""
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = nodes[0]
    for each in nodes[1:]:
        if last == 0:
            return None
        if position & 1 or position == last:
            before, after = node_hash(each, before), node_hash(each, after)
            position, last = _up(position, last)
        else:
            after = node_hash(after, each)
        position, last = position >> 1, last >> 1
    return (before, after) if last == 0 else None


def _up(position: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the right edge has no sibling."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
