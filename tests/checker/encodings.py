"""Every form in which a value may be stored, the way its usual library writes it."""

from __future__ import annotations

import base64
import gzip
import html
import json
import urllib.parse
import zlib
from collections.abc import Callable

import lz4.block  # type: ignore[import-untyped]
import lz4.frame  # type: ignore[import-untyped]
import zstandard

Form = Callable[[bytes], bytes]


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def percent(data: bytes) -> bytes:
    return urllib.parse.quote_from_bytes(data, safe="").encode()


def percent_all(data: bytes) -> bytes:
    return b"".join(b"%%%02x" % byte for byte in data)


def references(data: bytes) -> bytes:
    return "".join(f"&#{byte};" for byte in data).encode()


def references_hexadecimal(data: bytes) -> bytes:
    return "".join(f"&#x{byte:X};" for byte in data).encode()


def json_string(data: bytes) -> bytes:
    """As ``json.dumps`` writes bytes that were read as Latin-1."""
    return json.dumps(data.decode("latin-1")).encode()


def json_all(data: bytes) -> bytes:
    return b'"' + b"".join(b"\\u%04x" % byte for byte in data) + b'"'


def python_literal(data: bytes) -> bytes:
    return repr(data).encode()


def mime(data: bytes) -> bytes:
    return base64.encodebytes(data)


def base64_within(data: bytes) -> bytes:
    """The same in base64 with something of the alphabet before it, so that nothing is aligned."""
    return b"token_" + base64.urlsafe_b64encode(b"x" + data).rstrip(b"=") + b"-end"


def lz4_block(data: bytes) -> bytes:
    return bytes(lz4.block.compress(data))


def lz4_frame(data: bytes) -> bytes:
    return bytes(lz4.frame.compress(data))


def zstd(data: bytes) -> bytes:
    return zstandard.compress(data)


def in_a_container(data: bytes) -> bytes:
    """Some bytes of a header before compressed data and of a check sum behind it."""
    return b"\x80\x04\x95v1:" + zlib.compress(data) + b"\x00\x01\x02\x03"


FORMS: dict[str, Form] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zlib, best": lambda data: zlib.compress(data, 9),
    "zlib, fast": lambda data: zlib.compress(data, 1),
    "zlib in a container": in_a_container,
    "deflate": deflate,
    "zstd": zstd,
    "lz4 frame": lz4_frame,
    "lz4 block": lz4_block,
    "base64": base64.b64encode,
    "base64 for URLs": base64.urlsafe_b64encode,
    "base64, broken lines": mime,
    "base64, within": base64_within,
    "hex": lambda data: data.hex().encode(),
    "hex, upper case": lambda data: data.hex().upper().encode(),
    "hex, an odd digit before": lambda data: b"0" + data.hex().encode(),
    "JSON string": json_string,
    "JSON string, every character": json_all,
    "Python literal": python_literal,
}
TEXT_FORMS: dict[str, Form] = {
    "URL": percent,
    "URL, every byte": percent_all,
    "URL, twice": lambda data: percent(percent(data)),
    "HTML": lambda data: html.escape(data.decode("utf-8", "replace")).encode(),
    "HTML references": references,
    "HTML references, hexadecimal": references_hexadecimal,
    "UTF-16, little end first": lambda data: data.decode("utf-8", "replace").encode("utf-16-le"),
    "UTF-16, big end first": lambda data: data.decode("utf-8", "replace").encode("utf-16-be"),
    "UTF-16 with its mark": lambda data: data.decode("utf-8", "replace").encode("utf-16"),
}
DEPTH_OF = {"URL, twice": 2}
