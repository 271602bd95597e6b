"""The tables of the schema, for those who have a path into a profile: what stands there, with which keys."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel

from config.profile import Profile

Model = type[BaseModel]
Step = str | int


def tables_at(path: tuple[Step, ...]) -> list[Model]:
    """Returns the tables that may stand at a path; none if the schema has no table there."""
    annotations: list[object] = [Profile]
    for step in path:
        annotations = [below for annotation in annotations for below in _below(annotation, step)]
    return [model for annotation in annotations for model in _plain(annotation) if _is_model(model)]


def tables(model: Model = Profile, path: str = "") -> Iterator[tuple[str, Model]]:
    """Yields every table of the schema with its path; ``[]`` stands for any element, ``NAME`` for any chosen name."""
    yield path, model
    for name, field in model.model_fields.items():
        for how, inner in reached(field.annotation):
            yield from tables(inner, (f"{path}.{name}" if path else name) + how)


def reached(annotation: object, how: str = "") -> Iterator[tuple[str, Model]]:
    """Yields the tables that a key of this type may hold, and how each is reached from the key."""
    for plain in _plain(annotation):
        if _is_model(plain):
            yield how, plain
        elif get_origin(plain) in (tuple, list):
            for inner in get_args(plain):
                if inner is not Ellipsis:
                    yield from reached(inner, f"{how}[]")
        elif get_origin(plain) is dict:
            yield from reached(get_args(plain)[1], f"{how}.NAME")


def _below(annotation: object, step: Step) -> Iterator[object]:
    for plain in _plain(annotation):
        if _is_model(plain):
            if step in plain.model_fields:
                yield plain.model_fields[str(step)].annotation
        elif get_origin(plain) is dict and isinstance(step, str):
            yield get_args(plain)[1]
        elif get_origin(plain) in (tuple, list) and isinstance(step, int):
            yield from (inner for inner in get_args(plain) if inner is not Ellipsis)


def _plain(annotation: object) -> Iterator[object]:
    """The types that a type stands for, without Annotated and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _plain(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            yield from _plain(argument)
    else:
        yield annotation


def _is_model(annotation: object) -> TypeGuard[Model]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
