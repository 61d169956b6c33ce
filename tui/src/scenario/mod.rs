//! Scenarios: what is told and done step by step, and what must have come of it, measured.
//!
//! A scenario is data ([`Scenario`], read from TOML); [`play`] does its steps against a stack, through the same APIs as
//! everybody, and judges its expectations by what the log groups and tables hold; [`Report`] is what came of it.

mod junit;
mod library;
mod play;
mod report;
mod script;
mod timeline;

pub use junit::junit;
pub use library::{builtin, names};
pub use play::{Pace, Progress, play};
pub use report::{Moment, Report, Verdict};
pub use script::{Action, Expectation, Scenario, ScriptError, Step};
pub use timeline::svg;
