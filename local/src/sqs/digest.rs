//! MD5 digests that SDKs compare with their own.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

use std::collections::BTreeMap;

use super::MessageAttribute;

pub(super) fn of_body(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}

/// The digest of attributes in the order of their names; `None` when there are none.
pub(super) fn of_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = md5::Context::new();
    for (name, attribute) in attributes {
        consume(&mut digest, name.as_bytes());
        consume(&mut digest, attribute.data_type.as_bytes());
        digest.consume([STRING_TRANSPORT]);
        consume(&mut digest, attribute.string_value.as_bytes());
    }
    Some(format!("{:x}", digest.compute()))
}

/// The byte that stands for a value sent as text; 2 would stand for bytes, which are not served.
const STRING_TRANSPORT: u8 = 1;

/// The length as four bytes, then the bytes.
fn consume(digest: &mut md5::Context, bytes: &[u8]) {
    digest.consume(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.consume(bytes);
}
