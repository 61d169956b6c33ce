//! processPayment
