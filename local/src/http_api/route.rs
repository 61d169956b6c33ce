//! Which route a request takes.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>: the most specific wins:
//! a full match of method and path, then one with a greedy variable, then `$default`.

use std::collections::BTreeMap;

use crate::stack::Route;

/// A route, with the values of its path variables.
#[derive(Debug, PartialEq)]
pub(super) struct Matched<'a> {
    pub(super) route: &'a Route,
    pub(super) variables: BTreeMap<String, String>,
}

impl Matched<'_> {
    /// The route's key: `POST /orders`, `$default`.
    pub(super) fn key(&self) -> String {
        match self.route.path.as_str() {
            "$default" => "$default".to_owned(),
            path => format!("{} {path}", self.route.method),
        }
    }
}

pub(super) fn find<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<Matched<'a>> {
    let candidates = routes.iter().filter(|route| route.method == method || route.method == "ANY");
    let fitting =
        candidates.filter_map(|route| Some((specificity(route), Matched { route, variables: fit(route, path)? })));
    fitting.max_by(|(left, _), (right, _)| left.cmp(right)).map(|(_, matched)| matched)
}

/// Literal segments before variables before greedy ones, from the left; a named method before ANY.
fn specificity(route: &Route) -> (Vec<u8>, bool) {
    let rank = |segment: &str| match segment {
        "$default" => 0,
        segment if segment.ends_with("+}") => 1,
        segment if segment.starts_with('{') => 2,
        _ => 3,
    };
    (segments(&route.path).map(rank).collect(), route.method != "ANY")
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn fit(route: &Route, path: &str) -> Option<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    if route.path == "$default" {
        return Some(variables);
    }
    let mut rest = path.strip_prefix('/').unwrap_or(path).split('/');
    for segment in segments(&route.path) {
        let variable = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        match variable {
            Some(name) if name.ends_with('+') => {
                let value = rest.collect::<Vec<_>>().join("/");
                variables.insert(name.trim_end_matches('+').to_owned(), decode(&value));
                return (!value.is_empty()).then_some(variables);
            }
            Some(name) => {
                let value = rest.next().filter(|value| !value.is_empty())?;
                variables.insert(name.to_owned(), decode(value));
            }
            None if rest.next() == Some(segment) => {}
            None => return None,
        }
    }
    rest.next().is_none().then_some(variables)
}

fn decode(text: &str) -> String {
    super::payload::percent_decode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(key: &str) -> Route {
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
        let function = "arn:aws:lambda:us-east-1:0:function:f".parse().expect("an ARN");
        Route { method: method.into(), path: path.into(), function }
    }

    #[test]
    fn the_most_specific_route_wins() {
        let routes = [
            "$default",
            "ANY /{proxy+}",
            "GET /orders/{orderId}",
            "ANY /orders/{orderId}",
            "GET /orders/latest",
            "POST /orders",
        ]
        .map(route);
        let key = |method, path| find(&routes, method, path).map(|matched| matched.key());
        assert_eq!(key("POST", "/orders").as_deref(), Some("POST /orders"));
        assert_eq!(key("GET", "/orders/latest").as_deref(), Some("GET /orders/latest"));
        assert_eq!(key("GET", "/orders/1").as_deref(), Some("GET /orders/{orderId}"));
        assert_eq!(key("DELETE", "/orders/1").as_deref(), Some("ANY /orders/{orderId}"));
        assert_eq!(key("GET", "/a/b/c").as_deref(), Some("ANY /{proxy+}"));
        assert_eq!(key("GET", "/").as_deref(), Some("$default"));
    }

    #[test]
    fn variables_are_decoded() {
        let routes = [route("GET /orders/{orderId}")];
        let matched = find(&routes, "GET", "/orders/a%20b").expect("a route");
        assert_eq!(matched.variables["orderId"], "a b");
        assert!(find(&routes, "GET", "/orders/").is_none());
        assert!(find(&routes, "GET", "/orders/1/2").is_none());
    }
}
