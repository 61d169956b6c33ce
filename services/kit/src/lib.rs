//! What every EventFlow function shares: start-up, JSON logs, event publishing, fault injection
