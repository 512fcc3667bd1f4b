//! The sales journal of the till: CSV in code page 932, CRLF, a header row, one
//! row per receipt line, and a trailer with the number of rows and their sum.

use super::text::cp932;
use crate::Result;

/// The columns, in order.
const HEADER: &str = "店舗コード,レジNo,伝票番号,明細番号,取引区分,営業日,取引日時,会員コード,\
JANコード,商品コード,商品名,数量,単価,値引額,税区分,税率,金額,支払区分,担当者コード";

/// One journal, receipt by receipt.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// In the order they were rung up.
    pub receipts: Vec<Receipt>,
}

/// One receipt.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Register number, as printed.
    pub register: &'static str,
    /// Number on the receipt.
    pub number: u32,
    /// Business day, `20260105`.
    pub business_day: &'static str,
    /// Time, `2026/01/05 12:00:58`; hours go on past 24 on a long day.
    pub at: &'static str,
    /// Member code, empty for a stranger.
    pub member: &'static str,
    /// Lines, in order.
    pub lines: Vec<Line>,
}

/// One line of a receipt. Prices include tax.
#[derive(Clone, Debug)]
pub struct Line {
    /// `01` sale, `02` return, `03` cancelled, `09` training.
    pub kind: &'static str,
    /// GTIN-13.
    pub jan: &'static str,
    /// The shop's own code.
    pub code: &'static str,
    /// As the till's master file has it.
    pub name: &'static str,
    /// Text, because tills write what was typed.
    pub quantity: String,
    /// Yen.
    pub unit_price: i64,
    /// `8` or `10`, per cent.
    pub rate: u32,
    /// Yen, negative for a return.
    pub amount: i64,
}

/// The store all receipts are from.
pub const STORE: &str = "0001";

// === impl Line ===

impl Line {
    /// `quantity` pieces sold.
    #[must_use]
    pub fn sale(item: &Item, quantity: i64) -> Self {
        let amount = item.price * quantity;
        Self::of(item, "01", quantity.to_string(), amount)
    }

    /// `quantity` pieces given back.
    #[must_use]
    pub fn taken_back(item: &Item, quantity: i64) -> Self {
        let amount = -item.price * quantity;
        Self::of(item, "02", (-quantity).to_string(), amount)
    }

    fn of(item: &Item, kind: &'static str, quantity: String, amount: i64) -> Self {
        Self {
            kind,
            jan: item.jan,
            code: item.code,
            name: item.name,
            quantity,
            unit_price: item.price,
            rate: item.rate,
            amount,
        }
    }
}

/// One article in the till's master file.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// GTIN-13.
    pub jan: &'static str,
    /// The shop's own code.
    pub code: &'static str,
    /// Name on the receipt.
    pub name: &'static str,
    /// Yen, tax included.
    pub price: i64,
    /// Per cent.
    pub rate: u32,
}

/// What the shop sells. The names are full of what makes Shift_JIS hard.
pub mod items {
    use super::Item;

    /// Half-width katakana and a wave dash; reduced rate.
    pub const TEA: Item = Item {
        jan: "4901234567894",
        code: "TEA-500",
        name: "ﾘｮｸﾁｬ 500ml〜冷〜",
        price: 198,
        rate: 8,
    };
    /// The second byte of 表 and 能 is a backslash; standard rate.
    pub const CUP: Item = Item {
        jan: "4500000000018",
        code: "CUP-01",
        name: "能登の湯呑み①表絵付",
        price: 1100,
        rate: 10,
    };
    /// 髙 has two encodings; reduced rate.
    pub const CAKE: Item =
        Item {
            jan: "4901234500105", code: "CAKE-02", name: "髙田屋 羊羹", price: 1080, rate: 8
        };
}

// === impl Journal ===

impl Journal {
    /// How many rows, which the trailer says too.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.receipts.iter().map(|it| it.lines.len()).sum()
    }

    /// The sum of all amounts in yen, which the trailer says too.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.receipts.iter().flat_map(|it| &it.lines).map(|it| it.amount).sum()
    }

    /// The file.
    ///
    /// # Errors
    /// When a text is not in code page 932.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut text = format!("{HEADER}\r\n");
        for receipt in &self.receipts {
            for (index, line) in receipt.lines.iter().enumerate() {
                text.push_str(&receipt.row(index + 1, line));
            }
        }
        text.push_str(&format!("END,{},{}\r\n", self.rows(), self.sum()));
        cp932(&text)
    }
}

impl Receipt {
    fn row(&self, number: usize, line: &Line) -> String {
        let Self { register, business_day, at, member, .. } = self;
        let Line { kind, jan, code, name, quantity, unit_price, rate, amount } = line;
        let receipt = self.number;
        format!(
            "{STORE},{register},{receipt:06},{number},{kind},{business_day},{at},{member},\
             {jan},{code},\"{name}\",{quantity},{unit_price},0,0,{rate},{amount},01,S012\r\n"
        )
    }
}
