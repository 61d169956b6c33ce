//! sendNotification: tells customers what became of their orders. Reads and writes no order and no stock.

pub mod send_notification;
