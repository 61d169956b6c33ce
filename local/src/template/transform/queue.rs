//! `AWS::SQS::Queue`.

use super::{Declared, Draft, Result};
use crate::stack::Queue;

/// Properties that are attributes of the queue under the same name.
const ATTRIBUTES: [&str; 5] = [
    "MessageRetentionPeriod",
    "VisibilityTimeout",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "SqsManagedSseEnabled",
];

pub(super) fn read(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    properties.only(&[&ATTRIBUTES[..], &["QueueName", "Tags", "KmsMasterKeyId"]].concat(), "a queue")?;
    let mut attributes = std::collections::BTreeMap::new();
    for (property, node) in properties.entries()? {
        if ATTRIBUTES.contains(&property.as_str()) {
            attributes.insert(property.clone(), node.text().map_err(|error| error.of_property(property))?);
        }
    }
    let reference = draft.scope.references.get(&resource.logical_id);
    let name = reference.and_then(|one| one.attributes.get("QueueName").cloned()).unwrap_or_default();
    let arn = draft.arn("sqs", name.clone());
    draft.stack.queues.push(Queue { logical_id: resource.logical_id.clone(), name, arn, attributes });
    Ok(())
}
