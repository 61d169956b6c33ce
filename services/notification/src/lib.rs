//! sendNotification
