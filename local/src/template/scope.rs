//! What names in a template stand for: parameters, pseudo parameters, conditions, resources.

use std::collections::BTreeMap;

use super::{TemplateError, TemplateOptions, node::Node, parameters, resolve};

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
        let parameters = parameters::values(template, &options.parameters)?;
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
