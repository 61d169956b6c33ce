//! What all embedded services share: names, errors, time, limits, and the way from one service to another.

mod arn;
mod call;
mod clock;
mod delivery;
mod error;
pub mod limits;

pub use arn::Arn;
pub use call::{Call, Principal, Reply};
pub use clock::Clock;
pub use delivery::{Deliver, Delivery, DeliveryError};
pub use error::ServiceError;
