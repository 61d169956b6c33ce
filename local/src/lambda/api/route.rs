//! Which operation a method and path mean.

use http::{Method, Uri};
use percent_encoding::percent_decode_str;

use super::error::invalid_parameter;
use crate::aws::ServiceError;

/// The operations served; the function by name or ARN, as written.
///
/// Source of the paths: <https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    Invoke { function: String },
    ListFunctions,
    GetFunction { function: String },
    GetFunctionConfiguration { function: String },
    GetPolicy { function: String },
    PutFunctionConcurrency { function: String },
    GetFunctionConcurrency { function: String },
    DeleteFunctionConcurrency { function: String },
    GetEventInvokeConfig { function: String },
    PutEventInvokeConfig { function: String },
    UpdateEventInvokeConfig { function: String },
    DeleteEventInvokeConfig { function: String },
}

/// Reads the operation off a request.
///
/// # Errors
/// `UnknownOperationException` for what is not served, `ResourceNotFoundException` for any qualifier but `$LATEST`.
pub(super) fn route(method: &Method, uri: &Uri) -> Result<Operation, ServiceError> {
    let segments: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let unknown = || ServiceError::unsupported("lambda", &format!("{method} {}", uri.path()));
    let (version, rest) = match segments[..] {
        [version, "functions"] if version == "2015-03-31" && method == Method::GET => {
            return Ok(Operation::ListFunctions);
        }
        [version, "functions", function] => (version, (function, "")),
        [version, "functions", function, part] => (version, (function, part)),
        _ => return Err(unknown()),
    };
    let function = percent_decode_str(rest.0)
        .decode_utf8()
        .map_err(|_| invalid_parameter("The function name is not UTF-8."))?
        .into_owned();
    check_qualifier(uri, &function)?;
    match (method.as_str(), version, rest.1) {
        ("POST", "2015-03-31", "invocations") => Ok(Operation::Invoke { function }),
        ("GET", "2015-03-31", "") => Ok(Operation::GetFunction { function }),
        ("GET", "2015-03-31", "configuration") => Ok(Operation::GetFunctionConfiguration { function }),
        ("GET", "2015-03-31", "policy") => Ok(Operation::GetPolicy { function }),
        ("PUT", "2017-10-31", "concurrency") => Ok(Operation::PutFunctionConcurrency { function }),
        ("GET", "2019-09-30", "concurrency") => Ok(Operation::GetFunctionConcurrency { function }),
        ("DELETE", "2017-10-31", "concurrency") => Ok(Operation::DeleteFunctionConcurrency { function }),
        ("GET", "2019-09-25", "event-invoke-config") => Ok(Operation::GetEventInvokeConfig { function }),
        ("PUT", "2019-09-25", "event-invoke-config") => Ok(Operation::PutEventInvokeConfig { function }),
        ("POST", "2019-09-25", "event-invoke-config") => Ok(Operation::UpdateEventInvokeConfig { function }),
        ("DELETE", "2019-09-25", "event-invoke-config") => Ok(Operation::DeleteEventInvokeConfig { function }),
        _ => Err(unknown()),
    }
}

/// There are no versions and aliases here.
fn check_qualifier(uri: &Uri, function: &str) -> Result<(), ServiceError> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    for (_, value) in pairs.filter(|(name, _)| *name == "Qualifier") {
        let qualifier = percent_decode_str(value).decode_utf8_lossy();
        if qualifier != "$LATEST" {
            let message = format!("Function not found: {function}:{qualifier}");
            return Err(ServiceError::new(404, "ResourceNotFoundException", message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(method: Method, uri: &str) -> Result<Operation, String> {
        route(&method, &uri.parse().unwrap()).map_err(|error| error.code)
    }

    #[test]
    fn a_path_names_its_operation() {
        let function = || "f".to_owned();
        let not_found = || Err("ResourceNotFoundException".to_owned());
        let table = [
            (Method::POST, "/2015-03-31/functions/f/invocations", Ok(Operation::Invoke { function: function() })),
            (
                Method::POST,
                "/2015-03-31/functions/f/invocations?Qualifier=%24LATEST",
                Ok(Operation::Invoke { function: function() }),
            ),
            (Method::POST, "/2015-03-31/functions/f/invocations?Qualifier=live", not_found()),
            (Method::GET, "/2015-03-31/functions/?MaxItems=5", Ok(Operation::ListFunctions)),
            (
                Method::GET,
                "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af",
                Ok(Operation::GetFunction { function: "arn:aws:lambda:us-east-1:000000000000:function:f".into() }),
            ),
            (
                Method::DELETE,
                "/2017-10-31/functions/f/concurrency",
                Ok(Operation::DeleteFunctionConcurrency { function: function() }),
            ),
            (Method::DELETE, "/2015-03-31/functions/f", Err("UnknownOperationException".to_owned())),
            (Method::GET, "/", Err("UnknownOperationException".to_owned())),
        ];
        for (method, uri, expected) in table {
            assert_eq!(read(method.clone(), uri), expected, "{method} {uri}");
        }
    }
}
