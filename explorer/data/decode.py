"""From the bytes of an upload to text, or a sentence saying what the file is instead."""

import re

from explorer.data.limits import MAX_BYTES
from explorer.data.message import DataError, Message, excerpt, say
from explorer.i18n import n_

# The first bytes of files that are often chosen by mistake: (start, code, what it is).
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "spreadsheet", n_("an old Excel or Office file (.xls)")),
    (b"\x1f\x8b", "compressed", n_("a gzip archive")),
    (b"BZh", "compressed", n_("a bzip2 archive")),
    (b"\xfd7zXZ\x00", "compressed", n_("an xz archive")),
    (b"\x28\xb5\x2f\xfd", "compressed", n_("a Zstandard archive")),
    (b"7z\xbc\xaf\x27\x1c", "compressed", n_("a 7-Zip archive")),
    (b"Rar!\x1a\x07", "compressed", n_("a RAR archive")),
    (b"%PDF", "document", n_("a PDF document")),
    (b"{\\rtf", "document", n_("a rich text document (.rtf)")),
    (b"\x89PNG", "media", n_("a PNG picture")),
    (b"\xff\xd8\xff", "media", n_("a JPEG picture")),
    (b"GIF8", "media", n_("a GIF picture")),
    (b"II*\x00", "media", n_("a TIFF picture")),
    (b"MM\x00*", "media", n_("a TIFF picture")),
    (b"RIFF", "media", n_("a sound or picture file (RIFF)")),
    (b"ID3", "media", n_("an MP3 sound file")),
    (b"PAR1", "binary_table", n_("a Parquet file")),
    (b"ARROW1", "binary_table", n_("an Arrow or Feather file")),
    (b"SQLite format 3\x00", "binary_table", n_("an SQLite database")),
    (b"\x93NUMPY", "binary_table", n_("a NumPy array (.npy)")),
    (b"\x89HDF\r\n\x1a\n", "binary_table", n_("an HDF5 file")),
    (b"MATLAB 5.0 MAT-file", "binary_table", n_("a MATLAB file")),
    (b"$FL2", "binary_table", n_("an SPSS file")),
    (b"RDX", "binary_table", n_("an R data file")),
    (b"\x7fELF", "binary_table", n_("a program")),
    (b"MZ\x90", "binary_table", n_("a program")),
)
# All of these are zip archives; what lies inside tells them apart.
_ZIPPED: tuple[tuple[bytes, str, str], ...] = (
    (b"xl/", "spreadsheet", n_("an Excel workbook (.xlsx)")),
    (b"opendocument.spreadsheet", "spreadsheet", n_("an OpenDocument spreadsheet (.ods)")),
    (b"Index/Document.iwa", "spreadsheet", n_("an Apple Numbers document")),
    (b"word/", "document", n_("a Word document (.docx)")),
    (b".npy", "binary_table", n_("a NumPy archive (.npz)")),
)
_ADVICE = {
    "spreadsheet": n_("This is %(what)s, not text; open it there and save the sheet as CSV."),
    "compressed": n_("This is %(what)s; unpack it first and choose the CSV file inside."),
    "document": n_("This is %(what)s; copy the numbers out of it into a plain text or CSV file."),
    "media": n_("This is %(what)s, not a table; choose a text or CSV file with numbers."),
    "binary_table": n_("This is %(what)s, not text; save the table as CSV and choose that file."),
}
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_HANGUL = re.compile(r"[\u3131-\u318e\uac00-\ud7a3]")
_BRACKETS = re.compile(r"[\[\](){}\d.,;+\-eE\s]*")  # lists of numbers and of points
_MARKUP = re.compile(r"<[A-Za-z!?/]")
# Signs that look alike: fullwidth digits and signs as East Asian keyboards type them, the minus
# of typeset text, and marks that are not there to be seen.
_LOOKALIKES = {0xFEE0 + ord(sign): sign for sign in "0123456789+,-.;%$"} | {
    0x2212: "-",  # minus sign
    0xFE63: "-",
    0x3000: " ",  # ideographic space
    0xFEFF: "",
    0x200B: "",
    0x200E: "",
    0x200F: "",
    0x2060: "",
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], ""),  # writing direction
}


def read_text(raw: bytes | str) -> tuple[str, list[Message]]:
    """The text of an upload or of a text field, line ends unified, and notes on how it was read."""
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "replace")  # lone surrogates become question marks
    check_size(len(raw))
    text, notes = decode(raw)
    text = text.translate(_LOOKALIKES).replace("\r\n", "\n").replace("\r", "\n").rstrip("\x1a")
    _check_control(text)
    _check_format(text)
    return text, notes


def is_bracketed(text: str) -> bool:
    """Whether the text is only numbers in brackets, such as “(1, 2), (3, 4)” or a Python list."""
    return text.lstrip()[:1] in ("(", "[") and bool(_BRACKETS.fullmatch(text))


def check_size(size: int) -> None:
    """Refuse more than MAX_BYTES, before anything is read."""
    if size > MAX_BYTES:
        text = n_("The data has %(found)s MB, more than the %(limit)s MB allowed; keep a part.")
        found, limit = f"{size / 1e6:,.2f}", f"{MAX_BYTES / 1e6:,.0f}"
        raise DataError("too_large", text, found=found, limit=limit)


def decode(raw: bytes) -> tuple[str, list[Message]]:
    """Text from bytes: the byte order mark decides, then UTF-8, Korean CP949, Western CP1252."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _decode_strictly(raw[len(mark) :], encoding), []
    _check_magic(raw)
    if guess := _unmarked_utf16(raw):
        return _decode_strictly(raw, guess), []
    if b"\0" in raw:
        text = n_("The data holds a zero byte in row %(row)d, so it is not text; save it as CSV.")
        raise DataError("nul", text, row=raw[: raw.index(b"\0")].count(b"\n") + 1)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(raw)
    return _decode_legacy(raw) if _is_korean_in_disguise(raw, text) else (text, [])


def _decode_strictly(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        text = n_("The file looks like %(encoding)s but cannot be read as such; save it as UTF-8.")
        raise DataError("encoding", text, encoding=encoding.upper()) from None


def _decode_legacy(raw: bytes) -> tuple[str, list[Message]]:
    """CP949 if that gives Hangul, else CP1252: "Größe" is valid in both, but not Korean."""
    note = n_("The text is not UTF-8 and was read as %(encoding)s; check the names of the columns.")
    for encoding, name in (("cp949", "Korean (CP949)"), ("cp1252", "Western (CP1252)")):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252" or _is_korean(text):
            return text, [say(note, encoding=name)]
    text = n_("The data is not text in any known encoding; save it as CSV in UTF-8.")
    raise DataError("encoding", text)


def _is_korean(text: str) -> bool:
    foreign = [character for character in text if character > "\x7f"]
    return 2 * len(_HANGUL.findall("".join(foreign))) > len(foreign)


def _is_korean_in_disguise(raw: bytes, text: str) -> bool:
    """Whether valid UTF-8 is more likely CP949: “키” (height) there is a lone “Ű” here."""
    foreign = {character for character in text if character > "\x7f"}
    if not foreign or not "\u0100" <= max(foreign) <= "\u07ff":
        return False
    try:
        korean = raw.decode("euc_kr")
    except UnicodeDecodeError:
        return False
    within_words = re.search(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]", korean)
    return _HANGUL.sub("", korean).isascii() and not within_words


def _unmarked_utf16(raw: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of ASCII text is zero."""
    start = raw[:400]
    for offset, guess in ((1, "utf-16-le"), (0, "utf-16-be")):
        empty, full = start[offset::2], start[1 - offset :: 2]
        if len(start) >= 4 and empty.count(0) > 0.7 * len(empty) and 0 not in full:
            return guess
    return None


def _check_magic(raw: bytes) -> None:
    if raw.startswith(b"PK\x03\x04"):
        for inside, code, what in _ZIPPED:
            if inside in raw:
                raise DataError(code, _ADVICE[code], what=say(what))
        raise DataError("compressed", _ADVICE["compressed"], what=say(n_("a zip archive")))
    # A column may be called “ID3” or “RDX”: a magic word in ASCII counts only in a binary file.
    binary = any(byte < 9 or 13 < byte < 32 or byte > 126 for byte in raw[:4096])
    for magic, code, what in _MAGIC:
        if raw.startswith(magic) and (binary or code == "document"):
            raise DataError(code, _ADVICE[code], what=say(what))


def _check_control(text: str) -> None:
    if found := _CONTROL.search(text):
        row = text.count("\n", 0, found.start()) + 1
        what = n_(
            "Row %(row)d holds the control character %(sign)s, so this is not a text file;"
            " save the table as CSV."
        )
        raise DataError("control", what, row=row, sign=f"U+{ord(found.group()):04X}")


def _check_format(text: str) -> None:
    """Refuse structured text that is no table, by how it begins."""
    start = text[:1000].lstrip()
    if start[:1] in ("{", "[") and not is_bracketed(text):
        what = n_("The data looks like JSON; save it as CSV, one row of numbers per line.")
        raise DataError("json", what)
    if _MARKUP.match(start):
        html = re.search(r"<(?:!doctype html|html|table|body|head|div)\b", start, re.IGNORECASE)
        what = n_("The data looks like %(what)s (“%(start)s”); save the table in it as CSV.")
        raise DataError(
            "html" if html else "xml", what, what="HTML" if html else "XML", start=excerpt(start)
        )
