//! What names in a template stand for: parameters, pseudo parameters, conditions, resources.

use std::collections::BTreeMap;

use super::{TemplateError, TemplateOptions, node::Node, resolve};

type Result<T> = std::result::Result<T, TemplateError>;

/// What a resource's name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reference {
    /// What `Ref` gives.
    pub(super) reference: String,
    /// What `Fn::GetAtt` gives, by attribute.
    pub(super) attributes: BTreeMap<String, String>,
}

/// Everything that intrinsic functions look up.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) pseudo: BTreeMap<&'static str, String>,
    pub(super) conditions: BTreeMap<String, bool>,
    pub(super) references: BTreeMap<String, Reference>,
    pub(super) mappings: Option<Node>,
}

impl Scope {
    /// The scope of a template before its resources are known.
    pub(super) fn of(template: &Node, options: &TemplateOptions) -> Result<Self> {
        let pseudo = BTreeMap::from([
            ("AWS::Region", options.region.clone()),
            ("AWS::AccountId", options.account.clone()),
            ("AWS::StackName", options.stack_name.clone()),
            ("AWS::Partition", "aws".to_owned()),
            ("AWS::URLSuffix", "amazonaws.com".to_owned()),
            (
                "AWS::StackId",
                format!(
                    "arn:aws:cloudformation:{}:{}:stack/{}/local",
                    options.region, options.account, options.stack_name
                ),
            ),
        ]);
        let parameters = parameters(template, &options.parameters)?;
        let mut scope = Self { parameters, pseudo, mappings: template.get("Mappings").cloned(), ..Self::default() };
        if let Some(conditions) = template.get("Conditions") {
            for (name, node) in conditions.entries()? {
                let holds = resolve::condition(node, &scope, conditions, 0).map_err(|error| error.of_property(name))?;
                scope.conditions.insert(name.clone(), holds);
            }
        }
        Ok(scope)
    }
}

/// The value of every parameter: the one given, or the default.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
fn parameters(template: &Node, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let declared = template.get("Parameters").map_or(Ok(&[][..]), Node::entries)?;
    if let Some(unknown) = given.keys().find(|name| !declared.iter().any(|(declared, _)| declared == *name)) {
        let known: Vec<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
        let reason = format!("there is no parameter {unknown}; the template has {}", known.join(", "));
        return Err(TemplateError::at(0, reason));
    }
    let value = |(name, node): &(String, Node)| {
        let value = match (given.get(name), node.get("Default")) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => default.text()?,
            (None, None) => return Err(node.error("has no default, and no value was given")),
        };
        check(node, &value)?;
        Ok((name.clone(), value))
    };
    declared.iter().map(|entry| value(entry).map_err(|error| error.of_property(&entry.0))).collect()
}

fn check(parameter: &Node, value: &str) -> Result<()> {
    let kind = parameter.need("Type")?.text()?;
    let number = || value.parse::<f64>().map_err(|_| parameter.error(format!("must be a number, but is '{value}'")));
    match kind.as_str() {
        "String" | "CommaDelimitedList" => {}
        "Number" => {
            let number = number()?;
            for (bound, fits) in [("MinValue", f64::ge as fn(&f64, &f64) -> bool), ("MaxValue", f64::le)] {
                if let Some(node) = parameter.get(bound) {
                    let limit = node.text()?.parse().map_err(|_| node.error("must be a number"))?;
                    if !fits(&number, &limit) {
                        return Err(node.error(format!("the value {value} is beyond {bound} {limit}")));
                    }
                }
            }
        }
        other => return Err(parameter.error(format!("the embedded cloud does not know the parameter type {other}"))),
    }
    if let Some(allowed) = parameter.get("AllowedValues") {
        let allowed = allowed.items()?.iter().map(Node::text).collect::<Result<Vec<_>>>()?;
        if !allowed.iter().any(|one| one == value) {
            return Err(parameter.error(format!("must be one of {}, but is '{value}'", allowed.join(", "))));
        }
    }
    Ok(())
}
