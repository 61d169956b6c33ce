//! What a system did, in figures: counted from all that its log groups hold, not from the live tail, which may leave lines
//! out. Pure; what reads the logs is in `cloud`.

mod condition;
mod figures;
mod ledger;

pub use condition::{Condition, ConditionError};
pub use figures::{Facts, Figures, function_of, is_figure};
pub use ledger::{Attempt, FunctionCounts, Ledger, SeenEvent};
