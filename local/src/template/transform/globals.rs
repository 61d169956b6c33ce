//! Globals: what all functions have in common.
//!
//! Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>:
//! mappings are merged, lists are joined (the global ones first), anything else is replaced.

use super::{
    super::node::{Kind, Node},
    Result,
};

/// The properties of a resource with those of Globals under them.
pub(super) fn apply(globals: Option<&Node>, kind: &str, own: &Node) -> Result<Node> {
    let Some(globals) = globals else { return Ok(own.clone()) };
    globals.only(&["Function", "HttpApi"], "Globals")?;
    let section = match kind {
        "AWS::Serverless::Function" => globals.get("Function"),
        "AWS::Serverless::HttpApi" => globals.get("HttpApi"),
        _ => None,
    };
    Ok(section.map_or_else(|| own.clone(), |section| merge(section, own)))
}

fn merge(under: &Node, over: &Node) -> Node {
    let kind = match (&under.kind, &over.kind) {
        (Kind::Map(low), Kind::Map(high)) if !is_function(low) && !is_function(high) => {
            let mut all: Vec<(String, Node)> = low.clone();
            for (name, node) in high {
                match all.iter_mut().find(|(known, _)| known == name) {
                    Some((_, value)) => *value = merge(value, node),
                    None => all.push((name.clone(), node.clone())),
                }
            }
            Kind::Map(all)
        }
        (Kind::List(low), Kind::List(high)) => Kind::List(low.iter().chain(high).cloned().collect()),
        _ => over.kind.clone(),
    };
    Node { line: over.line, kind }
}

/// An intrinsic function is a value, not a mapping.
fn is_function(entries: &[(String, Node)]) -> bool {
    matches!(entries, [(name, _)] if name == "Ref" || name.starts_with("Fn::"))
}
