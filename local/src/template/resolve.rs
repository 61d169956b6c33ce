//! Intrinsic functions.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use super::{
    TemplateError,
    node::{Kind, Node},
    scope::Scope,
};

type Result<T> = std::result::Result<T, TemplateError>;

/// How deep conditions may refer to each other; a bound for those that refer to themselves.
const MAX_DEPTH: usize = 32;

/// The node with every function replaced by its value; `None` where that is `AWS::NoValue`.
pub(super) fn resolve(node: &Node, scope: &Scope) -> Result<Option<Node>> {
    match &node.kind {
        Kind::List(items) => {
            let items = items.iter().filter_map(|item| resolve(item, scope).transpose()).collect::<Result<_>>()?;
            Ok(Some(Node { line: node.line, kind: Kind::List(items) }))
        }
        Kind::Map(entries) => match &entries[..] {
            [(name, argument)] if name == "Ref" || name.starts_with("Fn::") => call(name, argument, scope),
            entries => {
                let value = |(name, node): &(String, Node)| {
                    let resolved = resolve(node, scope).map_err(|error| error.of_property(name))?;
                    Ok(resolved.map(|resolved| (name.clone(), resolved)))
                };
                let entries = entries.iter().filter_map(|entry| value(entry).transpose()).collect::<Result<_>>()?;
                Ok(Some(Node { line: node.line, kind: Kind::Map(entries) }))
            }
        },
        _ => Ok(Some(node.clone())),
    }
}

/// The same where a value must come out.
fn value(node: &Node, scope: &Scope) -> Result<Node> {
    resolve(node, scope)?.ok_or_else(|| node.error("must have a value, but is AWS::NoValue"))
}

fn call(name: &str, argument: &Node, scope: &Scope) -> Result<Option<Node>> {
    let text = |text: String| Ok(Some(Node::text_of(argument.line, text)));
    match name {
        "Ref" => match argument.text()?.as_str() {
            "AWS::NoValue" => Ok(None),
            name => text(reference(name, argument, scope)?),
        },
        "Fn::GetAtt" => {
            let parts = argument.items()?.iter().map(Node::text).collect::<Result<Vec<_>>>()?;
            let [resource, attribute @ ..] = &parts[..] else {
                return Err(argument.error("must be [Resource, Attribute]"));
            };
            text(attribute_of(resource, &attribute.join("."), argument, scope)?)
        }
        "Fn::Sub" => text(sub(argument, scope)?),
        "Fn::If" => match argument.items()? {
            [condition, yes, no] => resolve(if named_condition(condition, scope)? { yes } else { no }, scope),
            _ => Err(argument.error("Fn::If takes a condition and two values")),
        },
        "Fn::Join" => match argument.items()? {
            [delimiter, list] => {
                let list = value(list, scope)?;
                let texts = list.items()?.iter().map(Node::text).collect::<Result<Vec<_>>>()?;
                text(texts.join(&delimiter.text()?))
            }
            _ => Err(argument.error("Fn::Join takes a delimiter and a list")),
        },
        "Fn::Split" => match argument.items()? {
            [delimiter, source] => {
                let source = value(source, scope)?.text()?;
                let parts = source.split(&delimiter.text()?).map(|part| Node::text_of(argument.line, part)).collect();
                Ok(Some(Node { line: argument.line, kind: Kind::List(parts) }))
            }
            _ => Err(argument.error("Fn::Split takes a delimiter and a text")),
        },
        "Fn::Select" => match argument.items()? {
            [index, list] => {
                let (index, list) = (value(index, scope)?.whole()?, value(list, scope)?);
                let item = usize::try_from(index).ok().and_then(|index| list.items().ok()?.get(index).cloned());
                item.map(Some).ok_or_else(|| argument.error(format!("there is no item {index} in the list")))
            }
            _ => Err(argument.error("Fn::Select takes an index and a list")),
        },
        "Fn::FindInMap" => find_in_map(argument, scope).map(Some),
        other => Err(argument.error(format!("the embedded cloud does not know the function {other}"))),
    }
}

fn reference(name: &str, node: &Node, scope: &Scope) -> Result<String> {
    let pseudo = scope.pseudo.get(name).or_else(|| scope.parameters.get(name));
    let resource = || scope.references.get(name).map(|resource| &resource.reference);
    pseudo.or_else(resource).cloned().ok_or_else(|| node.error(format!("there is no parameter or resource {name}")))
}

fn attribute_of(resource: &str, attribute: &str, node: &Node, scope: &Scope) -> Result<String> {
    let found = scope.references.get(resource).ok_or_else(|| node.error(format!("there is no resource {resource}")))?;
    found
        .attributes
        .get(attribute)
        .cloned()
        .ok_or_else(|| node.error(format!("the embedded cloud knows no attribute {attribute} of {resource}")))
}

/// `${Name}`, `${Resource.Attribute}`, `${!literal}`, and names of the second argument's own.
fn sub(argument: &Node, scope: &Scope) -> Result<String> {
    let (template, own) = match &argument.kind {
        Kind::List(items) => match &items[..] {
            [template, own] => (template.text()?, Some(value(own, scope)?)),
            _ => return Err(argument.error("Fn::Sub takes a text, or a text and a mapping")),
        },
        _ => (argument.text()?, None),
    };
    let mut result = String::new();
    let mut rest = template.as_str();
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let (name, after) =
            from[2..].split_once('}').ok_or_else(|| argument.error("a '${' in Fn::Sub is not closed"))?;
        result.push_str(before);
        match (name.strip_prefix('!'), own.as_ref().and_then(|own| own.get(name)), name.split_once('.')) {
            (Some(literal), ..) => result.push_str(&format!("${{{literal}}}")),
            (_, Some(own), _) => result.push_str(&own.text()?),
            (_, _, Some((resource, attribute))) => {
                result.push_str(&attribute_of(resource, attribute, argument, scope)?)
            }
            _ => result.push_str(&reference(name, argument, scope)?),
        }
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn find_in_map(argument: &Node, scope: &Scope) -> Result<Node> {
    let [map, first, second] = argument.items()? else {
        return Err(argument.error("Fn::FindInMap takes a map and two keys"));
    };
    let keys = [map, first, second].map(|key| value(key, scope)?.text());
    let mut found = scope.mappings.as_ref();
    for key in keys {
        let key = key?;
        found = found.and_then(|node| node.get(&key));
    }
    found.cloned().ok_or_else(|| argument.error("there is no such entry in Mappings"))
}

fn named_condition(node: &Node, scope: &Scope) -> Result<bool> {
    let name = node.text()?;
    scope.conditions.get(&name).copied().ok_or_else(|| node.error(format!("there is no condition {name}")))
}

/// Whether a condition holds. `all` are the conditions of the template, which may name each other in any order.
pub(super) fn condition(node: &Node, scope: &Scope, all: &Node, depth: usize) -> Result<bool> {
    let [(name, argument)] = node.entries()? else { return Err(node.error("must be one condition function")) };
    if depth == MAX_DEPTH {
        return Err(node.error("conditions refer to each other in a circle"));
    }
    let inner = |node: &Node| condition(node, scope, all, depth + 1);
    match name.as_str() {
        "Condition" => {
            let name = argument.text()?;
            inner(all.get(&name).ok_or_else(|| argument.error(format!("there is no condition {name}")))?)
        }
        "Fn::Equals" => match argument.items()? {
            [left, right] => Ok(value(left, scope)?.text()? == value(right, scope)?.text()?),
            _ => Err(argument.error("Fn::Equals takes two values")),
        },
        "Fn::Not" => match argument.items()? {
            [one] => Ok(!inner(one)?),
            _ => Err(argument.error("Fn::Not takes one condition")),
        },
        "Fn::And" => argument.items()?.iter().try_fold(true, |all, one| Ok(inner(one)? && all)),
        "Fn::Or" => argument.items()?.iter().try_fold(false, |any, one| Ok(inner(one)? || any)),
        other => Err(argument.error(format!("{other} is no condition function"))),
    }
}
