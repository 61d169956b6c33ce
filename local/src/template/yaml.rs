//! From YAML to nodes. Short intrinsic functions (`!Ref X`) become long ones (`{Ref: X}`).

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, Tag, YamlData};
use serde_json::Number;

use super::{
    TemplateError,
    node::{Kind, Node},
};

type Result<T> = std::result::Result<T, TemplateError>;

/// Reads a YAML (or JSON) text of one document.
pub(super) fn parse(text: &str) -> Result<Node> {
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| TemplateError::at(error.marker().line(), format!("is not valid YAML: {}", error.info())))?;
    match &documents[..] {
        [document] => node(document),
        _ => Err(TemplateError::at(0, format!("must be one YAML document, but is {}", documents.len()))),
    }
}

fn node(yaml: &MarkedYaml<'_>) -> Result<Node> {
    let line = yaml.span.start.line();
    let kind = match &yaml.data {
        YamlData::Value(scalar) => scalar_kind(scalar),
        YamlData::Sequence(items) => Kind::List(items.iter().map(node).collect::<Result<_>>()?),
        YamlData::Mapping(entries) => {
            Kind::Map(entries.iter().map(|(key, value)| Ok((node(key)?.text()?, node(value)?))).collect::<Result<_>>()?)
        }
        YamlData::Tagged(tag, inner) => return tagged(tag, node(inner)?, line),
        YamlData::Representation(text, _, tag) => {
            let inner = Node::text_of(line, text.as_ref());
            return tag.as_ref().map_or(Ok(inner.clone()), |tag| tagged(tag, inner, line));
        }
        YamlData::Alias(_) => {
            return Err(TemplateError::at(line, "YAML aliases are not allowed: CloudFormation does not support them"));
        }
        YamlData::BadValue => return Err(TemplateError::at(line, "is not a value")),
    };
    Ok(Node { line, kind })
}

fn scalar_kind(scalar: &Scalar<'_>) -> Kind {
    match scalar {
        Scalar::Null => Kind::Null,
        Scalar::Boolean(bool) => Kind::Bool(*bool),
        Scalar::Integer(number) => Kind::Number((*number).into()),
        Scalar::FloatingPoint(number) => Number::from_f64(number.into_inner()).map_or(Kind::Null, Kind::Number),
        Scalar::String(text) => Kind::Text(text.to_string()),
    }
}

fn tagged(tag: &Tag, inner: Node, line: usize) -> Result<Node> {
    if tag.handle != "!" {
        return Err(TemplateError::at(line, format!("the YAML tag {}{} is not known", tag.handle, tag.suffix)));
    }
    let (name, inner) = match tag.suffix.as_str() {
        name @ ("Ref" | "Condition") => (name.to_owned(), inner),
        "GetAtt" => ("Fn::GetAtt".to_owned(), dotted(inner)?),
        name => (format!("Fn::{name}"), inner),
    };
    Ok(Node { line, kind: Kind::Map(vec![(name, inner)]) })
}

/// `A.B` as `[A, B]`.
fn dotted(node: Node) -> Result<Node> {
    let Kind::Text(text) = &node.kind else { return Ok(node) };
    let (resource, attribute) =
        text.split_once('.').ok_or_else(|| node.error(format!("must be Resource.Attribute, but is '{text}'")))?;
    let items = vec![Node::text_of(node.line, resource), Node::text_of(node.line, attribute)];
    Ok(Node { line: node.line, kind: Kind::List(items) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_functions_become_long_ones_and_lines_are_kept() {
        let node = parse("a: !Ref X\nb: !GetAtt T.Arn\nc: !Sub\n  - '${Y}'\n  - {Y: 1}\nd: !If [C, !Ref A, 'off']\n")
            .expect("YAML");
        let expected = serde_json::json!({
            "a": {"Ref": "X"},
            "b": {"Fn::GetAtt": ["T", "Arn"]},
            "c": {"Fn::Sub": ["${Y}", {"Y": 1}]},
            "d": {"Fn::If": ["C", {"Ref": "A"}, "off"]},
        });
        assert_eq!(node.to_json(), expected);
        assert_eq!(node.get("b").map(|node| node.line), Some(2));
    }

    #[test]
    fn what_is_not_yaml_is_refused_with_its_line() {
        let error = parse("a: 1\nb: [1, 2\nc: 3\n").expect_err("must be refused");
        assert!(error.line >= 2, "{error}");
    }
}
