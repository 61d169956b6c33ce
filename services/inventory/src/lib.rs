//! reserveInventory
