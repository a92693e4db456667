"""Files that no spreadsheet program has made: cut, flipped, swollen, nested, and just noise.

Every one is made from a seed, so that a fault can be looked at again.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import xlsxwriter

Maker = Callable[[random.Random], bytes]
SHEET = "xl/worksheets/sheet1.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADINGS = ("姓名", "身份证号码", "手机号码", "社区")


def good(rows: int = 12) -> bytes:
    """A sheet as it should be."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, HEADINGS)
    for row in range(1, rows + 1):
        page.write_row(row, 0, (f"测试{row}", "", f"138{row:08d}", "350502004001"))
    book.close()
    return out.getvalue()


GOOD = good()


def zipped(parts: dict[str, bytes], level: int = 9) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, held in parts.items():
            archive.writestr(name, held)
    return out.getvalue()


def parts_of(blob: bytes = GOOD) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def with_sheet(text: bytes) -> bytes:
    return zipped(parts_of() | {SHEET: text})


def sheet(cells: bytes, head: bytes = b"") -> bytes:
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    start = b'<?xml version="1.0"?>' + head + b'<worksheet xmlns="' + main + b'"><sheetData>'
    return start + cells + b"</sheetData></worksheet>"


def truncated(dice: random.Random) -> bytes:
    return GOOD[: dice.randrange(1, len(GOOD))]


def flipped(dice: random.Random) -> bytes:
    held = bytearray(GOOD)
    for _bit in range(dice.randrange(1, 30)):
        held[dice.randrange(len(held))] ^= 1 << dice.randrange(8)
    return bytes(held)


def shuffled(dice: random.Random) -> bytes:
    """The right parts under the wrong names."""
    held = parts_of()
    names, bodies = list(held), list(held.values())
    dice.shuffle(bodies)
    return zipped(dict(zip(names, bodies, strict=True)))


def mangled(dice: random.Random) -> bytes:
    """A part whose text is damaged, in an archive that is whole."""
    held = parts_of()
    name = dice.choice(list(held))
    text = bytearray(held[name])
    for _byte in range(dice.randrange(1, 40)):
        at = dice.randrange(len(text))
        text[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
    return zipped(held | {name: bytes(text)})


def without_a_part(dice: random.Random) -> bytes:
    held = parts_of()
    held.pop(dice.choice(list(held)))
    return zipped(held)


def noise(dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(1, 4_000))


def noisy_ole(dice: random.Random) -> bytes:
    return OLE + dice.randbytes(dice.randrange(100, 20_000))


def noisy_zip(dice: random.Random) -> bytes:
    return b"PK\x03\x04" + dice.randbytes(dice.randrange(10, 4_000))


def other_file(dice: random.Random) -> bytes:
    return dice.choice(
        (
            b"%PDF-1.7\n" + dice.randbytes(500),
            b"\x89PNG\r\n\x1a\n" + dice.randbytes(500),
            b"<html><table><tr><td>1</td></tr></table></html>",
            b"#!/bin/sh\necho 1\n",
            b"\xff\xfe" + dice.randbytes(501),
            zipped({"a.txt": b"no workbook"}),
            b"PK\x05\x06" + bytes(18),
        )
    )


def odd_commas(dice: random.Random) -> bytes:
    text = "\n".join(
        ",".join(dice.choice(('"', "测", "=1+1", "", "a\tb", "'")) for _cell in range(6))
        for _row in range(dice.randrange(1, 40))
    )
    return text.encode(dice.choice(("utf-8", "gb18030", "utf-16")))


def commas_with_nul(dice: random.Random) -> bytes:
    return b"name,phone\n" + dice.randbytes(20) + b"\x00,\x00\n" * dice.randrange(1, 9)


COMMON: tuple[Maker, ...] = (
    truncated,
    flipped,
    shuffled,
    mangled,
    without_a_part,
    noise,
    noisy_ole,
    noisy_zip,
    other_file,
    odd_commas,
    commas_with_nul,
)


def files(count: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many files of every common kind in turn, each with its name."""
    for number in range(count):
        maker = COMMON[number % len(COMMON)]
        dice = random.Random(seed * 10**6 + number)  # noqa: S311 - not for secrets
        yield f"{maker.__name__} {seed}:{number}", maker(dice)


def swollen(megabytes: int = 400) -> bytes:
    """Little to send, much to unpack."""
    row = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    return with_sheet(sheet(row + b" " * (megabytes * 10**6)))


def swollen_quietly(megabytes: int = 400) -> bytes:
    """The same, and the archive says it is small."""
    blob = bytearray(swollen(megabytes))
    with zipfile.ZipFile(io.BytesIO(bytes(blob))) as archive:
        size = archive.getinfo(SHEET).file_size
    small = struct.pack("<I", 5_000)
    at = -1
    while (at := blob.find(struct.pack("<I", size), at + 1)) >= 0:
        blob[at : at + 4] = small
    return bytes(blob)


def many_rows(rows: int = 8_000_000) -> bytes:
    return with_sheet(sheet(b'<row><c t="n"><v>1</v></c></row>' * rows))


def cell_at_the_end() -> bytes:
    return with_sheet(
        sheet(
            b'<row r="1"><c r="A1"><v>1</v></c></row>'
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        )
    )


def cell_at_the_end_in_capitals() -> bytes:
    """Written so that nobody who looks for the usual way of writing it finds it."""
    return with_sheet(
        sheet(
            b"<row r='1'><c r='A1'><v>1</v></c></row>"
            b"<row r='1048576'><c s='0' r='XFD1048576'><v>1</v></c></row>"
        )
    )


def far_apart() -> bytes:
    """Two cells between which there are forty million."""
    return with_sheet(
        sheet(
            b'<row r="1"><c r="A1"><v>1</v></c></row>'
            b'<row r="40000"><c r="ALL40000"><v>1</v></c></row>'
        )
    )


def billion_laughs() -> bytes:
    names = [f"<!ENTITY a{at} '{f'&a{at - 1};' * 10}'>" for at in range(1, 10)]
    head = f"<!DOCTYPE w [<!ENTITY a0 'ha'>{''.join(names)}]>".encode()
    return with_sheet(sheet(b'<row><c t="str"><v>&a9;</v></c></row>', head))


def external_entity() -> bytes:
    head = b"<!DOCTYPE w [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    return with_sheet(sheet(b'<row><c t="str"><v>&x;</v></c></row>', head))


def nested() -> bytes:
    inner = zipped({"0": bytes(10**7)})
    for _level in range(5):
        inner = zipped({str(at): inner for at in range(6)}, level=0)
    return zipped(parts_of() | {"xl/media/image1.png": inner})


def overlapping(entries: int = 50) -> bytes:
    """Many names in the directory for the same bytes."""
    body = zlib.compress(bytes(10**6), 9)[2:-4]
    crc, size = zlib.crc32(bytes(10**6)), 10**6
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(body), size, 1, 0)
    held = local + b"a" + body
    central = b""
    for at in range(entries):
        name = f"xl/{at}.xml".encode()
        central += struct.pack(
            "<4s6H3I5H2I",
            b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(body), size, len(name), 0, 0, 0, 0, 0, 0,
        ) + name  # fmt: skip
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries, entries, len(central), len(held), 0)
    return held + central + end


def linked() -> bytes:
    """A name that is a link to a file of ours, and one that leads out."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, held in parts_of().items():
            archive.writestr(name, held)
        link = zipfile.ZipInfo("xl/worksheets/sheet9.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def leading_out() -> bytes:
    return zipped(parts_of() | {"../../etc/cron.d/x": b"* * * * * root true"})


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, held in parts_of().items():
            archive.writestr(name, held)
    blob = out.getvalue()
    # A second part of the same name, by renaming one of the same length.
    return blob.replace(b"docProps/core.xml", b"docProps/apps.xml")


def many_parts() -> bytes:
    return zipped(parts_of() | {f"xl/{at}.xml": b"" for at in range(3_000)})


def many_columns() -> bytes:
    return b"a," * 1_000_000


def many_short_rows() -> bytes:
    return b"a,b\n" * 1_200_000


def one_long_cell() -> bytes:
    return b'"' + b"x" * 4_900_000


def repeated_cells() -> bytes:
    """An OpenDocument sheet of which one line makes a million full rows."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    text = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{office}"'
        f' xmlns:table="{table}"><office:body><office:spreadsheet><table:table table:name="a">'
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
        "</table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "content.xml": text.encode()})


BOMBS: dict[str, Callable[[], bytes]] = {
    one.__name__: one  # type: ignore[attr-defined]
    for one in (
        swollen,
        swollen_quietly,
        many_rows,
        cell_at_the_end,
        cell_at_the_end_in_capitals,
        far_apart,
        billion_laughs,
        external_entity,
        nested,
        overlapping,
        linked,
        leading_out,
        twice,
        many_parts,
        many_columns,
        many_short_rows,
        one_long_cell,
        repeated_cells,
    )
}
