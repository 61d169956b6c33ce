//! `AWS::Serverless::HttpApi`.

use super::{Declared, Draft, Result};
use crate::{
    stack::{Cors, HttpApi},
    template::node::Node,
};

pub(super) fn read(draft: &mut Draft<'_>, resource: &Declared) -> Result<()> {
    let properties = &resource.properties;
    // Throttling and access logs make no difference on one machine.
    let known =
        ["Name", "Description", "StageName", "CorsConfiguration", "DefaultRouteSettings", "AccessLogSettings", "Tags"];
    properties.only(&known, "an HTTP API")?;
    if !draft.apis.is_empty() {
        return Err(properties.error("the embedded cloud serves one HTTP API"));
    }
    let id = draft.scope.references.get(&resource.logical_id).map(|one| one.reference.clone()).unwrap_or_default();
    let stage = properties.get("StageName").map_or(Ok("$default".to_owned()), Node::text)?;
    let cors = properties
        .get("CorsConfiguration")
        .map(cors)
        .transpose()
        .map_err(|error| error.of_property("CorsConfiguration"))?;
    draft.made(format!("{}ApiGatewayDefaultStage", resource.logical_id), "AWS::ApiGatewayV2::Stage", stage.clone());
    let api = HttpApi { logical_id: resource.logical_id.clone(), id, stage, routes: Vec::new(), cors };
    draft.apis.insert(resource.logical_id.clone(), api);
    Ok(())
}

fn cors(node: &Node) -> Result<Cors> {
    if node.flag().is_ok_and(|any| any) {
        let any = || vec!["*".to_owned()];
        return Ok(Cors { allow_origins: any(), allow_methods: any(), allow_headers: any(), ..Cors::default() });
    }
    node.only(
        &["AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders", "MaxAge", "AllowCredentials"],
        "CORS",
    )?;
    let list = |name: &str| {
        let items = node.get(name).map_or(Ok(&[][..]), Node::items)?;
        items.iter().map(Node::text).collect::<Result<Vec<_>>>()
    };
    Ok(Cors {
        allow_origins: list("AllowOrigins")?,
        allow_methods: list("AllowMethods")?,
        allow_headers: list("AllowHeaders")?,
        expose_headers: list("ExposeHeaders")?,
        max_age: node
            .get("MaxAge")
            .map(|node| node.whole_within(0..=86_400))
            .transpose()?
            .map(|seconds| seconds as u32),
        allow_credentials: node.get("AllowCredentials").map(Node::flag).transpose()?.unwrap_or(false),
    })
}
