//! What was changed, what it was before, and when it is put back: a row of the faults table. Pure.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

/// The `functionName` of these rows. No function can have that name, so no function takes them for its faults.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
pub(crate) const PARTITION: &str = "@restore";
/// When to put it back, in seconds after the epoch. Not the table's TTL attribute: a row must outlive its time until it
/// was heeded.
pub(crate) const RESTORE_AT: &str = "restoreAt";
/// What it was before.
pub(crate) const BEFORE: &str = "before";

/// A change that a fault made on the cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The reserved concurrency of a function was set.
    Concurrency {
        /// The function's name.
        function: String,
        /// What was reserved before; `None`: nothing was.
        before: Option<u32>,
    },
    /// A rule was disabled that was enabled before.
    Rule {
        /// The rule's name.
        name: String,
    },
    /// Pieces were taken out of the available stock.
    Stock {
        /// The product.
        product_id: String,
        /// How many.
        taken: u32,
    },
}

impl Change {
    /// The sort key of its row: one for each thing that can be changed.
    pub fn key(&self) -> String {
        match self {
            Self::Concurrency { function, .. } => format!("concurrency/{function}"),
            Self::Rule { name } => format!("rule/{name}"),
            Self::Stock { product_id, .. } => format!("stock/{product_id}"),
        }
    }

    pub(crate) fn before(&self) -> AttributeValue {
        match self {
            Self::Concurrency { before: Some(before), .. } => AttributeValue::N(before.to_string()),
            Self::Concurrency { before: None, .. } => AttributeValue::Null(true),
            Self::Rule { .. } => AttributeValue::S("ENABLED".to_owned()),
            Self::Stock { taken, .. } => AttributeValue::N(taken.to_string()),
        }
    }

    fn read(key: &str, before: Option<&AttributeValue>) -> Option<Self> {
        let number = || before?.as_n().ok()?.parse().ok();
        let (kind, name) = key.split_once('/')?;
        let name = name.to_owned();
        match kind {
            "concurrency" => Some(Self::Concurrency { function: name, before: number() }),
            "rule" => Some(Self::Rule { name }),
            "stock" => Some(Self::Stock { product_id: name, taken: number()? }),
            _ => None,
        }
    }
}

/// A change, and when it is undone at the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// What was changed.
    pub change: Change,
    /// When to put it back, to the second.
    pub restore_at: Timestamp,
}

impl Restoration {
    /// Reads a row; `None` when it is none of these, or says nothing that could be restored.
    pub(crate) fn from_item(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let change = Change::read(item.get("mode")?.as_s().ok()?, item.get(BEFORE))?;
        let seconds = item.get(RESTORE_AT)?.as_n().ok()?.parse().ok()?;
        Some(Self { change, restore_at: Timestamp::from_second(seconds).ok()? })
    }

    /// Whether its time has come.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.restore_at <= now
    }
}

/// The key of a row.
pub(crate) fn row_key(change: &Change) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("functionName".to_owned(), AttributeValue::S(PARTITION.to_owned())),
        ("mode".to_owned(), AttributeValue::S(change.key())),
    ])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_change_is_read_back_from_its_row() {
        let changes = [
            Change::Concurrency { function: "processPayment".into(), before: None },
            Change::Concurrency { function: "processPayment".into(), before: Some(7) },
            Change::Rule { name: "processPayment-OrderCreated-dev".into() },
            Change::Stock { product_id: "a/b".into(), taken: 50 },
        ];
        for change in changes {
            let mut item = row_key(&change);
            item.insert(BEFORE.into(), change.before());
            assert_eq!(Restoration::from_item(&item), None, "without its time");
            item.insert(RESTORE_AT.into(), AttributeValue::N("1800000000".into()));
            let read = Restoration::from_item(&item).unwrap();
            assert_eq!(read.change, change);
            let second = Timestamp::from_second(1_800_000_000).unwrap();
            assert!(read.is_due(second) && !read.is_due(second - std::time::Duration::from_millis(1)));
        }
    }

    #[test]
    fn a_stock_row_that_does_not_say_how_many_is_left_alone() {
        assert_eq!(Change::read("stock/espresso", None), None);
        assert_eq!(Change::read("other/thing", None), None);
    }
}
