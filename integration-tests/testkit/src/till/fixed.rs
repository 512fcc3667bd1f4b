//! The journal of an even older till: records of 128 bytes without line breaks,
//! cut by byte. A: the file, B: a receipt, D: a line, E: counts and total.

use super::{
    Journal, Line, Receipt,
    journal::STORE,
    text::{cp932, cp932_field},
};
use crate::{Fail, Result};

/// Bytes of every record.
const RECORD: usize = 128;

/// The file.
///
/// # Errors
/// When a value does not fit its field or is not in code page 932.
pub fn bytes(journal: &Journal) -> Result<Vec<u8>> {
    let mut file = record(&[
        cp932("A01")?,
        cp932("20260105230000")?,
        cp932_field(STORE, 6)?,
        cp932_field("ﾁｬﾉﾔ ﾎﾝﾃﾝ", 20)?,
    ])?;
    for receipt in &journal.receipts {
        file.extend(header(receipt)?);
        for (index, line) in receipt.lines.iter().enumerate() {
            file.extend(detail(index + 1, line)?);
        }
    }
    let (receipts, lines, total) = (journal.receipts.len(), journal.rows(), journal.sum());
    let total = zeros(total, 11)?;
    file.extend(record(&[cp932(&format!("E{receipts:06}{lines:06}"))?, total])?);
    Ok(file)
}

fn header(receipt: &Receipt) -> Result<Vec<u8>> {
    let digits: String = receipt.at.chars().filter(char::is_ascii_digit).collect();
    record(&[
        cp932(&format!("B{:0>3}{:08}1", receipt.register, receipt.number))?,
        cp932(receipt.business_day)?,
        cp932(&digits)?,
        cp932_field(receipt.member, 10)?,
        cp932_field("S031", 6)?,
        cp932("1")?,
    ])
}

fn detail(number: usize, line: &Line) -> Result<Vec<u8>> {
    let quantity: i64 = line
        .quantity
        .parse()
        .map_err(|_| Fail::new(format!("{:?} is no number", line.quantity)))?;
    let rate = i64::from(line.rate);
    // Tax inside a price is cut off, also below zero.
    let tax = line.amount * rate / (100 + rate);
    record(&[
        cp932(&format!("D{number:03}"))?,
        cp932_field(line.jan, 13)?,
        cp932_field(line.code, 12)?,
        cp932_field(line.name, 24)?,
        cp932(if line.rate == 8 { "2" } else { "1" })?,
        zeros(quantity * 100, 8)?,
        zeros(line.unit_price * 100, 10)?,
        zeros(line.amount, 9)?,
        zeros(tax, 8)?,
    ])
}

/// Zero-padded to `width`, with a minus sign in front when negative.
fn zeros(value: i64, width: usize) -> Result<Vec<u8>> {
    let text = format!("{value:0width$}");
    if text.len() > width {
        return Err(Fail::new(format!("{value} does not fit {width} bytes")));
    }
    Ok(text.into_bytes())
}

fn record(fields: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut bytes = fields.concat();
    if bytes.len() > RECORD {
        return Err(Fail::new(format!("a record of {} bytes", bytes.len())));
    }
    bytes.resize(RECORD, b' ');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::till::journal::items;

    #[test]
    fn every_record_has_128_bytes_whatever_its_characters_take() {
        let lines = vec![Line::sale(&items::CUP, 3), Line::taken_back(&items::CAKE, 1)];
        let receipt = Receipt {
            register: "1",
            number: 201,
            business_day: "20260105",
            at: "2026/01/05 25:10:33",
            member: "M000077",
            lines,
        };
        let bytes = bytes(&Journal { receipts: vec![receipt] }).unwrap();
        let records: Vec<&[u8]> = bytes.chunks(RECORD).collect();
        let kinds: Vec<u8> = records.iter().map(|it| it[0]).collect();
        assert_eq!(kinds, b"ABDDE");
        assert!(records[1].starts_with(b"B00100000201120260105" as &[u8]));
        assert!(records[1][21..].starts_with(b"20260105251033M000077   S031  1"));
        assert!(records[3][54..].starts_with(b"-00001000000108000-00001080-0000080"));
        assert!(records[4].starts_with(b"E00000100000200000002220"));
    }
}
