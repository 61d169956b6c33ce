//! The simulated payment gateway.

use crate::hash::stable;

/// The share of orders that the gateway approves when nothing else is configured.
pub const DEFAULT_APPROVAL_RATE: f64 = 0.9;

/// Whether the gateway approves an order, at a rate from 0 (none) to 1 (all).
///
/// Decided by a hash of the order id, so that asking again gives the same answer, as a real gateway does for the same
/// idempotency key. An order approved at one rate is approved at every higher one.
pub fn approves(order_id: &str, rate: f64) -> bool {
    // 53 bits are what a double holds exactly, so the fraction is below 1 and every rate is met exactly.
    let fraction = (stable(order_id).0 >> 11) as f64 / (1_u64 << 53) as f64;
    fraction < rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_over_many_orders() {
        for rate in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let approved = (0..10_000).filter(|n| approves(&format!("ord-{n}"), rate)).count() as f64 / 10_000.0;
            // Four standard deviations of 10,000 draws at 0.5 are 0.02. The ids are fixed, so the outcome is too.
            assert!((approved - rate).abs() < 0.02, "rate {rate} approved {approved}");
        }
    }

    #[test]
    fn a_higher_rate_never_declines_what_a_lower_one_approved() {
        for n in 0..1_000 {
            let id = format!("ord-{n}");
            let approved = [0.0, 0.25, 0.5, 0.75, 0.9, 1.0].map(|rate| approves(&id, rate));
            assert!(approved.is_sorted(), "{id}: {approved:?}");
        }
    }

    #[test]
    fn the_answer_is_pinned() {
        // A change of the hash would charge orders twice that are retried over a deployment.
        let declined: Vec<u32> = (0..30).filter(|n| !approves(&format!("ord-{n}"), DEFAULT_APPROVAL_RATE)).collect();
        // As computed by another implementation of SHA-256.
        assert_eq!(declined, [9, 18, 19, 29]);
    }
}
