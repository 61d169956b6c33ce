//! Chaos: orders under random faults, kills, throttles, duplicates and delays, then everything is healed, and what was
//! promised must be true (DESIGN: what is never broken). What is done follows from a seed alone; when things happen
//! does not, since processes and the network take the time they take.

mod check;
mod plan;
mod run;

pub use check::{Evidence, Violation, violations};
pub use plan::{Disturbance, Plan};
pub use run::{ChaosReport, Options, run};
