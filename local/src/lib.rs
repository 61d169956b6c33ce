//! The embedded cloud: runs a SAM template on this machine behind AWS's own APIs.
//!
//! It reads the same `template.yaml` that `sam deploy` puts on AWS, serves the services that the template
//! uses on loopback, and runs every function as an operating-system process of its own over the Lambda Runtime API.
//! It knows templates and AWS wire formats; it knows nothing of orders.

pub mod aws;
pub mod cloud;
pub mod cloudformation;
pub mod dynamodb;
pub mod event_pattern;
pub mod events;
pub mod gateway;
pub mod http_api;
pub mod lambda;
pub mod logs;
pub mod process;
pub mod sqs;
pub mod stack;
pub mod template;
