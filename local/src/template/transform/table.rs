//! `AWS::DynamoDB::Table`.

use serde_json::{Map, Value};

use super::{Declared, Draft, Result};
use crate::{stack::Table, template::node::Node};

/// Properties that CreateTable takes as they are.
const OF_CREATE_TABLE: [&str; 6] = [
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
];
/// Properties that make no difference here.
const WITHOUT_EFFECT: [&str; 5] =
    ["PointInTimeRecoverySpecification", "SSESpecification", "DeletionProtectionEnabled", "TableClass", "Tags"];

pub(super) fn read(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    let known = [&OF_CREATE_TABLE[..], &WITHOUT_EFFECT, &["TableName", "TimeToLiveSpecification"]].concat();
    properties.only(&known, "a table")?;
    let name = draft.scope.references.get(&resource.logical_id).map(|one| one.reference.clone()).unwrap_or_default();
    let mut create = Map::from_iter([("TableName".to_owned(), Value::from(name.clone()))]);
    for (property, node) in properties.entries()? {
        if OF_CREATE_TABLE.contains(&property.as_str()) {
            create.insert(property.clone(), node.to_json());
        }
    }
    let ttl = properties.get("TimeToLiveSpecification");
    let enabled = ttl.and_then(|ttl| ttl.get("Enabled")).map(Node::flag).transpose()?.unwrap_or(false);
    let ttl_attribute = match ttl {
        Some(ttl) if enabled => Some(ttl.need("AttributeName")?.text()?),
        _ => None,
    };
    let arn = draft.arn("dynamodb", format!("table/{name}"));
    draft.stack.tables.push(Table {
        logical_id: resource.logical_id.clone(),
        name,
        arn,
        create_table: Value::Object(create),
        ttl_attribute,
    });
    Ok(())
}
