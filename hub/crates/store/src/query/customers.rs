//! Customers: parties with the identities, evidence, consents and orders that
//! hang together by links.

mod consents;

pub use consents::ConsentView;

use canon::{clock::Timestamp, entity::Entity};
use retail::{
    golden::{Candidate, Decision, golden},
    identity::{key_name, party_key},
    reference::{hub_name, source_name},
};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::{
    OrderView, Reader, orders,
    page::{Listed, Page},
};
use crate::{error::Result, place};

/// How far each channel is trusted where channels disagree; more is better,
/// a channel that is not named has 0.
pub type Trust = BTreeMap<String, u32>;

/// One customer in a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerSummary {
    /// Hub id of the party: of its identity that was seen first.
    pub hub_id: String,
    /// Canonical name (`PersonName`), by the rules of the golden record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Value>,
    /// Name of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_name: Option<Value>,
    /// Who it is at which channel.
    pub identities: Vec<IdentityView>,
}

/// One customer with all that is known.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Customer {
    /// Hub id of the party: of its identity that was seen first.
    pub hub_id: String,
    /// Canonical party fields, of all identities what counts.
    pub profile: Map<String, Value>,
    /// Which source won each field, and why.
    pub decisions: Vec<Decision>,
    /// Who it is at which channel, first seen first.
    pub identities: Vec<IdentityView>,
    /// Why these identities are one party, and what was considered beside.
    pub links: Vec<LinkView>,
    /// What it agreed to, by purpose and scope.
    pub consents: Vec<ConsentView>,
    /// Its latest orders and till transactions, newest first.
    pub orders: Vec<OrderView>,
}

/// A party as one channel knows it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IdentityView {
    /// Hub id of the identity.
    pub hub_id: String,
    /// Channel.
    pub channel: String,
    /// Its id there.
    pub source_id: String,
    /// Sequence of the entry that holds its current state.
    pub seq: u64,
    /// When the channel said so.
    pub as_of: String,
}

/// A link between two identities, with its evidence.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkView {
    /// Hub id of one identity.
    pub left: String,
    /// Hub id of the other.
    pub right: String,
    /// Which rule: `account_link`, `member_code`, `email_verified`,
    /// `email_and_name`, `phone_and_kana`, `cross_reference` or `manual`.
    pub rule: String,
    /// Fields that agreed.
    pub matched_on: Vec<String>,
    /// SHA-256 hex of the value that agreed; for a stated link `claim:` and the
    /// hub id of the statement.
    pub value_hash: String,
    /// `active`, `pending_review`, `rejected` or `superseded`.
    pub status: String,
    /// Since when.
    pub valid_from: Timestamp,
    /// Until when, if it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
}

const LIST: &str = "customers";
/// Orders shown with a customer; the others are on the pages of the orders list.
const ORDERS_SHOWN_MAX: u32 = 20;

struct Known {
    view: IdentityView,
    said_at_ms: i64,
    data: Value,
}

// === impl Reader ===

impl Reader {
    /// Customers in the order in which they were first seen.
    pub fn customers(&self, trust: &Trust, page: &Page) -> Result<Listed<CustomerSummary>> {
        let after = page.after_number(LIST)?.unwrap_or(-1);
        let size = page.size()?;
        self.ask(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT first_pos, hub_id FROM store_party
                 WHERE golden = hub_id AND first_pos > ?1 ORDER BY first_pos LIMIT ?2",
            )?;
            let rows = query.query_map((after, (size + 1) as i64), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let listed = page.cut(LIST, rows, |(pos, _)| pos.to_string())?;
            let mut items = Vec::with_capacity(listed.items.len());
            for (_, hub_id) in listed.items {
                items.push(summary(conn, trust, hub_id)?);
            }
            Ok(Listed { items, next: listed.next })
        })
    }

    /// The customer that this hub id belongs to now, be it the party's own or
    /// that of any of its identities.
    pub fn customer(&self, trust: &Trust, hub_id: &str) -> Result<Option<Customer>> {
        self.ask(|conn| match golden_of(conn, hub_id)? {
            Some(hub_id) => customer(conn, trust, hub_id).map(Some),
            None => Ok(None),
        })
    }

    /// Hub id of the customer that `channel` knows as `source_id`.
    pub fn customer_at_source(&self, channel: &str, source_id: &str) -> Result<Option<String>> {
        self.ask(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT golden FROM store_party WHERE channel = ?1 AND source_id = ?2
                     ORDER BY first_pos LIMIT 1",
                )?
                .query_row((channel, source_id), |row| row.get(0))
                .optional()?)
        })
    }

    /// Hub ids of the customers that hold an identifier: scheme `email`, `phone`,
    /// `member_code`, `line_user_id` …, value as people write it.
    pub fn customers_with(&self, scheme: &str, value: &str) -> Result<Vec<String>> {
        let Some(key) = party_key(scheme, value) else {
            return Ok(Vec::new());
        };
        self.ask(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT DISTINCT p.golden FROM store_party_key k JOIN store_party p USING (hub_id)
                 WHERE k.hash = ?1 AND k.points_elsewhere = 0 ORDER BY 1 LIMIT ?2",
            )?;
            let found = query.query_map((&key.hash, super::LIMIT_MAX), |row| row.get(0))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Orders and till transactions of a customer, newest first.
    pub fn customer_orders(&self, hub_id: &str, page: &Page) -> Result<Listed<OrderView>> {
        self.ask(|conn| {
            let golden = golden_of(conn, hub_id)?.unwrap_or_default();
            orders::of_buyers(conn, &names(conn, &golden)?, page)
        })
    }
}

pub(super) fn golden_of(conn: &Connection, hub_id: &str) -> Result<Option<String>> {
    Ok(conn
        .prepare_cached("SELECT golden FROM store_party WHERE hub_id = ?1")?
        .query_row([hub_id], |row| row.get(0))
        .optional()?)
}

fn summary(conn: &Connection, trust: &Trust, hub_id: String) -> Result<CustomerSummary> {
    let known = identities(conn, &hub_id)?;
    let mut golden = golden(&candidates(&known, trust));
    Ok(CustomerSummary {
        name: golden.profile.remove("name"),
        org_name: golden.profile.remove("org_name"),
        hub_id,
        identities: known.into_iter().map(|it| it.view).collect(),
    })
}

fn customer(conn: &Connection, trust: &Trust, hub_id: String) -> Result<Customer> {
    let known = identities(conn, &hub_id)?;
    let golden = golden(&candidates(&known, trust));
    let links = links(conn, &known)?;
    let joined = links
        .iter()
        .filter(|link| link.status == "active")
        .map(|link| link.valid_from.as_ms())
        .max();
    let views: Vec<&IdentityView> = known.iter().map(|it| &it.view).collect();
    let consents = consents::of(conn, &views, joined)?;
    let orders =
        orders::of_buyers(conn, &names(conn, &hub_id)?, &Page::of(ORDERS_SHOWN_MAX))?.items;
    let (profile, decisions) = (golden.profile, golden.decisions);
    let identities = known.into_iter().map(|it| it.view).collect();
    Ok(Customer { hub_id, profile, decisions, identities, links, consents, orders })
}

fn identities(conn: &Connection, golden: &str) -> Result<Vec<Known>> {
    let mut query = conn.prepare_cached(
        "SELECT p.hub_id, p.channel, p.source_id, e.pos, e.time_ms, json_extract(e.body, '$.time'),
                p.data
         FROM store_party p
         JOIN store_record r ON r.channel = p.channel AND r.entity = ?2
              AND r.source_id = p.source_id
         JOIN store_event e ON e.pos = r.pos
         WHERE p.golden = ?1 ORDER BY p.first_pos",
    )?;
    let mut rows = query.query((golden, Entity::Party.name()))?;
    let mut known = Vec::new();
    while let Some(row) = rows.next()? {
        known.push(Known {
            view: IdentityView {
                hub_id: row.get(0)?,
                channel: row.get(1)?,
                source_id: row.get(2)?,
                seq: place::unpack(row.get(3)?).0,
                as_of: row.get(5)?,
            },
            said_at_ms: row.get(4)?,
            data: serde_json::from_str(&row.get::<_, String>(6)?)?,
        });
    }
    Ok(known)
}

fn candidates<'a>(known: &'a [Known], trust: &Trust) -> Vec<Candidate<'a>> {
    known
        .iter()
        .map(|it| Candidate {
            channel: &it.view.channel,
            source_id: &it.view.source_id,
            trust: trust.get(&it.view.channel).copied().unwrap_or(0),
            said_at_ms: it.said_at_ms,
            data: &it.data,
        })
        .collect()
}

fn links(conn: &Connection, known: &[Known]) -> Result<Vec<LinkView>> {
    let mut query = conn.prepare_cached(
        "SELECT left_id, right_id, rule, matched_on, hash, status, since_ms, until_ms
         FROM store_link WHERE left_id = ?1
         UNION
         SELECT left_id, right_id, rule, matched_on, hash, status, since_ms, until_ms
         FROM store_link WHERE right_id = ?1
         ORDER BY 7, 1, 2, 3",
    )?;
    let mut found: Vec<LinkView> = Vec::new();
    for identity in known {
        let mut rows = query.query([&identity.view.hub_id])?;
        while let Some(row) = rows.next()? {
            let until: i64 = row.get(7)?;
            let link = LinkView {
                left: row.get(0)?,
                right: row.get(1)?,
                rule: row.get(2)?,
                matched_on: serde_json::from_str(&row.get::<_, String>(3)?)?,
                value_hash: row.get(4)?,
                status: row.get(5)?,
                valid_from: Timestamp::from_ms(row.get(6)?),
                valid_to: (until > 0).then(|| Timestamp::from_ms(until)),
            };
            let is_known = found.iter().any(|it| {
                (&it.left, &it.right, &it.rule, &it.value_hash)
                    == (&link.left, &link.right, &link.rule, &link.value_hash)
            });
            if !is_known {
                found.push(link);
            }
        }
    }
    Ok(found)
}

/// Names by which orders and consents may call the identities of this party.
fn names(conn: &Connection, golden: &str) -> Result<Vec<String>> {
    let mut query = conn.prepare_cached(
        "SELECT hub_id, channel, source_id FROM store_party WHERE golden = ?1 ORDER BY first_pos",
    )?;
    let mut keys = conn.prepare_cached(
        "SELECT hash FROM store_party_key k WHERE hub_id = ?1 AND points_elsewhere = 0
         AND 1 = (SELECT count(DISTINCT golden) FROM (
                      SELECT p.golden FROM store_party_key o JOIN store_party p USING (hub_id)
                      WHERE o.hash = k.hash AND o.points_elsewhere = 0 LIMIT 65))",
    )?;
    let mut rows = query.query([golden])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let hub_id: String = row.get(0)?;
        found.push(hub_name(&hub_id));
        found.push(source_name(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?));
        for hash in keys.query_map([&hub_id], |row| row.get::<_, String>(0))? {
            found.push(key_name(&hash?));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}
