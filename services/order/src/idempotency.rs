//! Order ids: by chance, or by the customer's idempotency key.

use eventflow_contract::Violation;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The header that makes a request safe to send again.
pub(crate) const HEADER: &str = "Idempotency-Key";

/// The most characters of a key. A UUID has 36; more than this is a mistake, or an attack.
const MAX_KEY_CHARS: usize = 255;

/// A key that may be used.
pub(crate) fn valid_key(key: Option<&str>) -> Result<Option<&str>, Violation> {
    match key {
        None => Ok(None),
        Some(key) if key.is_empty() || key.len() > MAX_KEY_CHARS || !key.bytes().all(|b| b.is_ascii_graphic()) => Err(
            Violation::new(HEADER, format!("must be 1 to {MAX_KEY_CHARS} visible ASCII characters, without spaces")),
        ),
        Some(key) => Ok(Some(key)),
    }
}

/// The id of an order: always the same for the same user and key, and otherwise new.
///
/// The user is part of it: two customers who choose the same key must not get each other's order.
pub(crate) fn order_id(user_id: &str, key: Option<&str>) -> String {
    let uuid = key.map_or_else(Uuid::new_v4, |key| {
        let mut hash = Sha256::new();
        hash.update(b"eventflow idempotency key\0");
        // The length keeps user "a" with key "bc" apart from user "ab" with key "c".
        hash.update((user_id.len() as u64).to_be_bytes());
        hash.update(user_id);
        hash.update(key);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        // Version 8 of RFC 9562: a UUID of one's own making.
        Builder::from_custom_bytes(bytes).into_uuid()
    });
    format!("ord-{uuid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_user_and_key_give_the_same_id_and_nothing_else_does() {
        assert_eq!(order_id("ab", Some("c")), order_id("ab", Some("c")));
        let ids = [
            order_id("ab", Some("c")),
            order_id("a", Some("bc")),
            order_id("ab", Some("d")),
            order_id("ab", None),
            order_id("ab", None),
        ];
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), 40, "{id}");
            assert!(!ids[..n].contains(id), "{id} came twice");
        }
    }

    #[test]
    fn keys_are_short_and_visible() {
        assert_eq!(valid_key(None), Ok(None));
        assert_eq!(valid_key(Some("k-1")), Ok(Some("k-1")));
        for bad in ["", "a b", "a\n", "é", &"k".repeat(256)] {
            assert!(valid_key(Some(bad)).is_err(), "{bad:?} was taken");
        }
    }
}
