//! Access keys made for one run of the cloud.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use uuid::Uuid;

use crate::aws::Principal;

/// An access key and its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Twenty letters and digits, as AWS makes them.
    pub id: String,
    /// The secret; never logged.
    pub secret: String,
    /// The session token that goes with temporary credentials; a function's have one.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl AccessKey {
    /// A new long-lived key: the id begins with AKIA.
    ///
    /// Source of the prefixes: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
    pub fn long_lived() -> Self {
        Self { id: format!("AKIA{}", random_letters(16)), secret: random_secret(), session_token: None }
    }

    /// A new temporary key as a role session has: the id begins with ASIA, and there is a session token.
    pub fn temporary() -> Self {
        Self {
            id: format!("ASIA{}", random_letters(16)),
            secret: random_secret(),
            session_token: Some(format!("{}{}", random_secret(), random_secret())),
        }
    }
}

fn random_letters(count: usize) -> String {
    Uuid::new_v4().simple().to_string().to_uppercase().chars().take(count).collect()
}

fn random_secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).chars().take(40).collect()
}

/// Who holds which key. Clones share what they hold: functions come and go while the gateway serves.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    holders: Arc<RwLock<BTreeMap<String, (AccessKey, Principal)>>>,
}

impl Credentials {
    /// Lets `principal` in with `key`.
    pub fn admit(&self, key: AccessKey, principal: Principal) {
        let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
        holders.insert(key.id.clone(), (key, principal));
    }

    /// Lets `principal` in no more, with whatever key.
    pub fn revoke(&self, principal: &Principal) {
        let mut holders = self.holders.write().unwrap_or_else(PoisonError::into_inner);
        holders.retain(|_, (_, holder)| holder != principal);
    }

    /// The key of that id and who holds it.
    pub fn find(&self, access_key_id: &str) -> Option<(AccessKey, Principal)> {
        self.holders.read().unwrap_or_else(PoisonError::into_inner).get(access_key_id).cloned()
    }
}
