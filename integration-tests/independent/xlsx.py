# Makes workbooks with XlsxWriter and openpyxl, which share no code with the hub,
# and says what openpyxl reads in them: one line for each row of the sheet `data`,
# with the workbook's name and the cells in hex between tabs. Numbers are the
# shortest decimals of what is stored, dates are in ISO 8601, a cell with nothing
# is empty.
import datetime
import decimal
import pathlib
import random
import sys

import openpyxl
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

BOOKS = 60
ROWS = 40
COLUMNS = ["text", "amount", "day", "moment", "flag", "code"]
PIECES = ["髙島屋", "〜", "𠮷", "ﾊﾟﾝ", "a", " ", "&", "<b>", '"', "'", ",", "\n", "_x", "é", "0", "=", "\t", "か\u3099"]


def amount(rng):
    """What people type: at most fifteen digits."""
    digits = rng.randrange(1, 16)
    number = decimal.Decimal(rng.randrange(10**digits)).scaleb(-rng.randrange(0, min(digits, 8) + 1))
    return rng.choice([-1, 1, 1]) * float(number)


def row(rng):
    moment = datetime.datetime(1904, 1, 2) + datetime.timedelta(seconds=rng.randrange(4_000_000_000))
    text = "".join(rng.choices(PIECES, k=rng.randrange(1, 6)))
    cells = [
        text,
        amount(rng),
        moment.date(),
        moment,
        rng.random() < 0.5,
        rng.choice([rng.randrange(10**13), text.strip() or "x"]),
    ]
    return [None if rng.random() < 0.1 else cell for cell in cells]


def by_xlsxwriter(path, rng, number):
    # What begins with `=` or looks like an address is a text here.
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "date_1904": number % 3 == 0,
        "constant_memory": number % 4 == 0,
    }
    with xlsxwriter.Workbook(path, options) as book:
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        moment = book.add_format({"num_format": '[$-411]ggge"年"m"月"d"日" h:mm:ss'})
        bold = book.add_format({"bold": True})
        book.add_worksheet("他").write(0, 0, "another sheet")
        sheet = book.add_worksheet("data")
        sheet.write_row(0, 0, COLUMNS)
        for at in range(1, ROWS):
            for column, cell in enumerate(row(rng)):
                if isinstance(cell, datetime.datetime):
                    sheet.write_datetime(at, column, cell, moment)
                elif isinstance(cell, datetime.date):
                    sheet.write_datetime(at, column, cell, day)
                elif column == 0 and cell and rng.random() < 0.3:
                    sheet.write_rich_string(at, 0, "粗", bold, cell, "細")
                elif isinstance(cell, str):
                    sheet.write_string(at, column, cell)
                elif isinstance(cell, float) and rng.random() < 0.2:
                    sheet.write_formula(at, column, "=1+1", None, cell)
                elif cell is not None:
                    sheet.write(at, column, cell)


def by_openpyxl(path, rng, number):
    book = openpyxl.Workbook()
    if number % 3 == 0:
        book.epoch = CALENDAR_MAC_1904
    book.active.title = "他"
    sheet = book.create_sheet("data")
    sheet.append(COLUMNS)
    for at in range(2, ROWS + 1):
        for column, value in enumerate(row(rng), 1):
            cell = sheet.cell(at, column)
            if column == 1 and value and rng.random() < 0.3:
                cell.value = CellRichText("粗", TextBlock(InlineFont(b=True), value), "細")
                continue
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, datetime.datetime):
                cell.number_format = "[$-411]ge.m.d h:mm:ss"
            elif isinstance(value, datetime.date):
                cell.number_format = "yyyy-mm-dd"
    book.save(path)


def shown(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return format(decimal.Decimal(repr(value)).normalize(), "f").replace("-0", "0", value == 0)
    if isinstance(value, datetime.datetime):
        # A double is a little beside the second.
        return (value + datetime.timedelta(milliseconds=500)).replace(microsecond=0).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat() + "T00:00:00"
    return str(value)


def main(folder):
    rng = random.Random(20261122)
    for number in range(BOOKS):
        name = f"{number}.xlsx"
        make = by_xlsxwriter if number % 2 else by_openpyxl
        make(folder / name, rng, number)
        book = openpyxl.load_workbook(folder / name, data_only=True)
        for cells in book["data"].iter_rows(min_row=2, max_col=len(COLUMNS), values_only=True):
            fields = [shown(cell).encode().hex() for cell in cells]
            print("\t".join([name, *fields]))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
