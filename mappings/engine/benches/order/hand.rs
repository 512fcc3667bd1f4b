//! The order map written by hand, as a good engineer would: serde structs in,
//! serde structs out, no schema checks.

use std::borrow::Cow;

use canon::{entity::Entity, id::SourceKey};
use mapping::RunContext;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

#[derive(Deserialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    source_name: Cow<'a, str>,
    created_at: &'a str,
    updated_at: &'a str,
    cancelled_at: Option<&'a str>,
    closed_at: Option<&'a str>,
    currency: &'a str,
    taxes_included: bool,
    test: bool,
    financial_status: &'a str,
    fulfillment_status: Option<&'a str>,
    subtotal_price: &'a str,
    total_tax: &'a str,
    total_price: &'a str,
    #[serde(borrow)]
    customer: Option<Customer<'a>>,
    #[serde(borrow)]
    shipping_address: Option<Address<'a>>,
    #[serde(borrow)]
    line_items: Vec<Line<'a>>,
    #[serde(borrow)]
    tax_lines: Vec<Tax<'a>>,
}

#[derive(Deserialize)]
struct Customer<'a> {
    id: u64,
    #[serde(borrow)]
    first_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Address<'a> {
    country_code: &'a str,
    zip: Option<&'a str>,
    #[serde(borrow)]
    province: Option<Cow<'a, str>>,
    #[serde(borrow)]
    city: Option<Cow<'a, str>>,
    #[serde(borrow)]
    address1: Option<Cow<'a, str>>,
    #[serde(borrow)]
    address2: Option<Cow<'a, str>>,
    phone: Option<&'a str>,
}

#[derive(Deserialize)]
struct Line<'a> {
    id: u64,
    variant_id: u64,
    sku: Option<&'a str>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    quantity: i64,
    price: &'a str,
    #[serde(borrow)]
    tax_lines: Vec<Tax<'a>>,
}

#[derive(Deserialize)]
struct Tax<'a> {
    price: &'a str,
    rate: &'a serde_json::value::RawValue,
}

#[derive(Serialize)]
struct Out<'a> {
    hub_id: String,
    entity: &'a str,
    schema_version: &'a str,
    source_refs: [SourceRef<'a>; 1],
    mapping: &'a str,
    data_classification: &'a str,
    order_no: &'a str,
    identifiers: [Identifier; 1],
    channel: &'a str,
    created_at: String,
    updated_at: String,
    placed_at: String,
    currency: &'a str,
    order_type: &'a str,
    prices_include_tax: bool,
    test: bool,
    status: &'a str,
    payment_status: &'a str,
    fulfilment_status: &'a str,
    return_status: &'a str,
    buyer: Buyer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_to: Option<ShipTo<'a>>,
    lines: Vec<OutLine<'a>>,
    taxes: Vec<OutTax<'a>>,
    totals: Totals<'a>,
}

#[derive(Serialize)]
struct SourceRef<'a> {
    channel: &'a str,
    source_id: String,
    source_version: String,
}

#[derive(Serialize)]
struct Identifier {
    scheme: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Buyer<'a> {
    party: Ref,
    guest_snapshot: Snapshot<'a>,
}

#[derive(Serialize)]
struct Ref {
    hub_id: String,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    name: Name<'a>,
}

#[derive(Serialize)]
struct Name<'a> {
    family: Cow<'a, str>,
    given: Cow<'a, str>,
}

#[derive(Serialize)]
struct ShipTo<'a> {
    country: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locality: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    building: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

#[derive(Serialize)]
struct OutLine<'a> {
    line_id: String,
    sku: Cow<'a, str>,
    title_snapshot: &'a str,
    qty_ordered: Quantity,
    unit_price: Price<'a>,
    net: Money<'a>,
    tax_class: &'a str,
    tax_rate: &'a str,
    tax: Money<'a>,
    gross: Money<'a>,
}

#[derive(Serialize)]
struct Quantity {
    qty: String,
    uom: &'static str,
}

#[derive(Serialize)]
struct Price<'a> {
    value: &'a str,
    currency: &'a str,
    tax: &'a str,
}

#[derive(Serialize)]
struct Money<'a> {
    minor: i64,
    currency: &'a str,
}

#[derive(Serialize)]
struct OutTax<'a> {
    tax_class: &'a str,
    rate: &'a str,
    taxable_base: Money<'a>,
    tax: Money<'a>,
    rounding_mode: &'a str,
    computed_at_level: &'a str,
    jurisdiction: &'a str,
}

#[derive(Serialize)]
struct Totals<'a> {
    lines_net: Money<'a>,
    tax: Money<'a>,
    grand: Money<'a>,
}

fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn money(amount: Decimal, currency: &str) -> Money<'_> {
    let places = if currency == "JPY" { 0 } else { 2 };
    let scaled = amount * Decimal::from(10_i64.pow(places));
    assert!(scaled.fract().is_zero(), "minor units");
    Money { minor: scaled.trunc().try_into().expect("in range"), currency }
}

fn width(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}

/// RFC 3339 with milliseconds, in its own offset.
fn time(text: &str) -> String {
    let zoned = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text).expect("a time");
    assert!(zoned.to_numeric_offset().is_some(), "an offset");
    format!("{}.000{}", &text[..19], &text[19..])
}

fn ship_to<'a>(given: &'a Address<'a>) -> ShipTo<'a> {
    ShipTo {
        country: given.country_code,
        postal_code: given.zip.map(|zip| format!("{}-{}", &zip[..3], &zip[3..])),
        region_code: given.province.as_deref().map(|it| match it {
            "東京都" => "JP-13",
            "大阪府" => "JP-27",
            _ => "JP-01",
        }),
        locality: given.city.as_deref().map(str::trim),
        street: given.address1.as_deref().map(width),
        building: given.address2.as_deref().map(width),
        phone: given.phone.map(|phone| {
            let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
            format!("+81{}", digits.trim_start_matches('0'))
        }),
    }
}

fn line<'a>(given: &'a Line<'a>, currency: &'a str) -> OutLine<'a> {
    let price = number(given.price);
    let quantity = Decimal::from(given.quantity);
    let tax: Decimal = given.tax_lines.iter().map(|it| number(it.price)).sum();
    let sku = given.sku.map(str::trim).filter(|it| !it.is_empty());
    OutLine {
        line_id: given.id.to_string(),
        sku: sku.map_or_else(|| given.variant_id.to_string().into(), Cow::Borrowed),
        title_snapshot: &given.title,
        qty_ordered: Quantity { qty: given.quantity.to_string(), uom: "EA" },
        unit_price: Price { value: given.price, currency, tax: "exclusive" },
        net: money(price * quantity, currency),
        tax_class: "standard",
        tax_rate: given.tax_lines.first().map_or("0", |it| it.rate.get()),
        tax: money(tax, currency),
        gross: money(price * quantity + tax, currency),
    }
}

fn hub_id(ctx: &RunContext<'_>, entity: Entity, source_id: &str) -> String {
    SourceKey { organisation: ctx.organisation, channel: ctx.channel, entity, source_id }
        .hub_id()
        .as_str()
        .to_owned()
}

fn buyer<'a>(customer: &'a Customer<'a>, ctx: &RunContext<'_>) -> Buyer<'a> {
    let name = |text: &'a Option<Cow<'a, str>>| width(text.as_deref().unwrap_or_default().trim());
    Buyer {
        party: Ref { hub_id: hub_id(ctx, Entity::Party, &customer.id.to_string()) },
        guest_snapshot: Snapshot {
            name: Name { family: name(&customer.last_name), given: name(&customer.first_name) },
        },
    }
}

fn tax<'a>(given: &'a Tax<'a>, subtotal: Decimal, currency: &'a str) -> OutTax<'a> {
    OutTax {
        tax_class: "standard",
        rate: given.rate.get(),
        taxable_base: money(subtotal, currency),
        tax: money(number(given.price), currency),
        rounding_mode: "floor",
        computed_at_level: "document",
        jurisdiction: "JP",
    }
}

/// Maps one order; the bytes of the canonical order.
pub(crate) fn map(bytes: &[u8], ctx: &RunContext<'_>) -> Vec<u8> {
    let order: Order<'_> = serde_json::from_slice(bytes).expect("an order");
    let id = order.id.to_string();
    let customer = order.customer.as_ref().expect("a customer");
    let subtotal = number(order.subtotal_price);
    let out = Out {
        hub_id: hub_id(ctx, Entity::Order, &id),
        entity: "order",
        schema_version: "1.0",
        source_refs: [SourceRef {
            channel: ctx.channel,
            source_id: id.clone(),
            source_version: time(order.updated_at),
        }],
        mapping: "shop/order@3",
        data_classification: "restricted",
        order_no: &order.name,
        identifiers: [Identifier { scheme: "shop_order_id", value: id }],
        channel: match &*order.source_name {
            "web" => "ec",
            "pos" => "pos",
            _ => "other",
        },
        created_at: time(order.created_at),
        updated_at: time(order.updated_at),
        placed_at: time(order.created_at),
        currency: order.currency,
        order_type: "sale",
        prices_include_tax: order.taxes_included,
        test: order.test,
        status: match (order.cancelled_at, order.closed_at) {
            (Some(_), _) => "cancelled",
            (_, Some(_)) => "completed",
            _ => "confirmed",
        },
        payment_status: match order.financial_status {
            "authorized" => "authorised",
            known @ ("paid" | "partially_refunded" | "refunded" | "pending" | "voided") => known,
            other => panic!("{other}"),
        },
        fulfilment_status: match order.fulfillment_status {
            None => "unfulfilled",
            Some("fulfilled") => "shipped",
            Some("partial") => "partially_shipped",
            Some(other) => panic!("{other}"),
        },
        return_status: "none",
        buyer: buyer(customer, ctx),
        ship_to: order.shipping_address.as_ref().map(ship_to),
        lines: order.line_items.iter().map(|it| line(it, order.currency)).collect(),
        taxes: order.tax_lines.iter().map(|it| tax(it, subtotal, order.currency)).collect(),
        totals: Totals {
            lines_net: money(subtotal, order.currency),
            tax: money(number(order.total_tax), order.currency),
            grand: money(number(order.total_price), order.currency),
        },
    };
    serde_json::to_vec(&out).expect("serialised")
}
