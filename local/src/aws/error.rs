//! The errors that AWS APIs answer.

/// An error as an AWS service answers it: status, code and message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// The HTTP status.
    pub status: u16,
    /// The error's name in the service's API reference: `ResourceNotFoundException`.
    pub code: String,
    /// The text for a person.
    pub message: String,
}

impl ServiceError {
    /// An error with the given HTTP status, code and message.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// `ValidationException`, 400.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// The operation is not served here. Says so plainly: an unknown operation must never look like success.
    pub fn unsupported(service: &str, operation: &str) -> Self {
        Self::new(
            400,
            "UnknownOperationException",
            format!("The embedded cloud does not serve {service} {operation}. Use a deployed stack for it."),
        )
    }
}
