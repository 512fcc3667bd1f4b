//! How fast layouts read, beside what is the least that any reader must do:
//! `encoding_rs` decoding the same bytes and `csv-core` splitting them.

use std::hint::black_box;

use codec::{
    charset::{Charset, Profile},
    layout::Layout,
};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};

const JOURNAL: &str = include_str!("../src/layout/tests/journal.layout.yaml");
const ORDER: &str = include_str!("../src/layout/tests/order.layout.yaml");

const PLAIN: &str = "layout: bench/plain\nversion: 1\nformat: csv\ncharset: cp932\nline_end: crlf\n\
header: none\ncolumns:\n- { name: store, required: true }\n- { name: receipt, required: true }\n\
- { name: day, type: date, format: YYYYMMDD }\n- { name: jan }\n- { name: item, chars_max: 40 }\n\
- { name: quantity, type: integer }\n- { name: price, type: decimal, scale: 2 }\n\
- { name: amount, type: integer }\n";

fn bytes(text: &str) -> Vec<u8> {
    Profile::new(Charset::Cp932).encode_exact(text).unwrap_or_default()
}

fn layout(text: &str) -> Layout {
    match Layout::parse("bench", text) {
        Ok(layout) => layout,
        Err(faults) => {
            let texts: Vec<String> = faults.iter().map(|it| it.render(text)).collect();
            unreachable!("{}", texts.concat())
        }
    }
}

fn plain() -> Vec<u8> {
    let line = |it: u32| {
        format!(
            "0001,{it:08},20260105,4900000000{it:06},おいしい天然水 ｶﾞｽ入り５００ｍｌ,{},98.50,197\r\n",
            it % 9
        )
    };
    bytes(&(0..100_000).map(line).collect::<String>())
}

fn journal() -> Vec<u8> {
    let header = "店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n".to_owned();
    let line = |it: u32| format!("0001,{:08},20260105,M1,\"表示ソート髙①㈱\",108\r\n", it / 3);
    let body: String = (0..99_999).map(line).collect();
    bytes(&format!("{header}{body}END,99999,{}\r\n", 99_999 * 108))
}

fn order() -> Vec<u8> {
    let voucher = "B00000001表示ソ髙   Dｶﾞﾑ     00012345012Dﾊﾟﾝ     -0000050-01";
    let body = voucher.repeat(60_000);
    bytes(&format!("A260105             {body}"))
}

fn floor(group: &mut BenchmarkGroup<'_, criterion::measurement::WallTime>, input: &[u8]) {
    group.bench_function("floor: encoding_rs + csv-core", |bench| {
        bench.iter(|| {
            let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling(black_box(input)).0;
            let mut reader = csv_core::Reader::new();
            let (mut rest, mut cells) = (text.as_bytes(), 0_usize);
            let (mut out, mut ends) = (vec![0; 4096], vec![0; 64]);
            loop {
                let (result, read, _, count) = reader.read_record(rest, &mut out, &mut ends);
                rest = rest.get(read..).unwrap_or_default();
                cells += count;
                if matches!(result, csv_core::ReadRecordResult::End) {
                    break cells;
                }
            }
        });
    });
}

fn layouts(criterion: &mut Criterion) {
    let journal_text = JOURNAL.replace("lossless: true\n", "");
    let cases = [
        ("csv, 8 columns", PLAIN, plain()),
        ("csv, receipts and trailer", &journal_text, journal()),
    ];
    for (name, text, input) in cases {
        let layout = layout(text);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(u64::try_from(input.len()).unwrap_or(0)));
        group.sample_size(20);
        group.bench_function("layout", |bench| {
            bench.iter(|| layout.read(black_box(&input)).map(|it| it.rows.len()));
        });
        floor(&mut group, &input);
        group.finish();
    }
    let text = ORDER
        .replace("lossless: true\n", "")
        .replace("    role: trailer\n", "    role: trailer\n    required: false\n");
    let (layout, input) = (layout(&text), order());
    let mut group = criterion.benchmark_group("fixed, 20 bytes a record");
    group.throughput(Throughput::Bytes(u64::try_from(input.len()).unwrap_or(0)));
    group.sample_size(20);
    group.bench_function("layout", |bench| {
        bench.iter(|| layout.read(black_box(&input)).map(|it| it.rows.len()));
    });
    group.finish();
}

criterion_group!(benches, layouts);
criterion_main!(benches);
