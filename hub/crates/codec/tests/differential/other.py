#!/usr/bin/env python3
"""What other implementations make of character sets and CSV, for differential tests.

    other.py codes      every code and character: Python's codecs, glibc's converters
    other.py texts      random texts, encoded by both
    other.py csv        random CSV files and what Python's csv reads in them
    other.py write      random rows and what Python's csv writes for them

Lines of fields between tabs; bytes and texts in hexadecimal, `-` where there is none.
"""

import csv
import io
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "src" / "charset" / "tables"))
sys.dont_write_bytecode = True
from make import SI, SO, converted, glibc  # noqa: E402

ONES = [bytes([it]) for it in range(256)]
ROWS = range(0xA1, 0xFF)
SHIFT_JIS = ONES + [bytes([a, b]) for a in range(0x81, 0xFD) for b in range(0x40, 0xFD)]
EUC_TWO = [bytes([a, b]) for a in [0x8E, *ROWS] for b in ROWS]
EUC = ONES + EUC_TWO + [bytes([0x8F, a, b]) for a in ROWS for b in ROWS]
HOST = [it for it in ONES if it not in (SO, SI)]
HOST += [SO + bytes([a, b]) + SI for a in range(0x40, 0xFF) for b in range(0x40, 0xFF)]
MAIL = [bytes([it]) for it in range(0x80) if it not in (0x0E, 0x0F, 0x1B)]
MAIL += [b"\x1b$B" + bytes([a, b]) + b"\x1b(B" for a in range(0x21, 0x7F) for b in range(0x21, 0x7F)]
MAIL += [b"\x1b(J" + bytes([it]) + b"\x1b(B" for it in range(0x20, 0x7F)]


def python(name):
    def decode(code):
        try:
            return code.decode(name)
        except UnicodeDecodeError:
            return None

    def encode(text):
        try:
            return text.encode(name)
        except UnicodeEncodeError:
            return None

    return decode, encode


def libc(name):
    return glibc(name), lambda text: converted(name, "UTF-8", text.encode("utf-8"))


# Our profile, the other implementation, the codes.
PAIRS = [
    ("cp932 duplicates=nec", "python cp932", python("cp932"), SHIFT_JIS),
    ("shift_jis", "python shift_jis", python("shift_jis"), SHIFT_JIS),
    ("euc-jp", "python euc_jp", python("euc_jp"), EUC),
    ("iso-2022-jp-strict", "python iso2022_jp", python("iso2022_jp"), MAIL),
    ("cp037", "python cp037", python("cp037"), ONES),
]


def host_pairs():
    return [
        ("eucjp-ms", "glibc EUC-JP-MS", libc("EUC-JP-MS"), EUC),
        ("cp290", "glibc IBM290", libc("IBM290"), ONES),
        ("cp930", "glibc IBM930", libc("IBM930"), HOST),
        ("cp939", "glibc IBM939", libc("IBM939"), HOST),
    ]


def field(value):
    if value is None:
        return "-"
    return (value.encode("utf-8") if isinstance(value, str) else value).hex()


def put(*fields):
    print("\t".join(fields))


def codes():
    characters = [chr(it) for it in range(0x10000) if not 0xD800 <= it < 0xE000]
    for ours, other, (decode, encode), all_codes in PAIRS + host_pairs():
        for code in all_codes:
            put("decode", ours, other, field(code), field(decode(code)))
        for character in characters:
            code = encode(character)
            if code is not None:
                put("encode", ours, other, field(character), field(code))


def texts():
    rng = random.Random(20260105)
    # glibc writes other characters for backslash and tilde.
    letters = [chr(it) for it in range(0x20, 0x7F) if chr(it) not in "\\~"]
    kanji = [it for it in map(chr, range(0x4E00, 0x9FA6))]
    kana = [chr(it) for it in range(0x3041, 0x3094)]
    for ours, other, (_, encode), _ in PAIRS + host_pairs():
        good = [it for it in letters + kana + kanji + ["\r\n"] if encode(it) is not None]
        plain = [it for it in good if len(it) > 1 or it in letters]
        for _ in range(300):
            runs = [rng.choices(rng.choice([good, plain]), k=rng.randrange(9)) for _ in range(8)]
            text = "".join(it for run in runs for it in run)
            put("text", ours, other, field(text), field(encode(text)))
    for ours, other in [("utf-16le", "utf-16-le"), ("utf-16be", "utf-16-be")]:
        for _ in range(300):
            text = "".join(rng.choices(letters + kanji + ["𠮷", "😀", "\u3099"], k=30))
            put("text", ours, f"python {other}", field(text), field(text.encode(other)))


COLUMNS = 3


def cell(rng, pieces):
    return "".join(rng.choices(pieces, k=rng.randrange(4)))


def read_csv():
    """Files as people make them: half of the cells are quoted as they should be."""
    rng = random.Random(41270)
    pieces = ["a", "表", "1", ",", '"', "\n", "\r\n", " ", "-", "'", ";"]
    for _ in range(3000):
        lines = []
        for _ in range(rng.randrange(1, 4)):
            cells = []
            for _ in range(rng.choice([COLUMNS] * 5 + [COLUMNS + 1])):
                text = cell(rng, pieces)
                right = rng.random() < 0.7
                cells.append('"' + text.replace('"', '""') + '"' if right else text)
            lines.append(",".join(cells))
        text = "\r\n".join(lines) + rng.choice(["\r\n", ""])
        rows = list(csv.reader(io.StringIO(text, newline="")))
        put("csv", field(text), *(field("\x1f".join(["", *row])) for row in rows))


def write_csv():
    rng = random.Random(41271)
    pieces = ["a", "表", "1", ",", '"', "\n", "\r\n", " ", "-", "'", ";", "\t"]
    for quoting, word in [(csv.QUOTE_MINIMAL, "needed"), (csv.QUOTE_ALL, "always")]:
        for _ in range(1000):
            rows = [[cell(rng, pieces) for _ in range(COLUMNS)] for _ in range(rng.randrange(1, 4))]
            out = io.StringIO(newline="")
            csv.writer(out, quoting=quoting, lineterminator="\r\n").writerows(rows)
            put("write", word, field(out.getvalue()), *(field("\x1f".join(["", *it])) for it in rows))


if __name__ == "__main__":
    {"codes": codes, "texts": texts, "csv": read_csv, "write": write_csv}[sys.argv[1]]()
