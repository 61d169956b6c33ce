//! CloudFormation, as far as finding out what a stack consists of: DescribeStacks, ListStacks, ListStackResources.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html>, Query protocol.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use axum::body::Body;
use http::{Response, header::CONTENT_TYPE};
use jiff::Timestamp;

use crate::{
    aws::{Call, Reply, ServiceError},
    stack::Stack,
};

/// Resources of one ListStackResources answer.
const PAGE: usize = 100;

/// The embedded CloudFormation: one stack that is there and never changes.
#[derive(Debug, Clone)]
pub struct CloudFormation {
    stack: Arc<Stack>,
    deployed: Timestamp,
}

impl CloudFormation {
    /// The service with that stack, deployed now.
    pub fn new(stack: Arc<Stack>) -> Self {
        Self { stack, deployed: Timestamp::now() }
    }

    /// Answers one call.
    ///
    /// # Errors
    /// `ValidationError` when there is no such stack, `UnknownOperationException` for what is not served.
    pub async fn handle(&self, call: Call) -> Result<Reply, ServiceError> {
        let form: BTreeMap<String, String> = form(&call.body);
        let field = |name: &str| form.get(name).map(String::as_str);
        let action = field("Action").unwrap_or_default();
        let result = match action {
            "DescribeStacks" => match field("StackName") {
                Some(name) => self.named(name).map(|()| self.describe()),
                None => Ok(self.describe()),
            },
            "ListStacks" => Ok(self.list()),
            "ListStackResources" => {
                self.named(field("StackName").unwrap_or_default())?;
                self.resources(field("NextToken"))
            }
            other => Err(ServiceError::unsupported("CloudFormation", other)),
        }?;
        let body = format!(
            "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{action}Result>{result}\
</{action}Result><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{action}Response>",
            call.request_id
        );
        let response = Response::builder().header(CONTENT_TYPE, "text/xml").body(Body::from(body));
        response.map(Reply::Http).map_err(|error| ServiceError::new(500, "InternalFailure", error.to_string()))
    }

    fn named(&self, name: &str) -> Result<(), ServiceError> {
        if name == self.stack.name || name == self.id() {
            return Ok(());
        }
        Err(ServiceError::new(400, "ValidationError", format!("Stack with id {name} does not exist")))
    }

    fn id(&self) -> String {
        let Stack { name, region, account, .. } = &*self.stack;
        format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/local")
    }

    fn describe(&self) -> String {
        let mut xml = String::from("<Stacks><member>");
        self.head(&mut xml);
        xml.push_str("<Parameters>");
        for (key, value) in &self.stack.parameters {
            member(&mut xml, &[("ParameterKey", key), ("ParameterValue", value)]);
        }
        xml.push_str("</Parameters><Outputs>");
        for output in &self.stack.outputs {
            let fields =
                [("OutputKey", &output.key), ("OutputValue", &output.value), ("Description", &output.description)];
            member(&mut xml, &fields.map(|(name, value)| (name, value.as_str())));
        }
        xml.push_str("</Outputs></member></Stacks>");
        xml
    }

    fn list(&self) -> String {
        let mut xml = String::from("<StackSummaries><member>");
        self.head(&mut xml);
        xml.push_str("</member></StackSummaries>");
        xml
    }

    fn head(&self, xml: &mut String) {
        element(xml, "StackName", &self.stack.name);
        element(xml, "StackId", &self.id());
        element(xml, "CreationTime", &self.deployed.to_string());
        element(xml, "StackStatus", "CREATE_COMPLETE");
    }

    fn resources(&self, token: Option<&str>) -> Result<String, ServiceError> {
        let start = match token {
            None => 0,
            Some(token) => token
                .parse::<usize>()
                .map_err(|_| ServiceError::new(400, "ValidationError", "NextToken is not valid"))?,
        };
        let mut xml = String::from("<StackResourceSummaries>");
        for resource in self.stack.resources.iter().skip(start).take(PAGE) {
            let fields = [
                ("LogicalResourceId", resource.logical_id.as_str()),
                ("PhysicalResourceId", &resource.physical_id),
                ("ResourceType", &resource.kind),
                ("LastUpdatedTimestamp", &self.deployed.to_string()),
                ("ResourceStatus", "CREATE_COMPLETE"),
            ];
            member(&mut xml, &fields);
        }
        xml.push_str("</StackResourceSummaries>");
        if self.stack.resources.len() > start + PAGE {
            element(&mut xml, "NextToken", &(start + PAGE).to_string());
        }
        Ok(xml)
    }
}

fn member(xml: &mut String, fields: &[(&str, &str)]) {
    xml.push_str("<member>");
    for (name, value) in fields {
        element(xml, name, value);
    }
    xml.push_str("</member>");
}

fn element(xml: &mut String, name: &str, value: &str) {
    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Writing to a String cannot fail.
    let _ = write!(xml, "<{name}>{value}</{name}>");
}

/// The fields of a form-urlencoded body.
fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body);
    let decode =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decode(name), decode(value))).collect()
}
