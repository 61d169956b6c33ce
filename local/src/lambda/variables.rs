//! The environment variables of an execution environment.

use std::collections::BTreeMap;

use crate::stack::{Function, LogFormat};

/// What of a function's environment is not in the template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Access key, secret and session token, under their variable names.
    pub(crate) credentials: &'a BTreeMap<String, String>,
    /// Where AWS APIs are: `http://127.0.0.1:4566`.
    pub(crate) endpoint_url: &'a str,
    /// Host and port of the environment's Runtime API.
    pub(crate) runtime_api: &'a str,
    /// The environment's log stream.
    pub(crate) log_stream: &'a str,
    /// The directory the function runs in.
    pub(crate) task_root: &'a str,
}

/// All variables of an execution environment. Those that Lambda reserves win over the template's.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub(crate) fn variables(function: &Function, surroundings: Surroundings<'_>) -> BTreeMap<String, String> {
    let memory = function.memory_mb.to_string();
    let log_format = match function.log_format {
        LogFormat::Json => "JSON",
        LogFormat::Text => "Text",
    };
    let execution = format!("AWS_Lambda_{}", function.runtime);
    let unreserved = [
        ("AWS_ENDPOINT_URL", surroundings.endpoint_url),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        ("TZ", ":UTC"),
    ];
    let reserved = [
        ("AWS_DEFAULT_REGION", function.arn.region.as_str()),
        ("AWS_EXECUTION_ENV", &execution),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", log_format),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &function.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", surroundings.log_stream),
        ("AWS_LAMBDA_RUNTIME_API", surroundings.runtime_api),
        ("AWS_REGION", &function.arn.region),
        ("LAMBDA_RUNTIME_DIR", surroundings.task_root),
        ("LAMBDA_TASK_ROOT", surroundings.task_root),
        ("_HANDLER", &function.handler),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut all: BTreeMap<String, String> = unreserved.into_iter().map(owned).collect();
    all.extend(function.environment.clone());
    all.extend(surroundings.credentials.clone());
    all.extend(reserved.into_iter().map(owned));
    all
}
