//! Events of functions: what makes a function run.

use super::{Draft, Result, names, rule};
use crate::{
    aws::Arn,
    stack::{Function, Permission, Route, Rule, Target, Trigger},
    template::node::Node,
};

pub(super) fn read(draft: &mut Draft<'_>, function: &Function, event: &str, declared: &Node) -> Result<()> {
    let properties = declared.need("Properties")?;
    match declared.need("Type")?.text()?.as_str() {
        "HttpApi" => route(draft, function, event, properties),
        "EventBridgeRule" | "CloudWatchEvent" => {
            properties.only(
                &["Pattern", "RuleName", "State", "RetryPolicy", "DeadLetterConfig", "Input", "EventBusName"],
                "the event",
            )?;
            let pattern = properties.need("Pattern")?;
            let trigger = Trigger::EventPattern(rule::pattern(pattern)?);
            bring(draft, function, event, properties, "RuleName", trigger)
        }
        "Schedule" => {
            properties.only(
                &["Schedule", "Name", "Description", "State", "Enabled", "RetryPolicy", "DeadLetterConfig", "Input"],
                "the event",
            )?;
            let trigger = Trigger::Schedule(properties.need("Schedule")?.text()?);
            bring(draft, function, event, properties, "Name", trigger)
        }
        other => Err(declared.error(format!(
            "the embedded cloud does not know events of type {other}; it runs HttpApi, EventBridgeRule and Schedule"
        ))),
    }
}

fn route(draft: &mut Draft<'_>, function: &Function, event: &str, properties: &Node) -> Result<()> {
    properties.only(&["ApiId", "Method", "Path", "PayloadFormatVersion"], "the event")?;
    let api = properties.need("ApiId")?;
    let id = api.text()?;
    if properties
        .get("PayloadFormatVersion")
        .is_some_and(|version| version.text().is_ok_and(|version| version != "2.0"))
    {
        return Err(properties
            .error("the embedded cloud serves payload format 2.0 only")
            .of_property("PayloadFormatVersion"));
    }
    let route = Route {
        method: properties.need("Method")?.text()?.to_uppercase(),
        path: properties.need("Path")?.text()?,
        function: function.arn.clone(),
    };
    let source =
        format!("{id}/*/{}{}", if route.method == "ANY" { "*" } else { &route.method }, wildcards(&route.path));
    let found = draft.apis.values_mut().find(|api| api.id == id);
    found.ok_or_else(|| api.error("names no HTTP API of this template").of_property("ApiId"))?.routes.push(route);
    let source_arn = draft.arn("execute-api", source);
    permission(draft, function, event, "apigateway.amazonaws.com", source_arn);
    Ok(())
}

/// A route's path with `*` for each of its parameters, as SAM writes it in the permission of the function.
fn wildcards(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "*".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A rule of its own that brings events to the function.
fn bring(
    draft: &mut Draft<'_>,
    function: &Function,
    event: &str,
    properties: &Node,
    name: &str,
    trigger: Trigger,
) -> Result<()> {
    let logical_id = format!("{}{event}", function.logical_id);
    let generated = || Ok(names::generated(draft.options, &logical_id));
    let name = properties.get(name).map_or_else(generated, Node::text)?;
    let target = Target {
        id: format!("{logical_id}LambdaTarget"),
        arn: function.arn.clone(),
        input: properties.get("Input").map(Node::text).transpose()?,
        retry: rule::retry_policy(properties.get("RetryPolicy"))?,
        dead_letter: rule::dead_letter(draft, properties.get("DeadLetterConfig"))?,
    };
    let description = properties.get("Description").map_or(Ok(String::new()), Node::text)?;
    let enabled = rule::enabled(properties)?;
    let arn = draft.arn("events", format!("rule/{name}"));
    draft.made(logical_id.clone(), "AWS::Events::Rule", name.clone());
    permission(draft, function, event, "events.amazonaws.com", arn.clone());
    draft.stack.rules.push(Rule { logical_id, name, arn, description, enabled, trigger, targets: vec![target] });
    Ok(())
}

fn permission(draft: &mut Draft<'_>, function: &Function, event: &str, principal: &'static str, source_arn: Arn) {
    let logical_id = format!("{}{event}Permission", function.logical_id);
    let id = names::generated(draft.options, &logical_id);
    draft.made(logical_id, "AWS::Lambda::Permission", id.clone());
    draft.stack.permissions.push(Permission { id, function: function.arn.clone(), principal, source_arn });
}
