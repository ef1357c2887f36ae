"""Bytes of a file as text, and files that are no text."""

import bz2
import codecs
import gzip
import io
import lzma
import pickle
import sqlite3
import subprocess
import tarfile
import zipfile

import pyarrow
import pytest
from pyarrow import feather, parquet

from synthgen.errors import DataError
from synthgen.text import files


def told(path):
    """What the error about a file of messages says, without the folder, and its hint."""
    with pytest.raises(DataError) as error:
        files.messages(path)
    return error.value.message.replace(f"{path.parent}/", ""), error.value.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("mark", [False, True])
def test_an_encoding_that_shows_is_read(tmp_path, encoding, mark):
    content = "id,text\r\n1,where’s my parcel\r\n".encode(encoding)
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    (tmp_path / "a.csv").write_bytes((marks.get(encoding, b"") if mark else b"") + content)
    assert files.messages(tmp_path / "a.csv") == ["where’s my parcel"]


def test_a_text_of_few_zeros_is_not_taken_for_utf_16(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"hello\nyo\0\0\0\n")
    message, hint = told(tmp_path / "a.txt")
    assert message == "a.txt:2: zero bytes, which no text has: a binary file, or one that was cut off"
    assert hint.endswith(r"tr -d '\000' < a.txt > a-utf8.txt")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cp1252.csv", "id,text\n1,it’s late\n".encode("cp1252")),
        ("my logs.jsonl", '{"text": "café"}\n'.encode("latin-1")),
        ("packed.csv.gz", gzip.compress("text\ncafé\n".encode("cp1252"), mtime=0)),
    ],
)
def test_the_command_that_an_error_names_converts_the_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    message, hint = told(tmp_path / name)
    assert message.endswith("not UTF-8 text")
    subprocess.run(hint.rpartition("that is right: ")[2], shell=True, check=True, cwd=tmp_path)
    (converted,) = (path for path in tmp_path.iterdir() if path.name != name)
    assert files.messages(converted)[0] in ("it’s late", "café")


def test_the_line_is_shown_as_windows_1252_has_it(tmp_path):
    (tmp_path / "a.txt").write_bytes("fine\nwhere’s my naïve parcel\n".encode("cp1252"))
    assert told(tmp_path / "a.txt")[1].startswith("as Windows-1252 it says “where’s my naïve parcel”; if that is right: iconv")


@pytest.mark.parametrize("content", ["é à ü ß ö ä\n".encode() + b"caf\xe9\n", "é à ü ß ö é".encode()[:-1]])
def test_utf_8_with_a_broken_line_is_not_converted_as_a_whole(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    message, hint = told(tmp_path / "a.txt")
    assert message.endswith("not UTF-8 text, though the rest of the file is")
    subprocess.run(hint.rpartition(": ")[2], shell=True, check=False, cwd=tmp_path)  # iconv -c ends with 1 where it left something out
    assert files.messages(tmp_path / "a-utf8.txt")[0].startswith("é à ü ß ö")


def archive(write):
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def zipped(stream):
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("xl/workbook.xml", "x")


def tarred(stream):
    with tarfile.open(fileobj=stream, mode="w") as made:
        made.addfile(tarfile.TarInfo("a.txt"))


def packed(content):
    stream = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(stream, "zstd") as out:
        out.write(content)
    return stream.getvalue().to_pybytes()


TABLE = pyarrow.table({"text": ["hi"]})
JSONL = b'{"text": "hi"}\n'
BINARY = [
    ("a.xlsx", archive(zipped), "an Excel workbook or a zip archive", "CSV UTF-8"),
    ("a.csv", archive(zipped), "an Excel workbook or a zip archive", "CSV UTF-8"),
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", "CSV UTF-8"),
    ("a.jsonl", gzip.compress(JSONL, mtime=0), "packed with gzip", "mv a.jsonl a.jsonl.gz"),
    ("a.txt", packed(b"hi"), "packed with zstd", "a.txt.zst"),
    ("a.jsonl.bz2", bz2.compress(JSONL), "packed with bzip2", "bunzip2 a.jsonl.bz2"),
    ("a.jsonl.xz", lzma.compress(JSONL), "packed with xz", "unxz a.jsonl.xz"),
    ("a.tar.gz", gzip.compress(archive(tarred), mtime=0), "a tar archive", "unpack it"),
    ("a.csv", archive(lambda stream: parquet.write_table(TABLE, stream)), "a Parquet file", "mv a.csv a.parquet"),
    ("a.arrow", archive(lambda stream: feather.write_feather(TABLE, stream)), "an Arrow file", "to_parquet('a.parquet')"),
    ("a.pdf", b"%PDF-1.7\n", "a PDF", "copy its text"),
    ("a.png", b"\x89PNG\r\n\x1a\n\0", "a picture", "save it as text"),
    ("a.pickle", pickle.dumps([b"\xff\xfe" * 300]), "a binary file", "save it as text"),
]


@pytest.mark.parametrize(("name", "content", "what", "way"), BINARY, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_no_text_is_told_as_what_it_is(tmp_path, name, content, what, way):
    (tmp_path / name).write_bytes(content)
    message, hint = told(tmp_path / name)
    assert message.startswith(f"{name}: {what}")
    assert way in hint


@pytest.mark.parametrize("name", ["a.xlsx", "a.jsonl.bz2", "a.tar.gz"])
def test_records_are_not_looked_for_in_it_either(tmp_path, name):
    content, what = next((content, what) for known, content, what, _ in BINARY if known == name)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=what):
        list(files.records(tmp_path / name))


def test_a_database_is_told_as_one(tmp_path):
    base = sqlite3.connect(tmp_path / "a.db")
    base.execute("create table messages (text)")
    base.close()
    assert told(tmp_path / "a.db")[0] == "a.db: a SQLite database, not text"


@pytest.mark.parametrize("text", ["PAR1 is my parking lot", "Rar! said the cat", "BZh", "PK me", "ARROW1 down"])
def test_a_message_may_begin_nearly_so(tmp_path, text):
    (tmp_path / "a.txt").write_text(text)
    assert files.messages(tmp_path / "a.txt") == [text]


@pytest.mark.parametrize(("name", "content"), [("a.jsonl.zst", JSONL), ("A.CSV.ZST", b"text\nhi\n"), ("a.txt.zst", b"hi\n")])
def test_zst_is_unpacked(tmp_path, name, content):
    (tmp_path / name).write_bytes(packed(content) + packed(b""))
    assert files.messages(tmp_path / name) == ["hi"]


def test_a_broken_zst_is_told_with_the_way_to_try(tmp_path):
    (tmp_path / "a.jsonl.zst").write_bytes(packed(JSONL * 50)[:-9])
    message, hint = told(tmp_path / "a.jsonl.zst")
    assert message.startswith("a.jsonl.zst: cannot be unpacked: ")
    assert hint == "unpack it by itself: zstd -d --long=31 a.jsonl.zst"


def test_packed_parquet_is_read(tmp_path):
    parquet.write_table(TABLE, tmp_path / "a.parquet")
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress((tmp_path / "a.parquet").read_bytes()))
    assert files.messages(tmp_path / "a.parquet.gz") == ["hi"]
