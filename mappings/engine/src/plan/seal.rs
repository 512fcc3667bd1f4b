//! What is made once a plan is complete: constant members as the bytes they are.

use super::{
    Plan,
    node::{Chunk, Member, Node},
};

/// Writes each member whose value is the same for every record.
pub(super) fn constants(plan: &mut Plan) {
    let texts = std::mem::take(&mut plan.texts);
    let values: Vec<Option<Box<str>>> = plan
        .nodes
        .iter()
        .map(|node| match node {
            Node::Const(json) => {
                let (start, len) = (json.start as usize, json.len as usize);
                texts.get(start..start + len).map(Into::into)
            }
            _ => None,
        })
        .collect();
    let write = |member: &mut Member| {
        let value = values.get(member.node as usize).and_then(|it| it.as_deref());
        member.whole =
            value.map(|value| Chunk::new([member.key.bytes(), value.as_bytes(), b","].concat()));
    };
    plan.root.iter_mut().for_each(write);
    for node in &mut plan.nodes {
        if let Node::Object { members, .. } = node {
            members.iter_mut().for_each(write);
        }
    }
    plan.texts = texts;
}
