//! The dashboard that shows an event-driven order system at work.

pub mod app;
pub mod cloud;
pub mod dashboard;
pub mod observe;
pub mod terminal;
pub mod view;
