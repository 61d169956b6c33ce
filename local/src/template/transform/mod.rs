//! The SAM transform, and the reading of each family of resources.
//!
//! Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>

mod api;
mod event;
mod function;
mod globals;
mod iam;
mod logs;
mod names;
mod queue;
mod rule;
mod table;

use std::collections::BTreeMap;

use super::{
    TemplateError, TemplateOptions,
    node::{Kind, Node},
    resolve::resolve,
    scope::Scope,
};
use crate::{
    aws::Arn,
    stack::{HttpApi, Output, PolicyStatement, Resource, Stack},
};

type Result<T> = std::result::Result<T, TemplateError>;

/// A resource whose functions are resolved.
pub(super) struct Declared {
    pub(super) logical_id: String,
    pub(super) kind: String,
    pub(super) properties: Node,
    pub(super) metadata: Option<Node>,
}

/// A stack as far as it is read, and what reading the rest needs.
pub(super) struct Draft<'a> {
    pub(super) options: &'a TemplateOptions,
    pub(super) scope: Scope,
    pub(super) stack: Stack,
    pub(super) apis: BTreeMap<String, HttpApi>,
    /// Statements by the ARN of the role that holds them.
    pub(super) roles: BTreeMap<String, Vec<PolicyStatement>>,
}

/// Resources are read in this order, so that what others need is there: roles before functions, APIs before their routes.
fn turn(kind: &str) -> u8 {
    match kind {
        "AWS::IAM::Role" | "AWS::Logs::LogGroup" => 0,
        "AWS::Serverless::HttpApi" => 1,
        _ => 2,
    }
}

pub(super) fn stack(template: &Node, options: &TemplateOptions) -> Result<Stack> {
    template.only(
        &[
            "AWSTemplateFormatVersion",
            "Transform",
            "Description",
            "Metadata",
            "Parameters",
            "Mappings",
            "Conditions",
            "Globals",
            "Resources",
            "Outputs",
            "Rules",
        ],
        "a template",
    )?;
    let mut scope = Scope::of(template, options)?;
    let active = active_resources(template, &scope)?;
    for (name, resource) in &active {
        let reference = names::reference(name, resource, &scope, options).map_err(|error| error.of_resource(name))?;
        scope.references.insert(name.clone(), reference);
    }
    let mut declared = Vec::with_capacity(active.len());
    for (name, resource) in &active {
        declared.push(declare(name, resource, template, &scope).map_err(|error| error.of_resource(name))?);
    }
    declared.sort_by_key(|resource| turn(&resource.kind));
    let stack = empty(&scope, options);
    let mut draft = Draft { options, scope, stack, apis: BTreeMap::new(), roles: BTreeMap::new() };
    for resource in &declared {
        draft.read(resource).map_err(|error| error.of_resource(&resource.logical_id))?;
    }
    draft.finish(template, &active)
}

fn active_resources<'a>(template: &'a Node, scope: &Scope) -> Result<Vec<(String, &'a Node)>> {
    let mut active = Vec::new();
    for (name, resource) in template.need("Resources")?.entries()? {
        let holds = match resource.get("Condition") {
            None => true,
            Some(condition) => {
                let name = condition.text()?;
                *scope.conditions.get(&name).ok_or_else(|| condition.error(format!("there is no condition {name}")))?
            }
        };
        if holds {
            active.push((name.clone(), resource));
        }
    }
    Ok(active)
}

fn declare(name: &str, resource: &Node, template: &Node, scope: &Scope) -> Result<Declared> {
    let kind = resource.need("Type")?.text()?;
    let nothing = Node { line: resource.line, kind: Kind::Map(Vec::new()) };
    let properties = resource.get("Properties").unwrap_or(&nothing);
    let properties = globals::apply(template.get("Globals"), &kind, properties)?;
    let resolved = |node: &Node| Ok::<_, TemplateError>(resolve(node, scope)?.unwrap_or_else(|| nothing.clone()));
    Ok(Declared {
        logical_id: name.to_owned(),
        kind,
        properties: resolved(&properties)?,
        metadata: resource.get("Metadata").map(resolved).transpose()?,
    })
}

fn empty(scope: &Scope, options: &TemplateOptions) -> Stack {
    Stack {
        name: options.stack_name.clone(),
        region: options.region.clone(),
        account: options.account.clone(),
        capabilities: Vec::new(),
        parameters: scope.parameters.clone(),
        functions: Vec::new(),
        tables: Vec::new(),
        queues: Vec::new(),
        rules: Vec::new(),
        log_groups: Vec::new(),
        log_policies: Vec::new(),
        permissions: Vec::new(),
        api: None,
        outputs: Vec::new(),
        resources: Vec::new(),
    }
}

impl Draft<'_> {
    fn read(&mut self, resource: &Declared) -> Result<()> {
        match resource.kind.as_str() {
            "AWS::Serverless::Function" => function::read(self, resource)?,
            "AWS::Serverless::HttpApi" => api::read(self, resource)?,
            "AWS::DynamoDB::Table" => table::read(self, resource)?,
            "AWS::SQS::Queue" => queue::read(self, resource)?,
            "AWS::Events::Rule" => rule::read(self, resource)?,
            "AWS::Logs::LogGroup" => logs::read_group(self, resource)?,
            "AWS::Logs::ResourcePolicy" => logs::read_policy(self, resource)?,
            "AWS::IAM::Role" => iam::read_role(self, resource)?,
            // Queue policies say who may send; here rules and functions are the only senders, and each was named by a template.
            "AWS::SQS::QueuePolicy" | "AWS::CloudWatch::Alarm" => {}
            other => {
                let reason = format!(
                    "the embedded cloud does not run {other}; leave it out by a condition, or use a deployed stack"
                );
                return Err(resource.properties.error(reason).of_property("Type"));
            }
        }
        Ok(())
    }

    /// The ARN of something of this stack.
    pub(super) fn arn(&self, service: &str, resource: impl Into<String>) -> Arn {
        names::arn(self.options, service, resource.into())
    }

    /// The ARN in a property.
    pub(super) fn arn_of(&self, node: &Node) -> Result<Arn> {
        let text = node.text()?;
        text.parse().map_err(|error| node.error(format!("{error}")))
    }

    /// Lists a resource that the transform makes.
    pub(super) fn made(&mut self, logical_id: String, kind: &str, physical_id: String) {
        self.stack.resources.push(Resource { logical_id, physical_id, kind: kind.to_owned() });
    }

    fn finish(mut self, template: &Node, active: &[(String, &Node)]) -> Result<Stack> {
        self.stack.api = self.apis.into_values().next();
        let mut resources = Vec::new();
        for (name, resource) in active {
            let kind = resource.need("Type")?.text()?;
            let physical_id = self.scope.references.get(name).map(|one| one.reference.clone()).unwrap_or_default();
            resources.push(Resource {
                logical_id: name.clone(),
                physical_id,
                kind: names::deployed_kind(&kind).to_owned(),
            });
        }
        resources.append(&mut self.stack.resources);
        self.stack.resources = resources;
        self.stack.capabilities = capabilities(template, active);
        // The order of the template, whatever order they were read in.
        let place = |id: &str| active.iter().position(|(name, _)| name == id).unwrap_or(usize::MAX);
        self.stack.functions.sort_by_key(|function| place(&function.logical_id));
        self.stack.outputs = outputs(template, &self.scope, self.options, self.stack.api.as_ref())?;
        Ok(self.stack)
    }
}

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>, `Capabilities`. A
/// function that names no role has one made for it.
fn capabilities(template: &Node, active: &[(String, &Node)]) -> Vec<&'static str> {
    let kind_and_properties =
        active.iter().filter_map(|(_, node)| Some((node.get("Type")?.text().ok()?, node.get("Properties"))));
    let mut iam = None;
    for (kind, properties) in kind_and_properties {
        let has = |property: &str| properties.is_some_and(|properties| properties.get(property).is_some());
        match kind.as_str() {
            "AWS::IAM::Role" if has("RoleName") => iam = Some("CAPABILITY_NAMED_IAM"),
            "AWS::IAM::Role" => iam = iam.or(Some("CAPABILITY_IAM")),
            "AWS::Serverless::Function" if !has("Role") => iam = iam.or(Some("CAPABILITY_IAM")),
            _ => {}
        }
    }
    let expand = template.get("Transform").map(|_| "CAPABILITY_AUTO_EXPAND");
    iam.into_iter().chain(expand).collect()
}

fn outputs(template: &Node, scope: &Scope, options: &TemplateOptions, api: Option<&HttpApi>) -> Result<Vec<Output>> {
    let declared = template.get("Outputs").map_or(Ok(&[][..]), Node::entries)?;
    let host = api.map(|api| format!("https://{}.execute-api.{}.amazonaws.com", api.id, options.region));
    let read = |(key, node): &(String, Node)| {
        if let Some(condition) = node.get("Condition")
            && !scope.conditions.get(&condition.text()?).copied().unwrap_or(false)
        {
            return Ok(None);
        }
        let value = resolve(node.need("Value")?, scope)?.map_or(Ok(String::new()), |value| value.text())?;
        let value = host.as_ref().map_or(value.clone(), |host| value.replace(host, &options.api_url));
        let description = node.get("Description").map_or(Ok(String::new()), Node::text)?;
        Ok(Some(Output { key: key.clone(), value, description }))
    };
    declared
        .iter()
        .filter_map(|entry| read(entry).map_err(|error: TemplateError| error.of_property(&entry.0)).transpose())
        .collect()
}
