"""RFC 6962 Merkle tree hashing (section 2.1): leaf = sha256(0x00 || data), node = sha256(0x01 || left || right)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

EMPTY = sha256().digest()
"""The root of no leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """The root over the leaves' data, in order; memory is logarithmic in their number.

    Perfect subtrees wait on a stack and are joined as a binary counter carries; what is left at the end is joined from
    the right. That is RFC 6962's split at the largest power of two below n.
    """
    stack: list[tuple[int, bytes]] = []
    for data in leaves:
        height, node = 0, leaf_hash(data)
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
