//! Parties: what hangs together by links, within limits.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Standing};

/// Identities of one channel that one party may have; more than that is a sign
/// that something is shared that should not be.
pub const PROFILE_PER_CHANNEL_MAX: usize = 5;

/// One identity.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its hub id.
    pub id: String,
    /// Its channel.
    pub channel: String,
}

/// One link between two identities.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Hub id of one.
    pub left: String,
    /// Hub id of the other.
    pub right: String,
    /// Why.
    pub rule: Rule,
}

/// What hangs together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clustered {
    /// Hub ids of each party's identities, sorted, each identity in one party.
    pub parties: Vec<Vec<String>>,
    /// What each edge came to, in the order they were given.
    pub standings: Vec<Standing>,
}

/// Joins `members` by `edges`, the strongest first, and leaves an edge for
/// review that would join what was `rejected`, or give a party more identities
/// of one channel than [`PROFILE_PER_CHANNEL_MAX`]. The result does not depend
/// on the order of the arguments' elements.
#[must_use]
pub fn clusters(
    members: &[Member],
    edges: &[Edge],
    rejected: &BTreeSet<(String, String)>,
) -> Clustered {
    let mut party_of: BTreeMap<&str, usize> =
        members.iter().enumerate().map(|(at, member)| (member.id.as_str(), at)).collect();
    let mut parties: Vec<Vec<&Member>> = members.iter().map(|member| vec![member]).collect();
    let mut standings = vec![Standing::PendingReview; edges.len()];
    let mut order: Vec<(usize, &Edge)> = edges.iter().enumerate().collect();
    order.sort_by_key(|(_, edge)| (edge.rule, &edge.left, &edge.right));
    for (at, edge) in order {
        let (Some(&left), Some(&right)) =
            (party_of.get(edge.left.as_str()), party_of.get(edge.right.as_str()))
        else {
            continue;
        };
        let may_join = left == right || may_join(&parties, (left, right), edge.rule, rejected);
        if !may_join {
            continue;
        }
        if let Some(standing) = standings.get_mut(at) {
            *standing = Standing::Active;
        }
        if left != right {
            let moved = parties.get_mut(right).map(std::mem::take).unwrap_or_default();
            for member in &moved {
                party_of.insert(&member.id, left);
            }
            if let Some(party) = parties.get_mut(left) {
                party.extend(moved);
            }
        }
    }
    let mut parties: Vec<Vec<String>> = parties
        .into_iter()
        .filter(|party| !party.is_empty())
        .map(|party| party.into_iter().map(|member| member.id.clone()).collect())
        .collect();
    parties.iter_mut().for_each(|party| party.sort());
    parties.sort();
    Clustered { parties, standings }
}

fn may_join(
    parties: &[Vec<&Member>],
    (left, right): (usize, usize),
    rule: Rule,
    rejected: &BTreeSet<(String, String)>,
) -> bool {
    let empty = Vec::new();
    let left = parties.get(left).unwrap_or(&empty);
    let right = parties.get(right).unwrap_or(&empty);
    let is_rejected = left.iter().any(|one| {
        right.iter().any(|two| {
            let (low, high) = if one.id < two.id { (one, two) } else { (two, one) };
            rejected.contains(&(low.id.clone(), high.id.clone()))
        })
    });
    if is_rejected {
        return false;
    }
    let mut per_channel: BTreeMap<&str, usize> = BTreeMap::new();
    for member in left.iter().chain(right) {
        *per_channel.entry(&member.channel).or_default() += 1;
    }
    rule == Rule::Manual || per_channel.values().all(|count| *count <= PROFILE_PER_CHANNEL_MAX)
}
