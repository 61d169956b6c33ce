//! The embedded cloud as any client sees it: the AWS SDK for Rust over HTTP, nothing mocked. Functions have their own tests.
#![allow(clippy::unwrap_used)]

mod client;
mod cloudformation;
mod dynamodb;
mod events;
mod http_api;
mod logs;
mod sqs;
mod update;
