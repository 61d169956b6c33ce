//! `AWS::Logs::LogGroup` and `AWS::Logs::ResourcePolicy`.

use super::{Declared, Draft, Result};
use crate::{
    stack::{LogGroup, LogResourcePolicy},
    template::node::Node,
};

pub(super) fn read_group(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    properties.only(&["LogGroupName", "RetentionInDays", "LogGroupClass", "KmsKeyId", "Tags"], "a log group")?;
    let retention = properties.get("RetentionInDays").map(|node| node.whole_within(1..=3653)).transpose();
    let retention_days = retention.map_err(|error| error.of_property("RetentionInDays"))?.map(|days| days as u32);
    let name = draft.scope.references.get(&resource.logical_id).map(|one| one.reference.clone()).unwrap_or_default();
    let arn = draft.arn("logs", format!("log-group:{name}"));
    draft.stack.log_groups.push(LogGroup { logical_id: resource.logical_id.clone(), name, arn, retention_days });
    Ok(())
}

pub(super) fn read_policy(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    properties.only(&["PolicyName", "PolicyDocument"], "a resource policy")?;
    let node = properties.need("PolicyDocument")?;
    let document = serde_json::from_str(&node.text()?);
    let document =
        document.map_err(|error| Node::error(node, format!("must be JSON: {error}")).of_property("PolicyDocument"))?;
    draft.stack.log_policies.push(LogResourcePolicy { name: properties.need("PolicyName")?.text()?, document });
    Ok(())
}
