//! Every number that AWS documents and the embedded cloud keeps to, each with its source. One module a service.
