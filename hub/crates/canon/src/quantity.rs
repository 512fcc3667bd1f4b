//! How much of something, with its unit.

use serde::{Deserialize, Serialize};

use crate::number::{Number, NumberFault};

/// A quantity: `{"qty": "1.25", "uom": "KGM"}`. Signed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// The number.
    pub qty: Number,
    /// UN/ECE Recommendation 20 unit code: `EA`, `KGM`, `LTR` …
    pub uom: String,
}

/// Why two quantities cannot be taken together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityFault {
    /// Kilograms and pieces.
    #[error("{left} and {right} cannot be added")]
    Units {
        /// Unit of the one.
        left: String,
        /// Unit of the other.
        right: String,
    },
    /// The sum is no [`Number`].
    #[error(transparent)]
    Number(#[from] NumberFault),
}

impl Quantity {
    /// So many pieces.
    pub fn pieces(count: i64) -> Result<Self, NumberFault> {
        Ok(Self { qty: Number::from_whole(count)?, uom: "EA".into() })
    }

    /// The sum; a fault when the units differ.
    pub fn plus(&self, other: &Self) -> Result<Self, QuantityFault> {
        if self.uom != other.uom {
            return Err(QuantityFault::Units { left: self.uom.clone(), right: other.uom.clone() });
        }
        Ok(Self { qty: self.qty.plus(other.qty)?, uom: self.uom.clone() })
    }

    /// With the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { qty: self.qty.negated(), uom: self.uom.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilograms_and_pieces_do_not_add_up() {
        let tea: Quantity = serde_json::from_str(r#"{"qty":"1.250","uom":"KGM"}"#).unwrap();
        let twice = tea.plus(&tea).unwrap();
        assert_eq!(serde_json::to_string(&twice).unwrap(), r#"{"qty":"2.5","uom":"KGM"}"#);
        assert!(matches!(
            tea.plus(&Quantity::pieces(1).unwrap()),
            Err(QuantityFault::Units { .. })
        ));
        assert_eq!(tea.plus(&tea.negated()).unwrap().qty, Number::ZERO);
    }
}
