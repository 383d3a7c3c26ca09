"""What a hostile or broken visitor sends, by the way it comes in: each entry one malformed input.

`TABLES` gathers them; test_count.py says how many there are, the other files what becomes of them.
"""

import io
import json
import math
import zipfile
from typing import Any

from streamlit.proto.Common_pb2 import (
    DoubleArray,
    FileUploaderState,
    SInt64Array,
    StringArray,
    StringTriggerValue,
)
from streamlit.proto.WidgetStates_pb2 import WidgetState

from explorer.data import own

NAN, INF = math.nan, math.inf
DEEP = "[" * 100_000 + "]" * 100_000
MARKUP = "<img src=x onerror=alert(1)>"
RIGHT_TO_LEFT = "\u202egnp.exe"

# ---------------------------------------------------------------- reports of components, as values

#: What a dragged handle, a cross-hair or a film may claim. Nothing here is a place or a frame.
REPORTS: dict[str, Any] = {
    "nothing": None,
    "true": True,
    "false": False,
    "negative": -1,
    "beyond the film": 10**9,
    "beyond every integer": 10**400,
    "fraction": 0.5,
    "not a number": NAN,
    "infinite": INF,
    "text": "moved",
    "number as text": "1",
    "markup": MARKUP,
    "very long text": "x" * 1_000_000,
    "empty list": [],
    "list of numbers": [1, 2],
    "nested lists": [[[[[[1]]]]]],
    "empty object": {},
    "huge list": [0] * 200_000,
    "huge object": {str(n): n for n in range(50_000)},
    "no such handle": {"id": "nobody", "x": 0, "y": 0, "number": 1},
    "no name": {"x": 0, "y": 0},
    "name is a list": {"id": [], "x": 0, "y": 0},
    "name is an object": {"id": {"id": "grip"}, "x": 0, "y": 0},
    "name is a number": {"id": 0, "x": 0, "y": 0},
    "name is a secret one": {"id": "__class__", "x": 0, "y": 0},
    "no coordinates": {"id": "grip", "number": 1},
    "one coordinate": {"id": "grip", "x": 1},
    "coordinates are null": {"id": "grip", "x": None, "y": None},
    "coordinates are text": {"id": "grip", "x": "1", "y": "2"},
    "coordinates are lists": {"id": "grip", "x": [1], "y": [2]},
    "coordinates are objects": {"id": "grip", "x": {}, "y": {}},
    "coordinates are booleans": {"id": "grip", "x": True, "y": False},
    "x is not a number": {"id": "grip", "x": NAN, "y": 0.0},
    "y is infinite": {"id": "grip", "x": 0.0, "y": -INF},
}
#: Places so far out that they are moved to the edge; numbers of reports that no browser counts.
FAR: dict[str, Any] = {
    "far right": {"id": "grip", "x": 1e299, "y": 0.0, "number": 1},
    "far below": {"id": "grip", "x": 0, "y": -1e299, "number": 1},
    "a hair outside": {"id": "grip", "x": 3.0000001, "y": 2.0000001, "number": 1},
    "number from the past": {"id": "grip", "x": 0.0, "y": 0.0, "number": 0},
    "negative number": {"id": "grip", "x": 0.0, "y": 0.0, "number": -7},
    "number beyond 53 bits": {"id": "grip", "x": 0.0, "y": 0.0, "number": 2**60},
    "number is text": {"id": "grip", "x": 0.0, "y": 0.0, "number": "9"},
    "number is true": {"id": "grip", "x": 0.0, "y": 0.0, "number": True},
    "number is a fraction": {"id": "grip", "x": 0.0, "y": 0.0, "number": 1.5},
    "number is missing": {"id": "grip", "x": 0.0, "y": 0.0},
    "more keys than asked for": {"id": "grip", "x": 0, "y": 0, "number": 1, "__proto__": {"a": 1}},
}
#: What stands where a JSON list of reports belongs.
EVENTS: dict[str, str] = {
    "nothing at all": "",
    "no JSON": "moved",
    "half of JSON": '[{"event": "moved", "value": ',
    "JSON twice": "[][]",
    "zero byte": "\x00",
    "nested a hundred thousand deep": DEEP,
    "an event nested deep": f'[{{"event": "moved", "value": {DEEP}}}]',
    "a number of five thousand digits": f'[{{"event": "scrubbed", "value": {"9" * 5000}}}]',
    "null": "null",
    "a number": "7",
    "an object": '{"event": "moved"}',
    "a list of numbers": "[1, 2, 3]",
    "an event without a name": '[{"value": 1}]',
    "an event whose name is a list": '[{"event": ["moved"], "value": 1}]',
    "an event nobody knows": '[{"event": "__init__", "value": 1}]',
    "an event without a value": '[{"event": "moved"}, {"event": "scrubbed"}]',
    "a hundred thousand reports": json.dumps([{"event": "moved", "value": 1}] * 100_000),
}

# ---------------------------------------------------------------- what components keep

#: A pad's state that holds no point at all. `{"points": …}` is put around each by the test.
NO_POINTS: dict[str, Any] = {
    "points are null": None,
    "points are true": True,
    "points are a number": 5,
    "points are text": "1, 2; 3, 4",
    "points are an object": {"x": 1, "y": 2},
    "points of text": [["a", "b"], ["1", "2"]],
    "points of booleans": [[True, False], [True, True]],
    "points of null": [[None, None], None],
    "points of NaN": [[NAN, NAN], [NAN, 1.0]],
    "infinite points": [[INF, 0.0], [0.0, -INF]],
    "points in one dimension": [[1.0], [2.0]],
    "points in three dimensions": [[1.0, 2.0, 3.0]],
    "points nested too deep": [[[1.0, 2.0]], [[[[]]]]],
    "points with markup": [[MARKUP, MARKUP]],
    "a million nothings": [0] * 1_000_000,
    "a million empty points": [[]] * 1_000_000,
}
#: A pad's state with some points in it: the number kept of each.
SOME_POINTS: dict[str, tuple[Any, int]] = {
    "one good point among bad ones": ([["a", 1], [1.0, 2.0], None, [NAN, 1]], 1),
    "far out": ([[1e300, -1e300], [10**400, -(10**400)]], 2),
    "more than the pad holds": ([[1.0, 2.0]] * 100_000, 50),
    "good ones after a million bad ones": ([[]] * 1_000_000 + [[1.0, 2.0]], 0),
}
#: A digit pad's state that is no drawing.
DRAWINGS: dict[str, Any] = {
    "drawing is null": None,
    "drawing is true": True,
    "drawing is a number": 784,
    "drawing is a list": [0] * 784,
    "drawing is an empty object": {},
    "pixels are a list": {"pixels": [255] * 784},
    "pixels are null": {"pixels": None},
    "pixels are an object": {"pixels": {"pixels": ""}},
    "pixels are no base64": {"pixels": "?" * 1048},
    "pixels are too few": {"pixels": "AAAA"},
    "pixels are one too many": {"pixels": "A" * 1049},
    "pixels are megabytes": {"pixels": "A" * 4_000_000},
    "pixels in other letters": {"pixels": "가" * 1048},
    "pixels with a line break": {"pixels": "A" * 1047 + "\n"},
    "a picture file": {"pixels": "iVBORw0KGgo" + "A" * 1037},
    "of another time": {"pixels": "/" * 1045 + "w==", "epoch": "another"},
    "epoch is a list": {"pixels": "/" * 1045 + "w==", "epoch": []},
}
#: What stands where the JSON object of a component's state belongs.
STATES: dict[str, str] = {
    "empty": "",
    "no JSON": "points",
    "cut off": '{"points": [[1, 2], ',
    "a list": "[[1, 2]]",
    "null": "null",
    "text": '"points"',
    "nested a hundred thousand deep": DEEP,
    "deep inside": f'{{"points": {DEEP}, "drawing": {DEEP}}}',
    "five thousand digits": f'{{"points": [[1, {"9" * 5000}]]}}',
    "names of methods": '{"get": 1, "keys": 2, "items": 3, "__class__": 4, "_values": 5}',
    "surrogate": '{"points": "\\ud800", "drawing": "\\udfff"}',
    "zero byte": "\x00",
    "two megabytes of blanks": " " * 2_000_000,
}


# ---------------------------------------------------------------- values of Streamlit's own widgets


def _state(**value: Any) -> WidgetState:
    return WidgetState(**value)


#: What any control may be sent in place of its own kind of value.
VALUES: dict[str, WidgetState] = {
    "number: not one": _state(double_value=NAN),
    "number: infinite": _state(double_value=INF),
    "number: minus infinite": _state(double_value=-INF),
    "number: enormous": _state(double_value=1e300),
    "number: enormous below": _state(double_value=-1e300),
    "number: between the steps": _state(double_value=0.123456789),
    "whole: negative": _state(int_value=-1),
    "whole: 62 bits": _state(int_value=2**62),
    "whole: 63 bits below": _state(int_value=-(2**63)),
    "numbers: not one": _state(double_array_value=DoubleArray(data=[NAN])),
    "numbers: infinite": _state(double_array_value=DoubleArray(data=[INF])),
    "numbers: enormous": _state(double_array_value=DoubleArray(data=[1e300])),
    "numbers: enormous below": _state(double_array_value=DoubleArray(data=[-1e300])),
    "numbers: none": _state(double_array_value=DoubleArray(data=[])),
    "numbers: two": _state(double_array_value=DoubleArray(data=[1.0, 2.0])),
    "numbers: a hundred thousand": _state(double_array_value=DoubleArray(data=[1.0] * 100_000)),
    "wholes: beyond the options": _state(int_array_value=SInt64Array(data=[99])),
    "wholes: negative": _state(int_array_value=SInt64Array(data=[-1])),
    "text: no option": _state(string_value="no such option"),
    "text: empty": _state(string_value=""),
    "text: markup": _state(string_value=MARKUP),
    "text: zero byte": _state(string_value="\x00"),
    "text: half a megabyte": _state(string_value="x" * 500_000),
    "texts: no option": _state(string_array_value=StringArray(data=["no such option"])),
    "texts: none": _state(string_array_value=StringArray(data=[])),
    "texts: two": _state(string_array_value=StringArray(data=["a", "b"])),
    "texts: right to left": _state(string_array_value=StringArray(data=[RIGHT_TO_LEFT])),
    "a press": _state(trigger_value=True),
    "a tick": _state(bool_value=True),
    "bytes": _state(bytes_value=b"\xff\x00"),
    "JSON": _state(json_value='{"a": 1}'),
    "JSON report": _state(json_trigger_value='[{"event": "moved"}]'),
    "a chat message": _state(string_trigger_value=StringTriggerValue(data="x")),
    "a file": _state(file_uploader_state_value=FileUploaderState()),
}

# ---------------------------------------------------------------- addresses

#: Texts that are no value of any setting of any lesson.
TEXTS: dict[str, str] = {
    "empty": "",
    "blank": " ",
    "plus": "+",
    "words": "undefined",
    "null": "null",
    "nan": "nan",
    "NaN with a sign": "-NaN",
    "infinite": "inf",
    "infinite in words": "-Infinity",
    "overflow": "1e999",
    "underflow of hope": "-1e999",
    "huge": "9" * 400,
    "too long to be whole": "9" * 5000,
    "very long": "x" * 100_000,
    "hexadecimal": "0x10",
    "with underscores": "1_000",
    "complex": "1j",
    "fraction": "1/2",
    "thousands": "1,234.5",
    "list with holes": "1,,2",
    "five thousand numbers": ",".join(["1"] * 5000),
    "list of nan": "nan,nan,nan,nan",
    "object": '{"a":1}',
    "Arabic digits": "١٢٣",
    "fullwidth digits": "１２",
    "superscript": "²",
    "Roman numeral": "Ⅳ",
    "Korean": "가나다",
    "emoji": "🎲",
    "right to left": "\u202e1.5",
    "zero width": "1\u200b5",
    "no-break space": "\u00a01e99",
    "control characters": "\x01\x02\x1b[31m",
    "zero byte": "0\x00",
    "line break": "1\n2",
    "lone surrogate, replaced": "\ufffd",
    "markup": MARKUP,
    "script": "</script><script>alert(1)</script>",
    "formula": "$\\frac{1}{0}$",
    "template": "{{7*7}}${7*7}%s%n",
    "Python": "__import__('os').system('id')",
    "attribute": "__class__",
    "path": "../../../../etc/passwd",
    "address": "javascript:alert(1)",
    "SQL": "' OR 1=1 --",
    "percent signs": "%00%ff%zz",
}
#: Query strings as a client may send them, undecoded.
QUERIES: dict[str, str] = {
    "not decodable": "mu=%ff%fe&sigma=%zz&%ff=%ff",
    "half a percent": "mu=%&sigma=%1",
    "overlong": "mu=%c0%ae%c0%ae",
    "surrogate": "mu=%ed%a0%80",
    "no values": "mu&sigma&&&&==&=1",
    "only separators": "&" * 5000,
    "repeated keys": "&".join(["mu=1", "mu=2", "mu=nan"] * 200),
    "ten thousand keys": "&".join(f"k{n}={n}" for n in range(10_000)),
    "one key of a megabyte": "k" * 1_000_000 + "=1",
    "one value of a megabyte": "mu=" + "1" * 1_000_000,
    "lang of nobody": "lang=xx",
    "lang twice": "lang=xx&lang=../../ko",
    "lang with markup": "lang=%3Cscript%3E",
    "lang very long": "lang=" + "k" * 50_000,
    "reserved by Streamlit": "embed=true&embed_options=x&embed_options=../..&agentSession=1",
    "keys of Python": "__class__=1&__init__=2&values=3&kept%3Anormal=4",
    "keys of the session": "data_own=1&data_id=own&lost=1&page=home&runs%3Anetwork=1",
    "semicolons": "mu=1;sigma=2;data=own",
    "brackets": "mu[]=1&mu[0]=2&mu[a][b]=3",
    "zero bytes": "%00=%00&mu=1%00",
    "right to left": "%e2%80%aemu=5.1",
    "own data asked for": "data=own",
    "data from a path": "data=../../../../etc/passwd",
    "data from elsewhere": "data=http%3A%2F%2Fexample.org%2Fx.csv",
    "a fragment": "mu=1#sigma=2",
}

# ---------------------------------------------------------------- typed points

#: Typed coordinates that are no points in the plane, and the code of the refusal.
TYPED: dict[str, tuple[str, str]] = {
    "a letter": ("x", "wrong_dims"),
    "markup": (f"{MARKUP}, 1", "xml"),
    "NaN": ("nan, nan; 1, 2", "missing"),
    "infinite": ("1, inf; 2, 3", "infinite"),
    "beyond doubles": ("1, 1e999; 2, 3", "infinite"),
    "beyond the limit": ("1, 2e12; 2, 3", "too_big"),
    "hexadecimal": ("0x1F, 1; 2, 3", "hex"),
    "complex": ("1j, 1; 2, 3", "complex"),
    "Python": ("__import__('os'), 1; 2, 3", "ragged"),
    "formula of a spreadsheet": ("=1+1, 2; 3, 4", "not_a_number"),
    "a third coordinate once": ("1, 2; 3, 4, 5", "ragged"),
    "three coordinates": ("1, 2, 3; 4, 5, 6", "wrong_dims"),
    "zero byte": ("1, \x002; 3, 4", "nul"),
    "escape": ("1, \x1b[31m2; 3, 4", "control"),
    "only brackets": ("((((", "empty"),
    "too many": ("1, 2; " * (own.MAX_ROWS + 1), "too_many_rows"),
    "too much": ("1, 2; " * (own.MAX_BYTES // 6 + 1), "too_large"),
}

# ---------------------------------------------------------------- files


def zipped(*names: str, size: int = 1) -> bytes:
    """A zip archive; with a large `size`, one that unpacks to a thousand times its length."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"0" * size)
    return out.getvalue()


def _lines(text: str, count: int) -> bytes:
    return ("\n".join([text] * count)).encode()


#: Files named .csv that are none, beside those of tests/data: content, and the code of the refusal.
FILES: dict[str, tuple[bytes, str]] = {
    "a zip bomb": (zipped("bomb.csv", size=50_000_000), "compressed"),
    "a zip bomb dressed as a workbook": (zipped("xl/x.xml", size=50_000_000), "spreadsheet"),
    "a zip of paths that climb": (zipped("../../../etc/passwd"), "compressed"),
    "gzip without an end": (b"\x1f\x8b\x08\x00" + bytes(50), "compressed"),
    "bzip2": (b"BZh91AY&SY\x00\x01", "compressed"),
    "xz": (b"\xfd7zXZ\x00\x00\x04", "compressed"),
    "Zstandard": (b"\x28\xb5\x2f\xfd\x04\x00", "compressed"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c\x00\x04", "compressed"),
    "RAR": (b"Rar!\x1a\x07\x01\x00", "compressed"),
    "TIFF": (b"II*\x00\x08\x00\x00\x00", "media"),
    "WAV": (b"RIFF\x24\x00\x00\x00WAVEfmt \x10", "media"),
    "MP3": (b"ID3\x03\x00\x00\x00\x00\x00\x00", "media"),
    "a PNG of a megabyte": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4000, "media"),
    "a program for Linux": (b"\x7fELF\x02\x01\x01\x00" + bytes(64), "binary_table"),
    "a program for Windows": (b"MZ\x90\x00\x03\x00\x00\x00", "binary_table"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, \x00\x01", "binary_table"),
    "Arrow": (b"ARROW1\x00\x00\xff\xff", "binary_table"),
    "a pickle": (b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00cposix\nsystem\n", "nul"),
    "an icon in XML": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "xml"),
    "XML that multiplies": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        "xml",
    ),
    "HTML with a script": (b"<html><script>alert(1)</script>1,2\n3,4</html>", "html"),
    "JSON nested deep": (DEEP[:50_000].encode() + b"x", "json"),
    "brackets without end": (b"[" * 90_000, "empty"),
    "zero bytes only": (bytes(1000), "nul"),
    "a zero byte at the end": (b"1,2\n3,4\n\x00", "nul"),
    "UTF-16 with half a pair": ("1,2\n3,4".encode("utf-16") + b"\x00\xd8\n\x00", "encoding"),
    "UTF-32 beyond Unicode": (b"\xff\xfe\x00\x00" + b"\xff\xff\xff\xff" * 4, "encoding"),
    "UTF-16 mark and nothing": (b"\xff\xfe", "empty"),
    "UTF-16 mark, then bytes": (b"\xfe\xff\xd8", "encoding"),
    "one byte above 5 MB": (b"1" * (own.MAX_BYTES + 1), "too_large"),
    "5 MB in one line": (b"1," * (own.MAX_BYTES // 2), "long_line"),
    "5 MB of one digit": (b"9" * own.MAX_BYTES, "long_line"),
    "5 MB of quotes": (b'"' * own.MAX_BYTES, "long_line"),
    "5 MB of short lines": (b"1\n" * (own.MAX_BYTES // 2), "too_many_rows"),
    "5 MB of line ends": (b"\n" * own.MAX_BYTES, "blank"),
    "5 MB of comments": (b"# x\n" * (own.MAX_BYTES // 4), "only_comments"),
    "5 MB of quoted cells": (_lines('"1","2"', own.MAX_BYTES // 8), "too_many_rows"),
    "a quote around all": (b'"1,2\n' + b"3,4\n" * 40_000, "quote"),
    "a hundred thousand names": (
        b"\n".join(b"name%d" % k for k in range(100_000)),
        "too_many_rows",
    ),
    "forty thousand names": (b"\n".join(b"name%d" % k for k in range(40_000)), "no_numbers"),
    "forty thousand columns": (b",".join([b"1"] * 40_000) + b"\n2\n", "too_many_columns"),
    "numbers of a hundred thousand digits": (b"x\n1\n" + b"9" * 99_999 + b"\n", "not_a_number"),
    "an exponent without end": (b"x\n1\n1e" + b"9" * 300 + b"\n", "infinite"),
    "a formula that calls": (b"=cmd|' /C calc'!A0\n=cmd|' /C calc'!A1\n", "no_numbers"),
    "escape sequences": (b"\x1b[2J\x1b[1;1H1,2\n3,4", "control"),
    "separators that fight": (b"1;2,3\t4|5\n6,7;8|9\t1\n", "one_value"),
}
#: Names of files; they are shown, and go no further.
NAMES: dict[str, str] = {
    "climbs": "../../../../etc/passwd.csv",
    "absolute": "/etc/passwd.csv",
    "of Windows": "C:\\con\\aux.csv",
    "share": "\\\\evil\\share.csv",
    "markup": f"{MARKUP}.csv",
    "formula": "$x^2$ `code` **bold** [a](javascript:alert(1)).csv",
    "directive": ":red[x] :material/home: {x} %(y)s %s.csv",
    "right to left": RIGHT_TO_LEFT + ".csv",
    "very long": "x" * 10_000 + ".csv",
    "empty": "",
    "blank": " \t\n ",
    "control characters": "a\x00b\x1b[31mc\r\nX-Header: 1.csv",
}
#: Names of columns; they become axis titles, table heads and parts of an exported script.
COLUMNS: dict[str, str] = {
    "quotes that end strings": 'a""" + __import__("os").getcwd() + """',
    "a lone backslash": "a\\",
    "braces and percent": "{x} {0} %s %(y)s {{}}",
    "markup": "<b onmouseover=alert(1)>x</b>",
    "formula": "$\\input{/etc/passwd}$",
    "of Python": "__class__",
    "right to left": "\u202ethgieh",
    "a line break": '"two\nlines"',
}

# ---------------------------------------------------------------- the wire

#: Frames that are no message of a browser, and the code with which the line is closed.
FRAMES: dict[str, tuple[bytes | str, int]] = {
    "text": ("hello", 1003),
    "empty text": ("", 1003),
    "a long text": ("x" * 100_000, 1003),
    "empty": (b"", 1003),
    "no message": (b"\xff\xff\xff\xff", 1002),
    "half a message": (b"\x5a\x7f\x0a", 1002),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), 1002),
    "random": (bytes(range(256)) * 10, 1002),
    "12 MB and a little": (b"\x00" * 12_100_000, 1002),
    "21 MB": (b"\x00" * 21_000_000, 1009),
}
#: Addresses of the server that must give nothing.
PATHS: dict[str, str] = {
    "the folder": "/app/static/",
    "its parent": "/app/static/..",
    "the entry": "/app/static/../streamlit_app.py",
    "the entry, encoded": "/app/static/%2e%2e/streamlit_app.py",
    "the entry, slash encoded": "/app/static/..%2fstreamlit_app.py",
    "the entry, encoded twice": "/app/static/%252e%252e%252fstreamlit_app.py",
    "the entry, with dots": "/app/static/....//streamlit_app.py",
    "the entry, backslash": "/app/static/..%5cstreamlit_app.py",
    "a hidden file": "/app/static/.hidden-file.js",
    "a draft": "/app/static/tmp-draft",
    "a note": "/app/static/notes-1.txt",
    "a folder inside": "/app/static/folder-1.js/x-1.js",
    "absolute": "/app/static//etc/passwd",
    "a drive": "/app/static/C:/x",
    "a zero byte": "/app/static/%00",
    "a share": "//evil.example/x",
    "a share, backslashes": "/%5c%5cevil/x",
    "media": "/media/",
    "media by a guessed name": "/media/0000000000000000000000000000.png",
    "media that climbs": "/media/../streamlit_app.py",
    "assets that climb": "/static/../streamlit_app.py",
    "assets, encoded": "/static/%2e%2e/%2e%2e/config.py",
    "a component's source": "/_stcore/bidi-components/explorer_stage/stage.js",
    "a component that climbs": "/_stcore/bidi-components/explorer_stage/..%2f__init__.py",
    "an old component": "/component/explorer_stage/index.html",
    "an old component that climbs": "/component/x/..%2f..%2fetc",
}
#: Files of the project; the server answers each of them with the shell of the app and nothing else.
SOURCES: dict[str, str] = {
    "the entry": "/streamlit_app.py",
    "the settings": "/.streamlit/config.toml",
    "secrets": "/.streamlit/secrets.toml",
    "the repository": "/.git/config",
    "a module": "/explorer/checkpoints.py",
    "a page": "/pages/foundations/normal.py",
    "a card": "/pretrained/vae2-mnist.json",
    "weights": "/pretrained/vae2-mnist.safetensors",
    "requirements": "/requirements.txt",
    "environment": "/.env",
    "documentation": "/openapi.json",
    "health of the script": "/_stcore/script-health-check",
}

TABLES: dict[str, dict[str, Any]] = {
    "reports of components": REPORTS,
    "reports from afar": FAR,
    "lists of reports": EVENTS,
    "pads without points": NO_POINTS,
    "pads with some points": SOME_POINTS,
    "drawings": DRAWINGS,
    "states of components": STATES,
    "values of widgets": VALUES,
    "texts in an address": TEXTS,
    "query strings": QUERIES,
    "typed points": TYPED,
    "files": FILES,
    "names of files": NAMES,
    "names of columns": COLUMNS,
    "frames": FRAMES,
    "paths": PATHS,
    "sources": SOURCES,
}
