//! How the two facets of an order move. Pure: the services read a row, ask here, and write conditionally on what they read.
//!
//! Events come at least once and in any order, so every function here answers for every stored facet. A facet only ever
//! leaves PENDING once, and a compensated one (REFUNDED, RELEASED, CANCELLED) never moves again; that is what makes a
//! charge and a reservation happen at most once.

use crate::{InventoryStatus, PaymentStatus};

/// What a service does with its facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition<S> {
    /// The facet to store; the stored one when nothing moves.
    pub to: S,
    /// Whether to publish the event that tells of `to`. Also when nothing moved: whoever moved it may have died before
    /// it could publish.
    pub announce: bool,
}

impl<S> Transition<S> {
    fn announced(to: S) -> Self {
        Self { to, announce: true }
    }

    fn silent(to: S) -> Self {
        Self { to, announce: false }
    }
}

/// What payment does on OrderCreated. `approved` is the gateway's word.
pub fn payment_on_order_created(stored: PaymentStatus, approved: bool) -> Transition<PaymentStatus> {
    use PaymentStatus as P;
    match stored {
        P::Pending => Transition::announced(if approved { P::Paid } else { P::Failed }),
        P::Paid | P::Failed => Transition::announced(stored),
        // Compensated before this event came, or since: there is nothing to charge, and InventoryFailed tells the rest.
        P::Refunded | P::Cancelled => Transition::silent(stored),
    }
}

/// What payment does on InventoryFailed: give the money back, or never take it.
pub fn payment_on_inventory_failed(stored: PaymentStatus) -> Transition<PaymentStatus> {
    use PaymentStatus as P;
    match stored {
        P::Pending => Transition::silent(P::Cancelled),
        P::Paid | P::Refunded => Transition::announced(P::Refunded),
        P::Failed | P::Cancelled => Transition::silent(stored),
    }
}

/// What inventory does on OrderCreated. `enough` tells whether the stock covers the quantity.
pub fn inventory_on_order_created(stored: InventoryStatus, enough: bool) -> Transition<InventoryStatus> {
    use InventoryStatus as I;
    match stored {
        I::Pending => Transition::announced(if enough { I::Reserved } else { I::Failed }),
        I::Reserved | I::Failed => Transition::announced(stored),
        // The payment failed before this event came, or since: there is nothing to reserve.
        I::Released | I::Cancelled => Transition::silent(stored),
    }
}

/// What inventory does on PaymentFailed: give the stock back, or never take it.
pub fn inventory_on_payment_failed(stored: InventoryStatus) -> Transition<InventoryStatus> {
    use InventoryStatus as I;
    match stored {
        I::Pending => Transition::silent(I::Cancelled),
        I::Reserved | I::Released => Transition::announced(I::Released),
        I::Failed | I::Cancelled => Transition::silent(stored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYMENT: [PaymentStatus; 5] = [
        PaymentStatus::Pending,
        PaymentStatus::Paid,
        PaymentStatus::Failed,
        PaymentStatus::Refunded,
        PaymentStatus::Cancelled,
    ];
    const INVENTORY: [InventoryStatus; 5] = [
        InventoryStatus::Pending,
        InventoryStatus::Reserved,
        InventoryStatus::Failed,
        InventoryStatus::Released,
        InventoryStatus::Cancelled,
    ];

    #[test]
    fn the_same_event_twice_moves_a_facet_once() {
        for stored in PAYMENT {
            for approved in [true, false] {
                let once = payment_on_order_created(stored, approved);
                // Even if the second answer of the gateway were another one.
                assert_eq!(payment_on_order_created(once.to, !approved), once);
            }
            let once = payment_on_inventory_failed(stored);
            assert_eq!(payment_on_inventory_failed(once.to), once);
        }
        for stored in INVENTORY {
            for enough in [true, false] {
                let once = inventory_on_order_created(stored, enough);
                assert_eq!(inventory_on_order_created(once.to, !enough), once);
            }
            let once = inventory_on_payment_failed(stored);
            assert_eq!(inventory_on_payment_failed(once.to), once);
        }
    }

    #[test]
    fn the_end_is_compensated_in_whichever_order_the_events_come() {
        for approved in [true, false] {
            let order_first =
                payment_on_inventory_failed(payment_on_order_created(PaymentStatus::Pending, approved).to);
            let failure_first =
                payment_on_order_created(payment_on_inventory_failed(PaymentStatus::Pending).to, approved);
            assert_ne!(order_first.to, PaymentStatus::Paid);
            assert_eq!(failure_first, Transition::silent(PaymentStatus::Cancelled));
        }
        for enough in [true, false] {
            let order_first =
                inventory_on_payment_failed(inventory_on_order_created(InventoryStatus::Pending, enough).to);
            let failure_first =
                inventory_on_order_created(inventory_on_payment_failed(InventoryStatus::Pending).to, enough);
            assert_ne!(order_first.to, InventoryStatus::Reserved);
            assert_eq!(failure_first, Transition::silent(InventoryStatus::Cancelled));
        }
    }

    #[test]
    fn nothing_goes_back_to_pending_and_nothing_compensated_comes_back() {
        for stored in PAYMENT {
            for after in [
                payment_on_order_created(stored, true).to,
                payment_on_order_created(stored, false).to,
                payment_on_inventory_failed(stored).to,
            ] {
                assert_ne!(after, PaymentStatus::Pending);
                if matches!(stored, PaymentStatus::Refunded | PaymentStatus::Cancelled | PaymentStatus::Failed) {
                    assert_eq!(after, stored);
                }
            }
        }
        for stored in INVENTORY {
            for after in [
                inventory_on_order_created(stored, true).to,
                inventory_on_order_created(stored, false).to,
                inventory_on_payment_failed(stored).to,
            ] {
                assert_ne!(after, InventoryStatus::Pending);
                if matches!(stored, InventoryStatus::Released | InventoryStatus::Cancelled | InventoryStatus::Failed) {
                    assert_eq!(after, stored);
                }
            }
        }
    }
}
