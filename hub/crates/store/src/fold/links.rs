//! Links between identities: kept in step with the values they hold and with
//! what people state, and the parties that follow.

use retail::identity::{
    Edge, HOLDERS_MAX, Key, Member, Profile, Rule, Scheme, Standing, clusters, compare, holders_max,
};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::{BTreeMap, BTreeSet};

use super::Turn;
use crate::error::Result;

/// A link that somebody stated.
pub(super) struct Claim {
    /// Hub id of the statement.
    pub(super) source: String,
    /// Names of one identity, the surest first.
    pub(super) left: Vec<String>,
    /// Names of the other.
    pub(super) right: Vec<String>,
    pub(super) rule: Rule,
    pub(super) matched_on: Vec<String>,
    /// `active`, `pending_review`, `rejected` or `superseded`.
    pub(super) wanted: String,
}

struct Holder {
    hub_id: String,
    channel: String,
    key: Key,
    profile: Profile,
}

/// A link as it should be.
struct Wanted {
    rule: String,
    matched_on: String,
    wanted: String,
}

type Pair = (String, String);

/// The identity `hub_id` (none when empty) changed: looks again at the values in
/// `hashes` and at what was stated about `names`, and puts parties together anew.
pub(super) fn refresh(
    turn: &Turn<'_>,
    pos: i64,
    hashes: &BTreeSet<String>,
    names: &[String],
    hub_id: &str,
) -> Result<()> {
    let mut touched = BTreeSet::new();
    for hash in hashes {
        rematch(turn, pos, hash, &mut touched)?;
    }
    let mut sources = BTreeSet::new();
    for name in names {
        let mut query =
            turn.tx.prepare_cached("SELECT source FROM store_claim_name WHERE name = ?1")?;
        for source in query.query_map([name], |row| row.get::<_, String>(0))? {
            sources.insert(source?);
        }
    }
    for source in sources {
        resolve(turn, pos, &source, &mut touched)?;
    }
    if !touched.is_empty() {
        touched.insert(hub_id.to_owned());
        recluster(turn, touched)?;
    }
    Ok(())
}

/// Takes in a stated link; it holds as soon as both its ends are known.
pub(super) fn claim(turn: &Turn<'_>, pos: i64, claim: &Claim) -> Result<()> {
    turn.run("DELETE FROM store_claim_name WHERE source = ?1", [&claim.source])?;
    turn.run(
        "INSERT OR REPLACE INTO store_claim VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            &claim.source,
            serde_json::to_string(&claim.left)?,
            serde_json::to_string(&claim.right)?,
            claim.rule.name(),
            serde_json::to_string(&claim.matched_on)?,
            &claim.wanted,
            pos,
        ),
    )?;
    for name in claim.left.iter().chain(&claim.right) {
        turn.run("INSERT OR IGNORE INTO store_claim_name VALUES (?1, ?2)", (name, &claim.source))?;
    }
    let mut touched = BTreeSet::new();
    resolve(turn, pos, &claim.source, &mut touched)?;
    recluster(turn, touched)
}

/// The identity with this name; none when unknown or ambiguous.
pub(crate) fn identity_named(conn: &Connection, name: &str) -> Result<Option<String>> {
    let found = if let Some(hub_id) = name.strip_prefix("h:") {
        conn.prepare_cached("SELECT hub_id FROM store_party WHERE hub_id = ?1")?
            .query_row([hub_id], |row| row.get(0))
            .optional()?
    } else if let Some((channel, source_id)) =
        name.strip_prefix("s:").and_then(|rest| rest.split_once('\u{1f}'))
    {
        conn.prepare_cached(
            "SELECT hub_id FROM store_party WHERE channel = ?1 AND source_id = ?2
                 ORDER BY first_pos LIMIT 1",
        )?
        .query_row((channel, source_id), |row| row.get(0))
        .optional()?
    } else if let Some(hash) = name.strip_prefix("k:") {
        // Several identities are fine as long as they are one party.
        conn.prepare_cached(
            "SELECT min(p.hub_id) FROM store_party_key k JOIN store_party p USING (hub_id)
                 WHERE k.hash = ?1 AND k.points_elsewhere = 0
                 HAVING count(DISTINCT p.golden) = 1",
        )?
        .query_row([hash], |row| row.get(0))
        .optional()?
    } else {
        None
    };
    Ok(found)
}

// === one value ===

/// Brings the links on the value with this hash in line with who holds it now.
fn rematch(turn: &Turn<'_>, pos: i64, hash: &str, touched: &mut BTreeSet<String>) -> Result<()> {
    let holders = holders(turn, hash)?;
    let mut wanted = BTreeMap::new();
    if holders.len() > 1 && !is_shared(turn, hash, &holders)? {
        for (place, left) in holders.iter().enumerate() {
            for right in holders.iter().skip(place + 1) {
                let found = compare((&left.profile, &left.key), (&right.profile, &right.key));
                if let Some(found) = found {
                    wanted.insert(
                        (left.hub_id.clone(), right.hub_id.clone()),
                        Wanted {
                            rule: found.rule.name().to_owned(),
                            matched_on: serde_json::to_string(found.matched_on)?,
                            wanted: found.standing.name().to_owned(),
                        },
                    );
                }
            }
        }
    }
    settle(turn, pos, hash, wanted, touched)
}

/// Identities that hold the value, by hub id; one more than allowed at most.
fn holders(turn: &Turn<'_>, hash: &str) -> Result<Vec<Holder>> {
    let mut query = turn.tx.prepare_cached(
        "SELECT k.hub_id, k.channel, k.scheme, k.verified, k.points_elsewhere, p.profile
         FROM store_party_key k JOIN store_party p USING (hub_id)
         WHERE k.hash = ?1 ORDER BY k.hub_id LIMIT ?2",
    )?;
    let mut rows = query.query((hash, HOLDERS_MAX + 1))?;
    let mut holders = Vec::new();
    while let Some(row) = rows.next()? {
        let scheme: Scheme = serde_json::from_str(&row.get::<_, String>(2)?)?;
        holders.push(Holder {
            hub_id: row.get(0)?,
            channel: row.get(1)?,
            key: Key {
                scheme,
                hash: hash.to_owned(),
                verified: row.get(3)?,
                points_elsewhere: row.get(4)?,
            },
            profile: serde_json::from_str(&row.get::<_, String>(5)?)?,
        });
    }
    Ok(holders)
}

/// A value that many hold, or that is a store's own, tells nothing about anybody.
fn is_shared(turn: &Turn<'_>, hash: &str, holders: &[Holder]) -> Result<bool> {
    let mut per_channel: BTreeMap<&str, usize> = BTreeMap::new();
    for holder in holders {
        *per_channel.entry(&holder.channel).or_default() += 1;
    }
    let too_many = holders.first().is_some_and(|first| {
        holders.len() > HOLDERS_MAX
            || per_channel.values().any(|count| *count > holders_max(first.key.scheme))
    });
    if too_many {
        return Ok(true);
    }
    let mut blocked =
        turn.tx.prepare_cached("SELECT 1 FROM store_party_blocked WHERE hash = ?1 LIMIT 1")?;
    Ok(blocked.exists([hash])?)
}

// === one statement ===

fn resolve(turn: &Turn<'_>, pos: i64, source: &str, touched: &mut BTreeSet<String>) -> Result<()> {
    let claim = turn
        .tx
        .prepare_cached(
            "SELECT left_names, right_names, rule, matched_on, wanted
             FROM store_claim WHERE source = ?1",
        )?
        .query_row([source], |row| {
            let wanted = Wanted { rule: row.get(2)?, matched_on: row.get(3)?, wanted: row.get(4)? };
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, wanted))
        })
        .optional()?;
    let Some((left, right, claim)) = claim else {
        return Ok(());
    };
    let mut wanted = BTreeMap::new();
    let ends = (first_known(turn, &left)?, first_known(turn, &right)?);
    if let (Some(left), Some(right)) = ends
        && left != right
    {
        wanted.insert(if left < right { (left, right) } else { (right, left) }, claim);
    }
    settle(turn, pos, &format!("claim:{source}"), wanted, touched)
}

fn first_known(turn: &Turn<'_>, names: &str) -> Result<Option<String>> {
    let names: Vec<String> = serde_json::from_str(names)?;
    for name in names {
        if let Some(found) = identity_named(turn.tx, &name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

// === links and parties ===

/// Makes the links on one value or statement what they should be. Links are
/// taken back, never deleted.
fn settle(
    turn: &Turn<'_>,
    pos: i64,
    hash: &str,
    mut wanted: BTreeMap<Pair, Wanted>,
    touched: &mut BTreeSet<String>,
) -> Result<()> {
    let stored: Vec<(Pair, String, String)> = {
        let mut query = turn.tx.prepare_cached(
            "SELECT left_id, right_id, rule, wanted FROM store_link WHERE hash = ?1",
        )?;
        let read = |row: &Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?, row.get(3)?));
        query.query_map([hash], read)?.collect::<rusqlite::Result<_>>()?
    };
    for (pair, rule, standing) in stored {
        let still = wanted.get(&pair).filter(|it| it.rule == rule);
        let now = still.map_or("superseded", |it| it.wanted.as_str());
        if now != standing {
            let until = if now == "superseded" { turn.at.as_ms() } else { 0 };
            turn.run(
                "UPDATE store_link SET wanted = ?5, status = ?5, until_ms = ?6, pos = ?7,
                     since_ms = CASE wanted WHEN 'superseded' THEN ?8 ELSE since_ms END
                 WHERE left_id = ?1 AND right_id = ?2 AND rule = ?3 AND hash = ?4",
                (&pair.0, &pair.1, &rule, hash, now, until, pos, turn.at.as_ms()),
            )?;
            touched.extend([pair.0.clone(), pair.1.clone()]);
        }
        if wanted.get(&pair).is_some_and(|it| it.rule == rule) {
            wanted.remove(&pair);
        }
    }
    for ((left, right), link) in wanted {
        turn.run(
            "INSERT INTO store_link VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, 0, ?8)",
            (&left, &right, &link.rule, hash, &link.matched_on, &link.wanted, turn.at.as_ms(), pos),
        )?;
        touched.extend([left, right]);
    }
    Ok(())
}

struct Known {
    member: Member,
    golden: String,
    first_pos: i64,
}

/// Puts the parties of these identities, and of all that hang together with
/// them, together anew.
fn recluster(turn: &Turn<'_>, seeds: BTreeSet<String>) -> Result<()> {
    let known = reach(turn, seeds)?;
    let (edges, hashes, rejected) = edges(turn, &known)?;
    let members: Vec<Member> = known.values().map(|it| it.member.clone()).collect();
    let found = clusters(&members, &edges, &rejected);
    for party in &found.parties {
        let of = |id: &String| known.get(id);
        let Some(golden) = party.iter().filter_map(of).min_by_key(|it| it.first_pos) else {
            continue;
        };
        for one in party.iter().filter_map(of).filter(|it| it.golden != golden.member.id) {
            turn.run(
                "UPDATE store_party SET golden = ?2 WHERE hub_id = ?1",
                (&one.member.id, &golden.member.id),
            )?;
        }
    }
    for ((edge, hash), standing) in edges.iter().zip(&hashes).zip(&found.standings) {
        let status = match standing {
            Standing::Active => "active",
            Standing::PendingReview => "pending_review",
        };
        turn.run(
            "UPDATE store_link SET status = ?5
             WHERE left_id = ?1 AND right_id = ?2 AND rule = ?3 AND hash = ?4 AND status <> ?5",
            (&edge.left, &edge.right, edge.rule.name(), hash, status),
        )?;
    }
    Ok(())
}

/// Everything that is or was in one party with the seeds, or is linked to them.
fn reach(turn: &Turn<'_>, seeds: BTreeSet<String>) -> Result<BTreeMap<String, Known>> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    let mut open: Vec<String> = seeds.into_iter().collect();
    let mut one = turn
        .tx
        .prepare_cached("SELECT channel, golden, first_pos FROM store_party WHERE hub_id = ?1")?;
    let mut next = turn.tx.prepare_cached(
        "SELECT hub_id FROM store_party WHERE golden = ?2
         UNION SELECT right_id FROM store_link WHERE left_id = ?1 AND wanted = 'active'
         UNION SELECT left_id FROM store_link WHERE right_id = ?1 AND wanted = 'active'",
    )?;
    while let Some(id) = open.pop() {
        if known.contains_key(&id) {
            continue;
        }
        let found = one
            .query_row([&id], |row| {
                let member = Member { id: id.clone(), channel: row.get(0)? };
                Ok(Known { member, golden: row.get(1)?, first_pos: row.get(2)? })
            })
            .optional()?;
        let Some(found) = found else {
            continue;
        };
        for neighbour in next.query_map((&id, &found.golden), |row| row.get(0))? {
            open.push(neighbour?);
        }
        known.insert(id, found);
    }
    Ok(known)
}

type Edges = (Vec<Edge>, Vec<String>, BTreeSet<Pair>);

fn edges(turn: &Turn<'_>, known: &BTreeMap<String, Known>) -> Result<Edges> {
    let (mut edges, mut hashes, mut rejected) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut query = turn.tx.prepare_cached(
        "SELECT right_id, rule, hash, wanted FROM store_link
         WHERE left_id = ?1 AND wanted IN ('active', 'rejected') ORDER BY right_id, rule, hash",
    )?;
    for left in known.keys() {
        let mut rows = query.query([left])?;
        while let Some(row) = rows.next()? {
            let right: String = row.get(0)?;
            if !known.contains_key(&right) {
                continue;
            }
            if row.get::<_, String>(3)? == "rejected" {
                rejected.insert((left.clone(), right));
                continue;
            }
            let rule = Rule::from_name(&row.get::<_, String>(1)?).unwrap_or(Rule::CrossReference);
            edges.push(Edge { left: left.clone(), right, rule });
            hashes.push(row.get(2)?);
        }
    }
    Ok((edges, hashes, rejected))
}
