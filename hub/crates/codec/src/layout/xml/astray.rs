//! Elements that were probably meant: beside the records, or the rows of a group, with
//! the same local name in another namespace or in other letters. Elements that no path
//! names are passed over; these would be records that vanish.

use super::{
    Kind, Part, Xml,
    path::{Name, Path},
    tree::Tree,
};
use crate::layout::arena::Arena;

/// Which names of a document are like one of the layout's paths, but none of them.
pub(super) struct Astray {
    /// By name of the document; empty: none is.
    like: Vec<bool>,
}

// === impl Astray ===

impl Astray {
    pub(super) fn of(xml: &Xml, tree: &Tree) -> Self {
        let mut known = Vec::new();
        for kind in &xml.kinds {
            kind.outer.iter().chain([&kind.record]).for_each(|it| names_of(it, &mut known));
            names_in(kind, &kind.part, &mut known);
        }
        let is_like = |it: &Name| !known.contains(&it) && known.iter().any(|one| like(one, it));
        let like: Vec<bool> = tree.names.iter().map(is_like).collect();
        Self { like: if like.contains(&true) { like } else { Vec::new() } }
    }

    /// Where such elements stand on the way of that path, and what the path has there.
    pub(super) fn on<'p>(
        &self,
        path: &'p Path,
        (tree, arena): (&Tree, &Arena),
        from: Option<usize>,
    ) -> Vec<(usize, &'p Name)> {
        let mut out = Vec::new();
        if self.like.is_empty() || path.up > 0 {
            return out;
        }
        let absolute = from.is_none() || path.absolute;
        let skip = usize::from(absolute);
        let mut parents: Vec<usize> = match from.filter(|_| !absolute) {
            Some(from) => vec![from],
            None => tree.root().into_iter().collect(),
        };
        for step in path.steps.iter().skip(skip) {
            let mut next = Vec::new();
            for child in parents.into_iter().flat_map(|it| tree.children(it)) {
                let name = tree.element(child).name;
                if step.fits((tree, arena), child) {
                    next.push(child);
                } else if self.like.get(name) == Some(&true)
                    && tree.name(child).is_some_and(|it| like(&step.name, it))
                {
                    out.push((child, &step.name));
                }
            }
            parents = next;
        }
        out
    }
}

/// The same but for the namespace and the case of letters.
fn like(one: &Name, other: &Name) -> bool {
    let lower = |it: &'_ Name| it.local.to_lowercase();
    one.local == other.local || lower(one) == lower(other)
}

fn names_in<'k>(kind: &'k Kind, part: &'k Part, out: &mut Vec<&'k Name>) {
    part.columns.iter().filter_map(|it| it.path(kind)).for_each(|it| names_of(it, out));
    for group in &part.groups {
        names_of(&group.path, out);
        names_in(kind, &group.part, out);
    }
}

fn names_of<'p>(path: &'p Path, out: &mut Vec<&'p Name>) {
    for step in &path.steps {
        out.push(&step.name);
        out.extend(step.only.iter().filter(|it| !it.attribute).map(|it| &it.name));
    }
}
