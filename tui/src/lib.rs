//! The dashboard that shows an event-driven order system at work.

pub mod app;
pub mod observe;
pub mod view;
