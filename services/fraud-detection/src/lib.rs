//! detectFraud: marks the orders that look wrong. Reads and writes no order and no stock.

pub mod detect_fraud;
