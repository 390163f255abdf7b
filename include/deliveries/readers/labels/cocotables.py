"""The two tables of a COCO document that its annotations refer to: images and categories."""

from __future__ import annotations

from typing import NamedTuple

from include.deliveries.readers.jsonmembers import Member
from include.deliveries.readers.labels.taking import MISSING, Taking


class Image(NamedTuple):
    """What the file says of an image."""

    name: str | None = None
    width: int | None = None
    height: int | None = None


class Category(NamedTuple):
    """A class; `keypoints`: how many a label of it has, None if it has none."""

    name: str | None = None
    keypoints: int | None = None


class Tables:
    """Images and categories by id. Ids are integers, or strings where a file has strings; the first of an id counts."""

    def __init__(self, name: str) -> None:
        self.images: dict[str, Image] = {}
        self.categories: dict[str, Category] = {}
        self._silent = Taking(name)
        self._checked: dict[str, set[str]] = {"images": set(), "categories": set()}

    def learn(self, member: Member) -> None:
        """Takes the member if it is an image or a category; what is wrong with it is for `check`."""
        if member.key in self._checked and isinstance(member.value, dict):
            self._add(member, member.value, self._silent)
            self._silent.drop()

    def check(self, member: Member, taking: Taking) -> bool:
        """Tells what is wrong with an image or category. False if the member is something else."""
        if member.key not in self._checked:
            return False
        value = member.value
        if member.at < 0 and value != []:
            taking.wrong(member.pointer, "array", value)
        elif member.at >= 0 and not isinstance(value, dict):
            taking.wrong(member.pointer, "object", value)
        elif isinstance(value, dict):
            key = self._add(member, value, taking)
            if key in self._checked[member.key]:
                taking.fault("duplicate-id", member.pointer + "/id")
            elif key is not None:
                self._checked[member.key].add(key)
        return True

    def _add(self, member: Member, value: dict[str, object], taking: Taking) -> str | None:
        at = member.pointer
        key = taking.name(value.get("id", MISSING), at + "/id")
        name = "file_name" if member.key == "images" else "name"
        text = taking.text(value.get(name, MISSING), f"{at}/{name}")
        if member.key == "images":
            width = taking.integer(value.get("width"), at + "/width")
            height = taking.integer(value.get("height"), at + "/height")
            if key is not None:
                self.images.setdefault(key, Image(text, width, height))
        elif key is not None:
            points = value.get("keypoints")
            self.categories.setdefault(key, Category(text, len(points) if isinstance(points, list) else None))
        return key
