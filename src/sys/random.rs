//! Chance.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A number from 0 up to 1 that nobody could know. The standard library seeds its maps so; it is good for
/// spreading things in time, not for secrets.
pub fn fraction() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    u32::try_from(bits).map_or(0.0, |bits| f64::from(bits) / (f64::from(u32::MAX) + 1.0))
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_within_its_bounds_and_differs() {
        let all: Vec<_> = (0..100).map(|_| super::fraction()).collect();
        assert!(all.iter().all(|luck| (0.0..1.0).contains(luck)));
        assert!(all.iter().any(|luck| *luck > all[0]) || all.iter().any(|luck| *luck < all[0]));
    }
}
