# Reads interchanges with pyx12 and pydifact, which share no code with the hub, and
# compares what they see with what the hub saw: the file beside each, ending in
# `.seen`. Acknowledgements (`*.ack.x12`) are checked by pyx12 against its own maps
# of 997 and 999. Prints each difference; the exit code says whether there was one.
import io
import pathlib
import sys


def line(tag, elements):
    """One segment, as `.seen` files write it: values in hex."""
    while elements and all(part == "" for part in elements[-1]):
        elements.pop()
    shown = []
    for parts in elements:
        while len(parts) > 1 and parts[-1] == "":
            parts = parts[:-1]
        shown.append(",".join(part.encode("latin-1").hex() for part in parts))
    return "|".join([tag] + shown)


def edifact(text):
    from pydifact.parser import Parser

    for segment in Parser().parse(text):
        if segment.tag != "UNA":
            elements = [[it] if isinstance(it, str) else list(it) for it in segment.elements]
            yield line(segment.tag, elements)


def x12(text):
    from pyx12.x12file import X12Reader

    for segment in X12Reader(io.StringIO(text)):
        elements = [[part.get_value() or "" for part in it.elements] for it in segment.elements]
        yield line(segment.get_seg_id(), elements)


# pyx12's maps are those of another trade: they know other groups and messages than
# orders, other address kinds, and another industry's suffix of the release.
OTHER_TRADE = [
    ("AK1*PO*", "AK1*HC*"),
    ("AK1*PR*", "AK1*HC*"),
    ("AK2*850*", "AK2*837*"),
    ("AK2*855*", "AK2*837*"),
    ("AK2*860*", "AK2*837*"),
    ("*08*4900000000017  *", "*ZZ*4900000000017  *"),
    ("*X*005010", "*X*005010X231A1"),
    ("*0001*005010", "*0001*005010X231A1"),
]


def acknowledgement(path):
    import logging

    import pyx12.errors
    import pyx12.params
    import pyx12.x12n_document

    text = path.read_text()
    for ours, theirs in OTHER_TRADE:
        text = text.replace(ours, theirs)
    told = io.StringIO()
    logging.basicConfig(stream=told, level=logging.WARNING, force=True)
    try:
        params = pyx12.params.params()
        fine = pyx12.x12n_document.x12n_document(params, io.StringIO(text), None, None, None)
    except pyx12.errors.EngineError as fault:
        return [f"{path.name}: {fault}"]
    return [] if fine else [f"{path.name}: pyx12 refuses it: {told.getvalue()}{text}"]


def main(folder):
    count, wrong = 0, []
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.name.endswith(".ack.x12"):
            wrong += acknowledgement(path)
        elif path.suffix in (".x12", ".edifact"):
            read = x12 if path.suffix == ".x12" else edifact
            theirs = list(read(path.read_bytes().decode("latin-1")))
            ours = path.with_suffix(path.suffix + ".seen").read_text().splitlines()
            for number, pair in enumerate(zip(ours, theirs), 1):
                if pair[0] != pair[1]:
                    wrong.append(f"{path.name}, segment {number}:\n  hub    {pair[0]}\n  theirs {pair[1]}")
            if len(ours) != len(theirs):
                wrong.append(f"{path.name}: hub {len(ours)} segments, theirs {len(theirs)}")
        else:
            continue
        count += 1
    print("\n".join(wrong[:20]))
    print(f"{count} files compared, {len(wrong)} differences")
    return 1 if wrong or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
