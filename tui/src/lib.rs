//! The dashboard that shows an event-driven order system at work.

pub mod app;
pub mod chaos;
pub mod cli;
pub mod cloud;
pub mod dashboard;
pub mod functions;
pub mod measure;
pub mod observe;
pub mod scenario;
pub mod seed;
pub mod terminal;
pub mod view;
