//! What came out of a compressed body: unpacked once, behind the gates, weighed
//! like the bytes that came, and used by all who read it.

use crate::{gates::weight::Weight, problem::Refusal};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by the arrival, which is unpacked on its walk, and by the ingress, which
/// answers its sender. The weight of the body is given back with the last of them.
#[derive(Clone, Debug, Default)]
pub struct Unpacked(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    weight: Option<Weight>,
    bytes: Option<Bytes>,
}

// === impl Unpacked ===

impl Unpacked {
    /// Nothing is unpacked yet; `weight` is that of the body as it came.
    #[must_use]
    pub fn of(weight: Weight) -> Self {
        Self(Arc::new(Mutex::new(Inside { weight: Some(weight), bytes: None })))
    }

    /// Keeps what came out, as far as its weight is free.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooMuch`] when all bodies together would weigh too much,
    /// [`Refusal::BodyTooLarge`] when this one alone does.
    pub fn keep(&self, bytes: &Bytes) -> Result<(), Refusal> {
        let mut inside = self.inside();
        if let Some(weight) = &mut inside.weight {
            if !weight.may_hold(bytes.len()) {
                // It would be sent again and again.
                return Err(Refusal::BodyTooLarge { limit_bytes: weight.limit_bytes() });
            }
            weight.add(bytes.len())?;
        }
        inside.bytes = Some(bytes.clone());
        Ok(())
    }

    /// What came out; `None` when nothing was compressed, or it was not read.
    #[must_use]
    pub fn bytes(&self) -> Option<Bytes> {
        self.inside().bytes.clone()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::weight::Scales;

    #[test]
    fn what_comes_out_weighs_too_until_nobody_needs_it() {
        let scales = Scales::new(4 * 4096);
        let body = || {
            let mut weight = scales.weigh();
            weight.add(100).unwrap();
            Unpacked::of(weight)
        };
        let (one, two) = (body(), body());
        let bytes = Bytes::from(vec![0; 3 * 4096 - 100]);
        one.keep(&bytes).unwrap();
        assert_eq!(one.bytes(), Some(bytes.clone()));
        let refusal = two.keep(&bytes).unwrap_err();
        assert_eq!((refusal.code(), two.bytes()), ("too-busy", None));
        let never = two.keep(&Bytes::from(vec![0; 4 * 4096])).unwrap_err();
        assert_eq!(never.code(), "body-too-large");
        let also_one = one.clone();
        drop(one);
        assert!(two.keep(&bytes).is_err(), "somebody still has it");
        drop(also_one);
        assert!(two.keep(&bytes).is_ok());
    }
}
