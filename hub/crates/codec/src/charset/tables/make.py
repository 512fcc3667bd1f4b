#!/usr/bin/env python3
"""Makes the mapping tables beside this file, and refuses to when its two sources differ.

ibm.txt       single and double bytes of IBM-930 and IBM-939. Sources: the converters of glibc
              (IBM930, IBM939) and of ICU 72 (ibm-930_P120-1999, ibm-939_P120-1999).
eucjp-ms.txt  the codes of eucJP-ms after 8F that JIS X 0212 does not have. Source: glibc (EUC-JP-MS).

A line is a run: the first code, a tab, the characters of that code and those behind it. Seven
symbols stand as Microsoft maps them; the user-defined areas are rules, not lines.

    python3 make.py           write the tables
    python3 make.py --check   say whether they are as they would be written
"""

import ctypes
import ctypes.util
import functools
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
ICU_VERSION = 72
SO, SI = b"\x0e", b"\x0f"
# As `fold::SYMBOLS` has them, JIS first.
MICROSOFT = str.maketrans("\u301c\u2212\u2014\u2016", "\uff5e\uff0d\u2015\u2225")


@functools.lru_cache
def converter(target, source):
    """A converter of glibc, and the function that uses it."""
    libc = ctypes.CDLL(None)
    libc.iconv_open.restype = ctypes.c_void_p
    libc.iconv.argtypes = [ctypes.c_void_p] * 5
    libc.iconv.restype = ctypes.c_size_t
    handle = libc.iconv_open(target.encode(), source.encode())
    if handle == ctypes.c_void_p(-1).value:
        sys.exit(f"glibc has no converter {source} to {target}")
    return handle, libc.iconv


def converted(target, source, given):
    """Bytes turned by glibc from one set to another; None when they cannot be."""
    handle, iconv = converter(target, source)
    room = 8 * len(given) + 64
    buffers = ctypes.create_string_buffer(given, len(given) + 1), ctypes.create_string_buffer(room)
    places = [ctypes.c_void_p(ctypes.addressof(it)) for it in buffers]
    left = [ctypes.c_size_t(len(given)), ctypes.c_size_t(room)]
    pointers = [ctypes.addressof(it) for it in (places[0], left[0], places[1], left[1])]
    done = iconv(handle, *pointers)
    # Shifts back, where the set has shifts, and begins anew.
    iconv(handle, None, None, *pointers[2:])
    return None if done or left[0].value else buffers[1].raw[: room - left[1].value]


def glibc(name):
    """A function from bytes to their characters; None when they are none."""

    def decode(code):
        text = converted("UTF-32BE", name, code)
        return None if text is None else text.decode("utf-32be")

    return decode


def icu(name):
    """The same, from ICU."""
    found = ctypes.util.find_library("icuuc") or f"libicuuc.so.{ICU_VERSION}"
    library = ctypes.CDLL(found)

    def call(function):
        return getattr(library, f"{function}_{ICU_VERSION}")

    call("ucnv_open").restype = ctypes.c_void_p
    status = ctypes.c_int(0)
    converter = ctypes.c_void_p(call("ucnv_open")(name.encode(), ctypes.byref(status)))
    stop = ctypes.cast(call("UCNV_TO_U_CALLBACK_STOP"), ctypes.c_void_p)
    old = [ctypes.c_void_p(), ctypes.c_void_p()]
    call("ucnv_setToUCallBack")(
        converter, stop, None, ctypes.byref(old[0]), ctypes.byref(old[1]), ctypes.byref(status)
    )
    if status.value > 0:
        sys.exit(f"ICU has no converter {name}")

    def decode(code):
        status, units = ctypes.c_int(0), (ctypes.c_uint16 * 16)()
        call("ucnv_resetToUnicode")(converter)
        arguments = (units, 16, code, len(code), ctypes.byref(status))
        count = call("ucnv_toUChars")(converter, *arguments)
        if status.value > 0:
            return None
        return bytes(memoryview(units).cast("B")[: 2 * count]).decode("utf-16le")

    return decode


def agreed(sources, code):
    """What both sources say of a code."""
    answers = {source(code) for source in sources}
    if len(answers) != 1:
        sys.exit(f"the sources differ on {code.hex()}: {answers}")
    return answers.pop()


def is_user_defined(text):
    return "\ue000" <= text <= "\uf8ff"


def runs(codes):
    """Lines of neighbouring codes of one row."""
    lines, last = [], None
    for code, text in sorted(codes.items()):
        if last is None or code != last + 1 or code >> 8 != last >> 8:
            lines.append([code, ""])
        lines[-1][1] += text
        last = code
    return [f"{code:02X}\t{text}\n" for code, text in lines]


def ibm():
    hosts = {
        name: (glibc(f"IBM{name}"), icu(f"ibm-{name}")) for name in ("930", "939")
    }
    out = ["# IBM-930 and IBM-939, made by make.py: single bytes of each, then the double bytes of both.\n"]
    for name, sources in hosts.items():
        singles = {it: agreed(sources, bytes([it])) for it in range(0x40, 0xFF)}
        out.append(f"# single bytes of {name} from 40 to FE\n")
        out += runs({it: text for it, text in singles.items() if text})
    doubles = {}
    for code in range(0x4040, 0xFFFF):
        shifted = SO + code.to_bytes(2, "big") + SI
        text = agreed(hosts["930"] + hosts["939"], shifted)
        if text and is_user_defined(text):
            place = (code >> 8) - 0x69, (code & 0xFF) - 0x41
            assert ord(text) == 0xE000 + place[0] * 190 + place[1], hex(code)
        elif text:
            doubles[code] = text.translate(MICROSOFT)
    out.append("# double bytes\n")
    return "".join(out + runs(doubles))


def eucjp_ms():
    decode, codes = glibc("EUC-JP-MS"), {}
    for lead in (0xF3, 0xF4):
        for trail in range(0xA1, 0xFF):
            text = decode(bytes([0x8F, lead, trail]))
            if text:
                codes[lead << 8 | trail] = text
    for lead in range(0xF5, 0xFF):
        for trail in range(0xA1, 0xFF):
            place = (lead - 0xF5) * 94 + trail - 0xA1
            assert decode(bytes([lead, trail])) == chr(0xE000 + place)
            assert decode(bytes([0x8F, lead, trail])) == chr(0xE3AC + place)
    head = "# eucJP-ms after 8F: what JIS X 0212 does not have, made by make.py.\n"
    return head + "".join(runs(codes))


def main():
    wrong = 0
    for name, text in (("ibm.txt", ibm()), ("eucjp-ms.txt", eucjp_ms())):
        path = HERE / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            print(f"{name} differs from what its sources say")
            wrong = 1
    sys.exit(wrong)


if __name__ == "__main__":
    main()
