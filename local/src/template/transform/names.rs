//! Physical names, and what `Ref` and `Fn::GetAtt` give for each kind of resource.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    super::{
        TemplateOptions,
        node::Node,
        resolve::resolve,
        scope::{Reference, Scope},
    },
    Result,
};
use crate::aws::Arn;

pub(super) fn arn(options: &TemplateOptions, service: &str, resource: String) -> Arn {
    let global = service == "iam";
    Arn {
        partition: "aws".into(),
        service: service.into(),
        region: if global { String::new() } else { options.region.clone() },
        account: options.account.clone(),
        resource,
    }
}

/// A name as CloudFormation makes one: stack, logical id, and letters that are the same at every start.
pub(super) fn generated(options: &TemplateOptions, logical_id: &str) -> String {
    format!("{}-{logical_id}-{}", options.stack_name, letters(&[&options.stack_name, logical_id], 12))
}

fn letters(of: &[&str], count: usize) -> String {
    let digest = Sha256::digest(of.join("/").as_bytes());
    let letter = |byte: &u8| char::from(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[usize::from(byte % 32)]);
    digest.iter().map(letter).take(count).collect()
}

/// The type that CloudFormation lists for what the transform makes of a SAM resource.
pub(super) fn deployed_kind(kind: &str) -> &str {
    match kind {
        "AWS::Serverless::Function" => "AWS::Lambda::Function",
        "AWS::Serverless::HttpApi" => "AWS::ApiGatewayV2::Api",
        other => other,
    }
}

/// What a resource's name stands for. The name property may use parameters, not other resources.
pub(super) fn reference(id: &str, resource: &Node, scope: &Scope, options: &TemplateOptions) -> Result<Reference> {
    let kind = resource.need("Type")?.text()?;
    let name_property = match kind.as_str() {
        "AWS::Serverless::Function" => "FunctionName",
        "AWS::DynamoDB::Table" => "TableName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::Logs::ResourcePolicy" => "PolicyName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::CloudWatch::Alarm" => "AlarmName",
        _ => "Name",
    };
    let given = resource.get("Properties").and_then(|properties| properties.get(name_property));
    let given = given.map(|node| resolve(node, scope)).transpose()?.flatten().map(|node| node.text()).transpose()?;
    let name = given.unwrap_or_else(|| generated(options, id));
    let arn = |service: &str, resource: String| arn(options, service, resource).to_string();
    let with = |reference: String, attributes: &[(&str, String)]| Reference {
        reference,
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<BTreeMap<_, _>>(),
    };
    Ok(match kind.as_str() {
        "AWS::Serverless::Function" => with(name.clone(), &[("Arn", arn("lambda", format!("function:{name}")))]),
        "AWS::DynamoDB::Table" => with(name.clone(), &[("Arn", arn("dynamodb", format!("table/{name}")))]),
        "AWS::SQS::Queue" => {
            let url = format!("{}/{}/{name}", options.endpoint_url, options.account);
            let attributes = [("Arn", arn("sqs", name.clone())), ("QueueName", name), ("QueueUrl", url.clone())];
            with(url, &attributes)
        }
        "AWS::Logs::LogGroup" => with(name.clone(), &[("Arn", arn("logs", format!("log-group:{name}:*")))]),
        "AWS::Events::Rule" => with(name.clone(), &[("Arn", arn("events", format!("rule/{name}")))]),
        "AWS::IAM::Role" => with(name.clone(), &[("Arn", arn("iam", format!("role/{name}")))]),
        "AWS::Serverless::HttpApi" => {
            let api_id = letters(&[&options.stack_name, id, "api"], 10).to_lowercase();
            let endpoint = format!("https://{api_id}.execute-api.{}.amazonaws.com", options.region);
            with(api_id, &[("ApiEndpoint", endpoint)])
        }
        _ => with(name, &[]),
    })
}
