"""How text is written inside other text: JSON and source escapes, URL and HTML escapes, base64, hexadecimal, UTF-16.

Each function takes what was stored and returns what it may have meant. None of them decides whether that makes sense:
a wrong reading is noise, and no mark is found in noise.
"""

from __future__ import annotations

import binascii
import html
import re
import urllib.parse
from collections.abc import Iterator

SHORTEST_RUN = 38
"""The shortest mark, 29 characters, takes at least so many characters in base64."""
SHORTEST_HEX = 58
"""... and so many hexadecimal digits."""
_SHORTEST = 29
_FEW = 20  # a run with fewer characters beside its first one repeats itself: padding, a ruler

_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\\/\"'bfnrt])")
_SIMPLE = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
# Escaped line breaks alone change no mark, but they part what belongs together where they break long lines of base64.
_WORTH_UNESCAPING = re.compile(rb"\\(?:[/\"]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|(?<=[A-Za-z0-9+/_-]{20}\\)[\\rn])")
_BYTE_AS_CHARACTER = re.compile(rb"\\(?:u00|x)(?:[01]|[89a-fA-F])[0-9a-fA-F]")
_LITERAL = re.compile(rb"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_URL = re.compile(rb"%[0-9a-fA-F]{2}")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[a-zA-Z]{2,8};)")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{%d,}(?:\r?\n[A-Za-z0-9+/_-]+)*" % SHORTEST_RUN)
_HEX = re.compile(rb"[0-9a-fA-F]{%d,}" % SHORTEST_HEX)
_IN_ALPHABET = bytes(97 if byte in _ALPHABET else 32 for byte in range(256))
_NEEDLE = b"a" * SHORTEST_RUN
_STANDARD = bytes.maketrans(b"-_", b"+/")
_PRINTABLE = bytes([*range(32, 127), 9, 10, 13])
_STRETCH = re.compile(rb"[\x20-\x7e\t\r\n]{%d,}" % _SHORTEST)
_CONTROLS = bytes(byte for byte in range(32) if byte not in (9, 10, 13))


def is_text(data: bytes) -> bool:
    """Returns whether these are characters and nothing else: valid UTF-8 without control characters."""
    if len(data.translate(None, _CONTROLS)) != len(data):
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def stretches(data: bytes) -> Iterator[bytes]:
    """Yields the data itself if most of it is text, and else the stretches of text in it."""
    if data.isascii() or len(data.translate(None, _PRINTABLE)) * 3 <= len(data):
        yield data
    else:
        for match in _STRETCH.finditer(data):
            yield match[0]


def unescaped(text: bytes) -> Iterator[bytes]:
    r"""Yields the text with the escapes of JSON, JavaScript and Python resolved, one level of them.

    Binary data that was written a byte a character (``\u001f\u008b…``, ``\x1f\x8b…``) is yielded as bytes as well, that
    of each quoted string by itself too.
    """
    if b"\\" not in text or not _WORTH_UNESCAPING.search(text):
        return
    all_of_it = _LITERAL.fullmatch(text.strip().removeprefix(b"b"))
    yield _ESCAPE.sub(_character, (all_of_it[1] or all_of_it[2]) if all_of_it else text)
    if _BYTE_AS_CHARACTER.search(text):
        yield _ESCAPE.sub(_byte, text)
        for literal in _LITERAL.finditer(text):
            written = literal[1] or literal[2] or b""
            if _BYTE_AS_CHARACTER.search(written):
                yield _ESCAPE.sub(_byte, written)


def _character(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[:1] == b"u":
        return chr(int(code[1:], 16)).encode("utf-8", "surrogatepass")
    return bytes([int(code[1:], 16)]) if code[:1] == b"x" else _SIMPLE.get(code, code)


def _byte(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code[:3] == b"u00":
        return bytes([int(code[3:], 16)])
    return _character(match)


def url_unescaped(text: bytes) -> Iterator[bytes]:
    """Yields the text with ``%2D`` and the like resolved, one level of them."""
    if b"%" in text and _URL.search(text):
        yield urllib.parse.unquote_to_bytes(text)


def html_unescaped(text: bytes) -> Iterator[bytes]:
    """Yields the text with character references (``&#45;``, ``&quot;``) resolved, one level of them."""
    if b"&" in text and _ENTITY.search(text):
        yield html.unescape(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def narrowed(data: bytes) -> Iterator[bytes]:
    """Yields the data without its zero bytes, which makes text of UTF-16 and UTF-32, in either byte order."""
    if data.count(0) >= _SHORTEST - 1:
        yield data.replace(b"\0", b"")


def run_starts(data: bytes) -> Iterator[int]:
    """Yields where runs of characters begin that base64 or hexadecimal may be made of."""
    classes = data.translate(_IN_ALPHABET)
    start = classes.find(_NEEDLE)
    while start >= 0:
        end = classes.find(b" ", start)
        end = len(data) if end < 0 else end
        if len(data[start:end].translate(None, data[start : start + 1])) >= _FEW:
            yield start
        start = classes.find(_NEEDLE, end)


def runs(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yields those runs, broken lines joined, and whether the run is all there is in the data."""
    position = 0
    for start in run_starts(data):
        match = _RUN.match(data, start) if start >= position else None
        if match is not None:
            position = match.end()
            run = match[0].translate(None, b"\r\n") if b"\n" in match[0] else match[0]
            yield run, len(match[0]) == len(data.strip(b" \t\r\n\"'="))


def from_base64(run: bytes) -> Iterator[bytes]:
    """Yields what a run of the alphabet, the usual one or that for URLs, says in base64: read from each of its first
    four characters, because the run may have begun earlier, or something else may stand before it.
    """
    if _HEX.fullmatch(run):
        return
    run = run.translate(_STANDARD)
    for offset in range(4):
        rest = run[offset:]
        if len(rest) % 4 == 1:
            rest = rest[:-1]
        read = binascii.a2b_base64(rest + b"=" * (-len(rest) % 4))
        yield read
        if offset == 0 and is_text(read):
            return  # no run reads as text from two different characters


def from_hex(run: bytes) -> Iterator[bytes]:
    """Yields what the hexadecimal digits in a run say, read from the first digit and from the second."""
    for match in _HEX.finditer(run):
        digits = match[0]
        for offset in (0, 1):
            rest = digits[offset:]
            yield binascii.a2b_hex(rest[: len(rest) - len(rest) % 2])


_HINTS = ((b"\\", _WORTH_UNESCAPING), (b"%", _URL), (b"&", _ENTITY))


def hints(block: bytes) -> list[int]:
    """Returns, in order, offsets in a block of values at which something may be written in one of these ways.

    A value that holds none of them, and nothing but text, need not be decoded.
    """
    found = list(run_starts(block))
    for character, pattern in _HINTS:
        if character in block:
            found += [match.start() for match in pattern.finditer(block)]
    return sorted(found)
