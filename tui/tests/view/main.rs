//! The Flow view and the run loop, driven from outside: messages and keys in, pictures and effects out.

#![allow(missing_docs, clippy::unwrap_used)]

mod blast;
mod keys;
mod leave;
mod looks;
mod matrix;
mod random;
mod run;
mod scenarios;
mod script;
mod timeline;
