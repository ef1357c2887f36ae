"""Inputs that are nearly right: pieces cut out, doubled, moved, flipped, and odd words put in."""

from __future__ import annotations

from random import Random

WORDS = [
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r\n", b"\t", b'"', b"'", b"{{", b"}}", b"{%", b"%}", b"{", b"}", b"[", b"]", b":",
    b"- ", b"&a ", b"*a", b"<<: *a", b"!!python/object:os.system ", b"|\n", b"null", b"~", b"true", b".nan", b".inf", b"-1", b"1e999",
    b"99999999999999999999", b"0x", b"2026-13-45", "\u2028".encode(), "\u202e".encode(), b"\xed\xa0\x80", b"\\ud800", b"../", b"/dev/zero",
    b"kind: typed", b"kind: fake", b"kind: load", b"provider: name", b"when: \"{{ a }}\"", b"name", b"rows: 0", b"from: {table: t}",
    b" | float", b"range(10**9)", b"a" * 5000, b"[" * 200, b"{{ name }}",
]  # fmt: skip


def mutated(seed: bytes, stream: Random) -> bytes:
    """A seed after a few changes."""
    data = bytearray(seed)
    for _ in range(stream.choice((1, 1, 2, 3, 8))):
        at = stream.randrange(len(data) + 1)
        end = min(len(data), at + stream.choice((1, 2, 8, 40, 400)))
        change = stream.randrange(6)
        if change == 0:
            del data[at:end]
        elif change == 1:
            data[at:at] = stream.choice(WORDS)
        elif change == 2:
            data[at:end] = stream.choice(WORDS)
        elif change == 3:
            data[at:at] = data[at:end]
        elif change == 4 and data:
            data[at % len(data)] ^= 1 << stream.randrange(8)
        else:
            del data[at:]
    return bytes(data)
