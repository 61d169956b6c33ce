//! Which service a request is for.

use http::HeaderMap;

/// A service that the gateway knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// CloudFormation.
    CloudFormation,
    /// DynamoDB.
    DynamoDb,
    /// EventBridge.
    EventBridge,
    /// Lambda.
    Lambda,
    /// CloudWatch Logs.
    Logs,
    /// SQS.
    Sqs,
}

/// The JSON protocols name service and operation in this header: `AWSEvents.PutEvents`.
const TARGET: &str = "x-amz-target";

impl Service {
    /// The service's name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudFormation => "CloudFormation",
            Self::DynamoDb => "DynamoDB",
            Self::EventBridge => "EventBridge",
            Self::Lambda => "Lambda",
            Self::Logs => "CloudWatch Logs",
            Self::Sqs => "SQS",
        }
    }

    /// The service's name in the credential scope of a signature.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::DynamoDb => "dynamodb",
            Self::EventBridge => "events",
            Self::Lambda => "lambda",
            Self::Logs => "logs",
            Self::Sqs => "sqs",
        }
    }

    /// The service that a request with this path and these headers is for: by `X-Amz-Target` for the JSON protocols,
    /// by the versioned path for Lambda, by the credential scope for CloudFormation's Query protocol.
    pub fn of(path: &str, headers: &HeaderMap) -> Option<Self> {
        if let Some(target) = text(headers, TARGET) {
            return match target.split_once('.')?.0 {
                "DynamoDB_20120810" => Some(Self::DynamoDb),
                "AWSEvents" => Some(Self::EventBridge),
                "Logs_20140328" => Some(Self::Logs),
                "AmazonSQS" => Some(Self::Sqs),
                _ => None,
            };
        }
        if is_lambda_path(path) {
            return Some(Self::Lambda);
        }
        let scope = super::signature::credential_scope(headers)?;
        (scope.service == Self::CloudFormation.signing_name()).then_some(Self::CloudFormation)
    }

    /// The operation as the JSON protocols name it; empty for the others, whose services look for themselves.
    pub fn operation(self, headers: &HeaderMap) -> String {
        text(headers, TARGET)
            .and_then(|target| target.split_once('.'))
            .map_or_else(String::new, |(_, op)| op.to_owned())
    }
}

/// Lambda's paths begin with the API version's date: `/2015-03-31/functions/createOrder/invocations`.
fn is_lambda_path(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    let dated = segments
        .next()
        .is_some_and(|date| date.len() == 10 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'));
    dated
        && segments
            .next()
            .is_some_and(|resource| matches!(resource, "functions" | "event-source-mappings" | "account-settings"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().expect("a header value"))])
    }

    #[test]
    fn the_target_header_names_service_and_operation() {
        let headers = with("x-amz-target", "AWSEvents.PutEvents");
        let service = Service::of("/", &headers).expect("a known service");
        assert_eq!(service, Service::EventBridge);
        assert_eq!(service.operation(&headers), "PutEvents");
    }

    #[test]
    fn lambda_is_known_by_its_dated_paths() {
        let none = HeaderMap::new();
        assert_eq!(Service::of("/2015-03-31/functions/createOrder/invocations", &none), Some(Service::Lambda));
        assert_eq!(Service::of("/orders/functions", &none), None);
        assert_eq!(Service::of("/2015-03-31", &none), None);
    }

    #[test]
    fn the_query_protocol_is_known_by_its_credential_scope() {
        let headers = with(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0",
        );
        assert_eq!(Service::of("/", &headers), Some(Service::CloudFormation));
    }
}
