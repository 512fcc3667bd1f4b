# Makes the workbooks among the fixtures of the package generic-stock-xlsx with
# XlsxWriter, the same bytes each time:
#
#     "$(integration-tests/independent/setup.sh)" integration-tests/independent/stock_count.py
import datetime
import pathlib

import xlsxwriter

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "adapters/packages/generic-stock-xlsx/fixtures"
AT = datetime.datetime(2026, 1, 5, 21, 30)
NAMES = ["商品コード", "商品名", "棚A", "棚B", "実数", "単位", "店舗コード", "棚卸票", "棚卸日時"]


def write(case, sheet_name, rows, hidden=()):
    """Rows: code, name, shelf A, shelf B, what 実数 is (None: their sum), unit."""
    path = FIXTURES / case / "in.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": AT})
        four = book.add_format({"num_format": "0000"})
        moment = book.add_format({"num_format": "yyyy/m/d h:mm"})
        bold = book.add_format({"bold": True})
        book.add_worksheet("説明").write(0, 0, "数えた数を入れてください")
        sheet = book.add_worksheet(sheet_name)
        sheet.merge_range(0, 0, 0, 5, "棚卸表 2026年1月", bold)
        sheet.write_row(3, 0, NAMES)
        for at, (code, name, a, b, counted, unit) in enumerate(rows, 4):
            if code is None:
                continue
            sheet.write(at, 0, code)
            sheet.write_rich_string(at, 1, bold, name, "　特価")
            sheet.write(at, 2, a)
            sheet.write(at, 3, b)
            if counted is None:
                sheet.write_formula(at, 4, f"=C{at + 1}+D{at + 1}", None, a + b)
            elif str(counted).startswith("="):
                sheet.write_formula(at, 4, counted, None, "#N/A" if "NA" in counted else "")
            else:
                sheet.write(at, 4, counted)
            sheet.write(at, 5, unit)
            sheet.write(at, 6, 12, four)
            sheet.write(at, 7, "T-0001")
            sheet.write_datetime(at, 8, AT, moment)
            if at in hidden:
                sheet.set_row(at, None, None, {"hidden": True})
        sheet.write(len(rows) + 5, 0, "数えた人: 山田")


write(
    "counted",
    "棚卸",
    [
        ("TEA-500", "緑茶", 10, 14, None, "個"),
        ("CUP-01", "紙コップ", 2, 0, None, "ケース"),
        (None,) * 6,
        # 1.1 + 2.2 is 3.3000000000000003 in a spreadsheet; typed, it is 3.3.
        ("RICE", "米", 1.1, 2.2, 3.3, "kg"),
        (4901234567894, "のり", 0, 0, None, "個"),
    ],
)
write(
    "bad-cells",
    "棚卸",
    [
        ("TEA-500", "緑茶", 10, 14, "=NA()", "個"),
        ("CUP-01", "紙コップ", 2, 0, "十", "個"),
        ("RICE", "米", 1.1, 2.2, None, "kg"),
        ("NORI", "のり", 1, 1, None, "個"),
        ("SALT", "塩", 5, 1, None, "個"),
    ],
    hidden=[7],
)
write("other-sheet", "棚卸(2)", [("TEA-500", "緑茶", 1, 1, None, "個")])
