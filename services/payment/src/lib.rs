//! processPayment: charges orders, and gives the money back when the stock is missing. Writes only the payment facet.

pub mod process_payment;
