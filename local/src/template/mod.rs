//! Reads a SAM template and applies the transform: from text to a [`Stack`](crate::stack::Stack).
//!
//! What the embedded cloud cannot run is refused, with the resource, the property and the line; nothing is left out in
//! silence. Properties that make no difference on this machine (tags, encryption, backups, alarms) are accepted.
//!
//! Not checked here, since `cfn-lint` does: `AllowedPattern` of parameters, and values that only AWS knows.

mod error;
mod node;
mod parameters;
mod resolve;
mod scope;
mod transform;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use self::error::TemplateError;
use crate::stack::Stack;

/// Where and how a template is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateOptions {
    /// The stack's name.
    pub stack_name: String,
    /// The Region, `AWS::Region`.
    pub region: String,
    /// The account, `AWS::AccountId`.
    pub account: String,
    /// Values of parameters; the others take their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The gateway's address; queue URLs begin with it.
    pub endpoint_url: String,
    /// The HTTP API's address. An output that names the API's host on AWS names this one in its place.
    pub api_url: String,
}

/// Reads a template.
///
/// # Errors
/// [`TemplateError`] when the text is no template, or holds what the embedded cloud cannot run.
pub fn load(text: &str, options: &TemplateOptions) -> Result<Stack, TemplateError> {
    transform::stack(&yaml::parse(text)?, options)
}
