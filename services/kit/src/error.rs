//! Why an invocation fails. A failed invocation is tried again by Lambda, and ends in a dead-letter queue.

use eventflow_contract::ContractError;
use lambda_runtime::Diagnostic;

use crate::{PublishError, RowError};

/// Why an invocation fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event cannot be read.
    #[error("reading the event: {0}")]
    Contract(#[from] ContractError),
    /// The event speaks of an order that is not stored.
    #[error(
        "the order {order_id} is not in the orders table; an event came before its order was stored, or it was made up"
    )]
    OrderNotFound {
        /// The order.
        order_id: String,
    },
    /// A table did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row in a table is not what the contract says.
    #[error(transparent)]
    Row(#[from] RowError),
    /// Others wrote the same rows again and again.
    #[error("{action} gave way to other writers {attempts} times; Lambda tries it again")]
    Contended {
        /// What was attempted.
        action: String,
        /// How often.
        attempts: u32,
    },
    /// The event bus did not take the events.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// AWS did not do what was asked of it, other than with tables and events.
    #[error("{action}: {problem}; check that the function's role allows it. Lambda tries it again")]
    Control {
        /// What was attempted.
        action: String,
        /// What AWS or the way to it said.
        problem: String,
    },
    /// A fault was injected.
    #[error("an injected fault fails this invocation; remove the row '{mode}' of {function} from the faults table")]
    Injected {
        /// The function's name.
        function: String,
        /// The fault's mode.
        mode: String,
    },
}

/// A call of DynamoDB that failed.
#[derive(Debug, thiserror::Error)]
#[error("{action} the table {table}: {problem}; check that the table is there and that the function's role allows it")]
pub struct StoreError {
    /// What was attempted: `reading order ord-1 from`.
    pub action: String,
    /// The table.
    pub table: String,
    /// What DynamoDB or the way to it said.
    pub problem: String,
}

impl StoreError {
    /// An error from one of the SDK, with everything it knows.
    pub fn of(action: impl Into<String>, table: &str, error: &(impl std::error::Error + 'static)) -> Self {
        let problem = aws_sdk_dynamodb::error::DisplayErrorContext(error).to_string();
        Self { action: action.into(), table: table.to_owned(), problem }
    }
}

impl Error {
    /// A short name of the kind of error: Lambda's `errorType`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Contract(error) => error.name(),
            Self::OrderNotFound { .. } => "OrderNotFound",
            Self::Store(_) => "StoreFailed",
            Self::Row(_) => "MalformedRow",
            Self::Contended { .. } => "Contended",
            Self::Publish(_) => "PublishFailed",
            Self::Control { .. } => "ControlFailed",
            Self::Injected { .. } => "InjectedFault",
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.name().to_owned(), error_message: error.to_string() }
    }
}
