# Reads documents with expat (through xml.etree), which shares no code with the hub, and
# writes for each what it saw beside it, as `.told`: `refused` and why, or the document
# as JSON in the form of `codec::layout::xml_to_json`. Python alone is needed.
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

SPACE = " \t\r\n"


def local(name):
    return name.rpartition("}")[2]


def text_of(element):
    """Its own text, without that of elements in it."""
    return (element.text or "").strip(SPACE)


def seen(element):
    children = list(element)
    if not element.attrib and not children:
        return text_of(element)
    members = {f"@{local(name)}": value for name, value in element.attrib.items()}
    if not children:
        members["#text"] = text_of(element)
    for child in children:
        name, value = local(child.tag), seen(child)
        if name not in members:
            members[name] = value
        elif isinstance(members[name], list):
            members[name].append(value)
        else:
            members[name] = [members[name], value]
    return members


def main(folder):
    count = 0
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        try:
            root = ElementTree.fromstring(path.read_bytes())
            told = json.dumps({local(root.tag): seen(root)}, ensure_ascii=False)
        except (ElementTree.ParseError, ValueError, LookupError) as fault:
            told = f"refused {fault}"
        path.with_suffix(".told").write_text(told, encoding="utf-8", errors="surrogatepass")
        count += 1
    print(f"{count} documents")


if __name__ == "__main__":
    main(sys.argv[1])
