//! Why a template cannot be run.

use std::fmt;

/// An error in a template: where it is, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The line, counted from 1; 0 when it is not of one line.
    pub line: usize,
    /// The resource's logical id; empty when it is not of a resource.
    pub resource: String,
    /// The path of the property within the resource; empty when it is not of one.
    pub property: String,
    /// What is wrong, and what to do.
    pub reason: String,
    /// The same as CloudFormation words it, where a value of a parameter is wrong.
    pub cloudformation: Option<String>,
}

impl TemplateError {
    pub(super) fn at(line: usize, reason: impl Into<String>) -> Self {
        Self { line, resource: String::new(), property: String::new(), reason: reason.into(), cloudformation: None }
    }

    /// Says how CloudFormation words it.
    pub(super) fn in_words_of_cloudformation(mut self, words: String) -> Self {
        self.cloudformation = Some(words);
        self
    }

    /// Names the property, unless one further in is named already.
    pub(super) fn of_property(mut self, property: &str) -> Self {
        if self.property.is_empty() {
            self.property = property.to_owned();
        }
        self
    }

    /// Names the resource.
    pub(super) fn of_resource(mut self, resource: &str) -> Self {
        if self.resource.is_empty() {
            self.resource = resource.to_owned();
        }
        self
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("template")?;
        if self.line > 0 {
            write!(f, " line {}", self.line)?;
        }
        match (self.resource.as_str(), self.property.as_str()) {
            ("", "") => {}
            ("", property) => write!(f, ", {property}")?,
            (resource, "") => write!(f, ", resource {resource}")?,
            (resource, property) => write!(f, ", resource {resource}, property {property}")?,
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for TemplateError {}
