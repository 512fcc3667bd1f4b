//! SOAP around documents: two versions of one envelope, and faults in it.
//!
//! SOAP 1.1 (W3C Note, 2000), SOAP 1.2 part 1 (W3C, 2007).

use super::{path::Name, tree::Tree};
use crate::layout::{LayoutFault, arena::Arena, cell};

/// The namespace of envelopes of SOAP 1.1.
pub(super) const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The namespace of envelopes of SOAP 1.2.
pub(super) const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// Which envelopes are read; the first version is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Soap {
    V11,
    V12,
    /// Both; 1.1 is written.
    Any,
}

impl Soap {
    pub(super) const NAMES: [(&'static str, Self); 3] =
        [("1.1", Self::V11), ("1.2", Self::V12), ("any", Self::Any)];

    /// The namespace that the prefix `soap` of the layout's paths has.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::V11 | Self::Any => SOAP_11,
            Self::V12 => SOAP_12,
        }
    }

    /// The namespace that is read as that one too.
    pub(super) fn alias(self) -> Option<(&'static str, &'static str)> {
        (self == Self::Any).then_some((SOAP_12, SOAP_11))
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::V11 | Self::Any => "text/xml",
            Self::V12 => "application/soap+xml",
        }
    }

    /// What is wrong with the document as an envelope: another one or another
    /// version, a fault in it, a header that must be understood and is not.
    pub(super) fn check(
        self,
        (tree, arena): (&Tree, &Arena),
        known: impl Fn(&Name) -> bool,
    ) -> Result<(), LayoutFault> {
        let is = |index: usize, local: &str| {
            tree.name(index).is_some_and(|it| it.local == local && it.namespace == self.namespace())
        };
        let fault = |index: usize, code, message: &str| {
            let message = format!("{message} (in {})", tree.place_of(index, ""));
            LayoutFault::new(code, tree.element(index).offset, message)
        };
        let Some(root) = tree.root().filter(|it| is(*it, "Envelope")) else {
            let expected = format!("an Envelope of {}", self.namespace());
            let found = tree.name(0).map_or("", |it| it.namespace.as_str());
            return Err(fault(
                0,
                "wrong-document",
                "this is no envelope of SOAP as the layout says",
            )
            .found(cell::found(found, false))
            .expected(expected));
        };
        let header = tree.children(root).find(|it| is(*it, "Header"));
        for entry in header.into_iter().flat_map(|it| tree.children(it)) {
            let must = tree.attributes(entry).iter().any(|it| {
                it.name.local == "mustUnderstand"
                    && it.name.namespace == self.namespace()
                    && matches!(tree.text(arena, it.range), "1" | "true")
            });
            if must && !tree.name(entry).is_some_and(&known) {
                let message = "a header that must be understood, and that no field reads";
                return Err(fault(entry, "soap-header", message));
            }
        }
        let body = tree.children(root).find(|it| is(*it, "Body"));
        let failed = body.and_then(|it| tree.children(it).find(|it| is(*it, "Fault")));
        match failed {
            None => Ok(()),
            Some(index) => {
                let found = cell::found(code(tree, arena, index), false);
                Err(fault(index, "soap-fault", "the sender reports a fault")
                    .found(found)
                    .expected("a body without a Fault"))
            }
        }
    }
}

/// The code of a fault: `faultcode` of 1.1, `Code/Value` of 1.2. The reason is
/// not shown, since it may be personal.
fn code<'a>(tree: &Tree, arena: &'a Arena, fault: usize) -> &'a str {
    let named = |index: usize, name: &str| {
        tree.children(index).find(|it| tree.name(*it).is_some_and(|it| it.local == name))
    };
    let found = named(fault, "faultcode")
        .or_else(|| named(fault, "Code").and_then(|it| named(it, "Value")));
    found.map_or("", |it| tree.text(arena, tree.element(it).text))
}
