//! Reads a file of any size that it makes itself, piece by piece, and says what
//! that cost: memory, and time beside the least that any reader must do
//! (`encoding_rs` decoding the same bytes and `csv-core` splitting them).
//!
//! `cargo run --release -p codec --example large -- [csv|receipts|fixed|blocks] [MiB] [verify]`

use std::{hint::black_box, time::Duration};

use codec::{
    charset::{Charset, Profile},
    layout::{Layout, LayoutFault, Stream},
};

const CSV: &str = "layout: large/csv\nversion: 1\nformat: csv\ncharset: cp932\nline_end: crlf\n\
header: none\ncolumns:\n- { name: store, required: true }\n- { name: receipt, required: true }\n\
- { name: day, type: date, format: YYYYMMDD }\n- { name: jan }\n- { name: item, chars_max: 40 }\n\
- { name: quantity, type: integer }\n- { name: price, type: decimal, scale: 2 }\n\
- { name: amount, type: integer }\n";
const RECEIPTS: &str = include_str!("../src/layout/tests/journal.layout.yaml");
const FIXED: &str = include_str!("../src/layout/tests/order.layout.yaml");
/// Order lines of 128 bytes without line breaks.
const BLOCKS: &str = "layout: large/blocks\nversion: 1\nformat: fixed\ncharset: cp932\n\
record_bytes: 128\nline_end: none\ncolumns:\n- { value: D01, bytes: 3 }\n- { name: line, type: integer, bytes: 2 }\n\
- { name: jan, bytes: 13 }\n- { name: pack, type: integer, bytes: 4 }\n- { name: units, type: integer, bytes: 4 }\n\
- { filler: true, bytes: 3 }\n- { name: quantity, type: decimal, scale: 1, implied: true, bytes: 6 }\n\
- { filler: true, bytes: 1 }\n- { name: cost, type: decimal, scale: 2, implied: true, bytes: 8 }\n\
- { filler: true, bytes: 1 }\n- { name: retail, type: integer, bytes: 6 }\n- { filler: true, bytes: 1 }\n\
- { name: cost_amount, type: integer, bytes: 9 }\n- { filler: true, bytes: 1 }\n\
- { name: retail_amount, type: integer, bytes: 9 }\n- { filler: true, bytes: 9 }\n\
- { name: item, bytes: 25 }\n- { filler: true, bytes: 23 }\n";
const PIECE: usize = 1 << 18;

/// What is read: the layout, and the bytes of the n-th piece of its file.
struct Input {
    layout: Layout,
    piece: Box<dyn Fn(u64) -> Vec<u8>>,
    head: Vec<u8>,
}

fn main() -> Result<(), LayoutFault> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "csv".to_owned());
    let size = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(1024_u64) << 20;
    let verify = arguments.next().is_some();
    let input = input(&name);
    let mut stream = input.layout.stream();
    let mut verifier = input.layout.verifier();
    let (mut spent, mut floor) = (Duration::ZERO, Duration::ZERO);
    let (mut pushed, mut number, mut records) = (0, 0, 0);
    let mut piece = input.head.clone();
    let mut text = String::with_capacity(PIECE * 3);
    while pushed < size {
        spent += time(|| match verify {
            true => verifier.push(&piece),
            false => push(&mut stream, &piece, &mut records),
        })?;
        floor += time(|| Ok(least(&piece, &mut text)))?;
        pushed += u64::try_from(piece.len()).unwrap_or(0);
        piece = (input.piece)(number);
        number += 1;
    }
    if verify {
        spent += time(|| {
            records = verifier.finish()?.records;
            Ok(())
        })?;
    } else {
        spent += time(|| {
            stream.finish();
            push(&mut stream, &[], &mut records)
        })?;
    }
    let rate = |it: Duration| precise(pushed) / it.as_secs_f64() / 1e6;
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find(|it| it.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    println!("{name}: {pushed} bytes, {records} records");
    println!("layout: {:.0} MB/s", rate(spent));
    println!(
        "floor:  {:.0} MB/s; the layout has {:.2} of it",
        rate(floor),
        rate(spent) / rate(floor)
    );
    println!("{peak}");
    Ok(())
}

fn push(stream: &mut Stream, piece: &[u8], records: &mut u64) -> Result<(), LayoutFault> {
    stream.push(piece);
    while let Some(rows) = stream.take()? {
        *records += rows.records;
        black_box(rows);
    }
    Ok(())
}

/// What any reader has to do.
fn least(piece: &[u8], text: &mut String) -> usize {
    text.clear();
    let mut decoder = encoding_rs::SHIFT_JIS.new_decoder_without_bom_handling();
    let _result = decoder.decode_to_string(piece, text, true);
    let mut reader = csv_core::Reader::new();
    let (mut rest, mut cells) = (text.as_bytes(), 0_usize);
    let (mut out, mut ends) = ([0; 4096], [0; 64]);
    loop {
        let (result, read, _, count) = reader.read_record(rest, &mut out, &mut ends);
        rest = rest.get(read..).unwrap_or_default();
        cells += count;
        if matches!(result, csv_core::ReadRecordResult::End) {
            return black_box(cells);
        }
    }
}

/// Time on the processor, so that others at work do not count.
fn time<T>(work: impl FnOnce() -> Result<T, LayoutFault>) -> Result<Duration, LayoutFault> {
    let start = busy();
    work()?;
    Ok(busy().saturating_sub(start))
}

fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn precise(bytes: u64) -> f64 {
    bytes as f64
}

fn input(name: &str) -> Input {
    let receipts = RECEIPTS.split("  - name: end").next().unwrap_or_default();
    let receipts = receipts.replace("lossless: true\n", "");
    let fixed = FIXED.replace("lossless: true\n", "");
    let fixed = fixed.split("  - name: end").next().unwrap_or_default().to_owned();
    let lines = |line: fn(u64) -> String, count: u64| -> Box<dyn Fn(u64) -> Vec<u8>> {
        Box::new(move |number| {
            let from = number * count;
            bytes(&(from..from + count).map(line).collect::<String>())
        })
    };
    match name {
        "receipts" => Input {
            layout: layout(&receipts),
            piece: lines(
                |it| {
                    let no = it / 3;
                    format!("{:04},{no:010},20260105,M1,\"表示ソート髙①㈱\",108\r\n", no % 1000)
                },
                5_100,
            ),
            head: bytes("店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n"),
        },
        "blocks" => Input {
            layout: layout(BLOCKS),
            piece: lines(
                |it| {
                    format!(
                        "D01{:02}4900000{:06}00100012   000120000012345000019800000148140000023760         \
                         ｵｲｼｲﾃﾝﾈﾝｽｲ 500ML         {:23}",
                        it % 100,
                        it % 999_983,
                        ""
                    )
                },
                2_000,
            ),
            head: Vec::new(),
        },
        "fixed" => Input {
            layout: layout(&fixed),
            piece: lines(
                |it| format!("B{:08}表示ソ髙   Dｶﾞﾑ     00012345012Dﾊﾟﾝ     -0000050-01", it),
                4_300,
            ),
            head: bytes("A260105             "),
        },
        _ => Input {
            layout: layout(CSV),
            piece: lines(
                |it| {
                    format!(
                        "0001,{it:08},20260105,4900000{:06},おいしい天然水 ｶﾞｽ入り５００ｍｌ,{},98.50,197\r\n",
                        it % 999_983,
                        it % 9
                    )
                },
                3_000,
            ),
            head: Vec::new(),
        },
    }
}

fn bytes(text: &str) -> Vec<u8> {
    Profile::new(Charset::Cp932).encode_exact(text).unwrap_or_default()
}

fn layout(text: &str) -> Layout {
    match Layout::parse("large", text) {
        Ok(layout) => layout,
        Err(faults) => {
            let texts: Vec<String> = faults.iter().map(|it| it.render(text)).collect();
            unreachable!("{}", texts.concat())
        }
    }
}
