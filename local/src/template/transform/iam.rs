//! Permissions: `AWS::IAM::Role`, and the policies that SAM writes into a function.

use serde_json::Value;

use super::{Declared, Draft, Result};
use crate::{
    stack::{Effect, PolicyStatement},
    template::node::{Kind, Node},
};

/// The one managed policy whose content is known here.
///
/// Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html>
const BASIC_EXECUTION: &str = "AWSLambdaBasicExecutionRole";

pub(super) fn read_role(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    let known =
        ["RoleName", "Description", "AssumeRolePolicyDocument", "Policies", "ManagedPolicyArns", "Path", "Tags"];
    properties.only(&known, "a role")?;
    let mut statements = Vec::new();
    for policy in properties.get("Policies").map_or(Ok(&[][..]), Node::items)? {
        statements.extend(document(policy.need("PolicyDocument")?).map_err(|error| error.of_property("Policies"))?);
    }
    for arn in properties.get("ManagedPolicyArns").map_or(Ok(&[][..]), Node::items)? {
        statements.push(managed(arn).map_err(|error| error.of_property("ManagedPolicyArns"))?);
    }
    let reference = draft.scope.references.get(&resource.logical_id);
    let arn = reference.and_then(|one| one.attributes.get("Arn").cloned()).unwrap_or_default();
    draft.roles.insert(arn, statements);
    Ok(())
}

/// The statements of a function's role: of the one it names, or of the one that SAM makes from its policies.
pub(super) fn of_function(draft: &Draft<'_>, properties: &Node) -> Result<Vec<PolicyStatement>> {
    if let Some(role) = properties.get("Role") {
        let found = draft.roles.get(&role.text()?).cloned();
        return found.ok_or_else(|| role.error("must be a role of this template").of_property("Role"));
    }
    let mut statements = vec![basic_execution()];
    let policies = properties.get("Policies").map_or(&[][..], Node::one_or_many);
    for policy in policies {
        let read = match &policy.kind {
            Kind::Text(_) => managed(policy).map(|statement| vec![statement]),
            _ if policy.get("Statement").is_some() => document(policy),
            _ => Err(policy.error("the embedded cloud does not know SAM policy templates; write the statement itself")),
        };
        statements.extend(read.map_err(|error| error.of_property("Policies"))?);
    }
    Ok(statements)
}

fn managed(node: &Node) -> Result<PolicyStatement> {
    let name = node.text()?;
    if name.rsplit('/').next() == Some(BASIC_EXECUTION) {
        return Ok(basic_execution());
    }
    Err(node.error(format!("the embedded cloud does not know the managed policy {name}; write its statements here")))
}

fn basic_execution() -> PolicyStatement {
    let actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
    PolicyStatement {
        effect: Effect::Allow,
        actions: actions.map(str::to_owned).to_vec(),
        resources: vec!["*".to_owned()],
        condition: Value::Null,
    }
}

fn document(node: &Node) -> Result<Vec<PolicyStatement>> {
    node.need("Statement")?.one_or_many().iter().map(statement).collect()
}

fn statement(node: &Node) -> Result<PolicyStatement> {
    node.only(&["Sid", "Effect", "Action", "Resource", "Condition"], "a statement")?;
    let texts = |name: &str| node.need(name)?.one_or_many().iter().map(Node::text).collect::<Result<Vec<_>>>();
    let effect = match node.need("Effect")?.text()?.as_str() {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        other => return Err(node.error(format!("Effect must be Allow or Deny, but is {other}"))),
    };
    Ok(PolicyStatement {
        effect,
        actions: texts("Action")?,
        resources: texts("Resource")?,
        condition: node.get("Condition").map_or(Value::Null, Node::to_json),
    })
}
