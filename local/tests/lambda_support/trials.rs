//! What the embedded Lambda must do.

use std::{
    future::Future,
    io::BufRead,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    time::Duration,
};

use eventflow_local::{
    lambda::ProcessState,
    process::kill_group,
    stack::{Function, LogFormat},
};
use http::Method;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::{
    harness::{Cloud, alive, eventually, function, within},
    parent,
};

const INVOKE: &str = "/2015-03-31/functions/behave/invocations";

macro_rules! trials {
    ($($name:ident),* $(,)?) => { vec![$(trial(stringify!($name), $name)),*] };
}

/// All trials.
pub fn all() -> Vec<Trial> {
    trials![
        an_answer_comes_back_and_the_process_stays_warm,
        a_function_gets_lambdas_environment_and_nothing_else,
        a_function_error_is_answered_and_logged,
        an_exit_and_an_abort_are_told_apart_and_healed,
        a_timeout_kills_the_process_group,
        a_start_that_fails_is_told_from_one_that_exits,
        a_missing_executable_says_how_to_build_it,
        an_answer_too_large_is_refused,
        what_a_function_prints_is_logged_within_its_invocation,
        the_log_tail_is_answered_on_request,
        text_logs_read_as_lambda_writes_them,
        more_invocations_than_environments_wait,
        an_idle_environment_is_reaped,
        a_killed_idle_process_is_replaced,
        an_event_is_retried_after_a_kill_under_the_same_id,
        an_event_that_keeps_failing_goes_to_the_destination,
        a_success_goes_to_the_destination,
        an_event_too_old_for_its_retry_is_given_up_early,
        zero_concurrency_gives_events_up_at_once,
        throttled_events_wait_and_drain,
        a_throttled_call_says_why,
        the_rest_api_knows_its_functions,
        a_function_comes_and_goes_while_the_others_run_on,
        a_shutdown_leaves_no_process,
        a_killed_parent_leaves_no_process,
    ]
}

fn trial<F: Future<Output = ()>>(name: &'static str, test: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name.replace('_', " "), move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(within(name, test()));
        Ok(())
    })
}

async fn an_answer_comes_back_and_the_process_stays_warm() {
    let cloud = Cloud::behave(60.0);
    let (first, error) = cloud.invoke(json!({ "n": 1 })).await;
    assert!(!error && first["event"] == json!({ "n": 1 }), "{first}");
    for _ in 0..20 {
        let (next, _) = cloud.invoke(json!({})).await;
        assert_eq!(next["pid"], first["pid"]);
    }
    let process = &cloud.lambda.processes("behave")[0];
    assert_eq!((process.state, process.invocations), (ProcessState::Idle, 21));
    assert_eq!(cloud.platform("platform.initStart").len(), 1);
    let reports = cloud.platform("platform.report");
    assert_eq!(reports.len(), 21);
    assert_eq!(reports[0]["status"], "success");
    assert!(reports[0]["metrics"]["initDurationMs"].is_f64() && reports[1]["metrics"]["initDurationMs"].is_null());
    assert!(!cfg!(target_os = "linux") || reports[0]["metrics"]["maxMemoryUsedMB"].as_u64().unwrap() > 0);
    cloud.stop().await;
}

async fn a_function_gets_lambdas_environment_and_nothing_else() {
    let cloud = Cloud::behave(60.0);
    let (answer, _) = cloud.invoke(json!({ "do": "environment" })).await;
    let variables = answer["variables"].as_object().unwrap();
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "behave"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/behave"),
        ("AWS_ACCESS_KEY_ID", "AKIAFUNCTION"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_REGION", "us-east-1"),
        ("TABLE", "orders"),
        ("_HANDLER", "bootstrap"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert_eq!(answer["directory"], variables["LAMBDA_TASK_ROOT"]);
    for inherited in ["HOME", "USER", "CARGO_MANIFEST_DIR", "CARGO"] {
        assert!(!variables.contains_key(inherited), "{inherited} leaked into the function");
    }
    cloud.stop().await;
}

async fn a_function_error_is_answered_and_logged() {
    let cloud = Cloud::behave(60.0);
    let (answer, error) = cloud.invoke(json!({ "do": "fail" })).await;
    assert!(error);
    assert_eq!((&answer["errorType"], &answer["errorMessage"]), (&json!("Refused"), &json!("as asked")));
    let report = &cloud.platform("platform.report")[0];
    assert_eq!((&report["status"], &report["errorType"]), (&json!("error"), &json!("Runtime.Unknown")));
    let pid = cloud.lambda.processes("behave")[0].pid;
    assert_eq!(cloud.invoke(json!({})).await.0["pid"], pid, "an error does not cost the process");
    cloud.stop().await;
}

async fn an_exit_and_an_abort_are_told_apart_and_healed() {
    let cloud = Cloud::behave(60.0);
    for (act, how) in [("exit", "Runtime exited with error: exit status 3"), ("abort", "signal: aborted")] {
        let (answer, error) = cloud.invoke(json!({ "do": act })).await;
        assert!(error && answer["errorType"] == "Runtime.ExitError", "{answer}");
        assert!(answer["errorMessage"].as_str().unwrap().ends_with(how), "{answer}");
        assert!(!cloud.invoke(json!({})).await.1, "the next invocation gets a new process");
    }
    let reports = cloud.platform("platform.report");
    assert_eq!((&reports[0]["status"], &reports[0]["errorType"]), (&json!("failure"), &json!("Runtime.ExitError")));
    cloud.stop().await;
}

async fn a_timeout_kills_the_process_group() {
    let short = eventflow_local::stack::Function { timeout: Duration::from_millis(300), ..function("behave") };
    let cloud = Cloud::start(vec![short], 60.0, |_| {});
    let pid = cloud.invoke(json!({})).await.0["pid"].as_u64().unwrap() as u32;
    let (answer, error) = cloud.invoke(json!({ "do": "sleep" })).await;
    assert!(error && answer["errorType"] == "Sandbox.Timedout", "{answer}");
    assert!(answer["errorMessage"].as_str().unwrap().ends_with("Task timed out after 0.30 seconds"), "{answer}");
    assert!(!alive(pid));
    assert_eq!(cloud.platform("platform.report")[1]["status"], "timeout");
    cloud.stop().await;
}

async fn a_start_that_fails_is_told_from_one_that_exits() {
    let cloud = Cloud::start(vec![function("fails-to-start"), function("exits-at-start")], 60.0, |_| {});
    let (answer, error) = cloud.invoke_function("fails-to-start", json!({})).await;
    assert!(
        error && answer["errorType"] == "Runtime.ConfigMissing" && answer["errorMessage"] == "no table",
        "{answer}"
    );
    let (answer, error) = cloud.invoke_function("exits-at-start", json!({})).await;
    assert!(error && answer["errorType"] == "Runtime.ExitError", "{answer}");
    let inits = cloud.platform("platform.initReport");
    assert_eq!((&inits[0]["status"], &inits[0]["errorType"]), (&json!("error"), &json!("Runtime.ConfigMissing")));
    assert_eq!(inits[1]["status"], "failure");
    assert_eq!(cloud.platform("platform.report").len(), 2);
    assert!(cloud.lambda.processes("fails-to-start").is_empty());
    cloud.stop().await;
}

async fn a_missing_executable_says_how_to_build_it() {
    let cloud = Cloud::start(vec![function("nowhere")], 60.0, |_| {});
    let (answer, error) = cloud.invoke_function("nowhere", json!({})).await;
    assert!(error && answer["errorType"] == "Runtime.InvalidEntrypoint", "{answer}");
    assert!(cloud.lines().iter().any(|line| line.contains("cargo build --bin nowhere")), "{:?}", cloud.lines());
    cloud.stop().await;
}

async fn an_answer_too_large_is_refused() {
    let cloud = Cloud::behave(60.0);
    let (answer, error) = cloud.invoke(json!({ "do": "large" })).await;
    assert!(error && answer["errorType"] == "Function.ResponseSizeTooLarge", "{answer}");
    assert!(!cloud.invoke(json!({})).await.1);
    cloud.stop().await;
}

async fn what_a_function_prints_is_logged_within_its_invocation() {
    let cloud = Cloud::behave(60.0);
    cloud.invoke(json!({ "do": "print", "text": "hello" })).await;
    let lines = cloud.lines();
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}"));
    assert!(at("platform.start") < at("hello") && at("hello") < at("platform.runtimeDone"), "{lines:?}");
    assert!(at("and an error line") < at("platform.report"), "{lines:?}");
    cloud.stop().await;
}

async fn the_log_tail_is_answered_on_request() {
    let cloud = Cloud::behave(60.0);
    let event = json!({ "do": "print", "text": "in the tail" });
    let answer = cloud.call(Method::POST, INVOKE, &[("x-amz-log-type", "Tail")], event.clone()).await;
    let tail = aws_smithy_types::base64::decode(answer.headers["x-amz-log-result"].to_str().unwrap()).unwrap();
    let tail = String::from_utf8(tail).unwrap();
    assert!(tail.contains("in the tail") && tail.contains("platform.report"), "{tail}");
    assert!(!cloud.call(Method::POST, INVOKE, &[], event).await.headers.contains_key("x-amz-log-result"));
    cloud.stop().await;
}

async fn text_logs_read_as_lambda_writes_them() {
    let text = eventflow_local::stack::Function { log_format: LogFormat::Text, ..function("behave") };
    let cloud = Cloud::start(vec![text], 60.0, |_| {});
    let id = cloud.invoke(json!({})).await.0["id"].as_str().unwrap().to_owned();
    let lines = cloud.lines();
    assert!(lines[0].starts_with("INIT_START Runtime Version: provided:al2023"), "{lines:?}");
    assert_eq!(lines[1], format!("START RequestId: {id} Version: $LATEST"));
    assert_eq!(lines[2], format!("END RequestId: {id}"));
    assert!(lines[3].starts_with(&format!("REPORT RequestId: {id}\tDuration: ")), "{lines:?}");
    assert!(lines[3].contains("\tMemory Size: 128 MB") && lines[3].contains("\tInit Duration: "), "{lines:?}");
    cloud.stop().await;
}

async fn more_invocations_than_environments_wait() {
    let cloud = Cloud::start(vec![function("behave")], 60.0, |options| options.max_environments = 2);
    let calls = (0..30).map(|n| cloud.invoke(json!({ "n": n })));
    let answers = futures::future::join_all(calls).await;
    let pids: std::collections::BTreeSet<u64> = answers.iter().map(|(a, _)| a["pid"].as_u64().unwrap()).collect();
    assert!(answers.iter().all(|(_, error)| !error) && pids.len() == 2, "{pids:?}");
    cloud.stop().await;
}

async fn an_idle_environment_is_reaped() {
    let cloud = Cloud::start(vec![function("behave")], 60.0, |options| options.idle = Duration::from_secs(2));
    let pid = cloud.invoke(json!({})).await.0["pid"].as_u64().unwrap() as u32;
    eventually("the process to be reaped", || cloud.lambda.processes("behave").is_empty() && !alive(pid)).await;
    assert_ne!(cloud.invoke(json!({})).await.0["pid"], pid);
    cloud.stop().await;
}

async fn a_killed_idle_process_is_replaced() {
    let cloud = Cloud::behave(60.0);
    for _ in 0..5 {
        let pid = cloud.invoke(json!({})).await.0["pid"].as_u64().unwrap() as u32;
        kill_group(pid);
        eventually("the process to be struck off", || cloud.lambda.processes("behave").is_empty()).await;
        let (answer, error) = cloud.invoke(json!({})).await;
        assert!(!error && answer["pid"] != pid, "{answer}");
    }
    cloud.stop().await;
}

async fn an_event_is_retried_after_a_kill_under_the_same_id() {
    let cloud = Cloud::behave(6_000.0);
    let gate = tempfile::NamedTempFile::new().unwrap();
    let id = cloud.invoke_async(json!({ "do": "wait", "file": gate.path() }));
    let busy = || cloud.lambda.processes("behave").into_iter().find(|process| process.state == ProcessState::Busy);
    eventually("the process to be busy", || busy().is_some() && !cloud.platform("platform.start").is_empty()).await;
    kill_group(busy().unwrap().pid);
    gate.close().unwrap();
    let record = &cloud.records(1).await[0];
    assert_eq!(record["requestContext"]["condition"], "Success");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(record["responsePayload"]["id"], id, "the retry has the first attempt's id");
    let reports = cloud.platform("platform.report");
    assert!(reports.iter().all(|report| report["requestId"] == id), "{reports:?}");
    assert_eq!((&reports[0]["status"], &reports[1]["status"]), (&json!("failure"), &json!("success")));
    cloud.stop().await;
}

async fn an_event_that_keeps_failing_goes_to_the_destination() {
    let cloud = Cloud::behave(6_000.0);
    let id = cloud.invoke_async(json!({ "do": "fail" }));
    let record = &cloud.records(1).await[0];
    assert_eq!(record["deliveredTo"], "arn:aws:sqs:us-east-1:000000000000:failed");
    let context = json!({
        "requestId": id,
        "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:behave:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    });
    assert_eq!(record["requestContext"], context);
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"]["errorType"], "Refused");
    eventually("the backlog to be empty", || cloud.lambda.status("behave").unwrap().backlog == 0).await;
    cloud.stop().await;
}

async fn a_success_goes_to_the_destination() {
    let cloud = Cloud::behave(6_000.0);
    let file = tempfile::NamedTempFile::new().unwrap();
    cloud.invoke_async(json!({ "do": "fail-until", "failures": 2, "file": file.path() }));
    let record = &cloud.records(1).await[0];
    assert_eq!(record["deliveredTo"], "arn:aws:sqs:us-east-1:000000000000:succeeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert!(record["responseContext"].get("functionError").is_none(), "{record}");
    cloud.stop().await;
}

async fn an_event_too_old_for_its_retry_is_given_up_early() {
    let mut aged = function("behave");
    aged.async_invoke.maximum_event_age = Duration::from_secs(60);
    let cloud = Cloud::start(vec![aged], 60.0, |_| {});
    cloud.invoke_async(json!({ "do": "fail" }));
    let record = &cloud.records(1).await[0];
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
    cloud.stop().await;
}

async fn zero_concurrency_gives_events_up_at_once() {
    // At AWS's own pace: nothing may wait.
    let cloud = Cloud::behave(1.0);
    cloud.reserve(0).await;
    let answer = cloud.call(Method::POST, INVOKE, &[("x-amz-invocation-type", "Event")], json!({ "a": 1 })).await;
    assert_eq!(answer.status, 202);
    let record = &cloud.records(1).await[0];
    assert_eq!(record["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    assert_eq!(record["requestPayload"], json!({ "a": 1 }));
    assert!(record.get("responseContext").is_none(), "{record}");
    cloud.unreserve().await;
    assert!(!cloud.invoke(json!({})).await.1);
    cloud.stop().await;
}

async fn throttled_events_wait_and_drain() {
    let cloud = Cloud::behave(600.0);
    cloud.reserve(1).await;
    let gate = tempfile::NamedTempFile::new().unwrap();
    cloud.invoke_async(json!({ "do": "wait", "file": gate.path() }));
    eventually("the one to run", || cloud.lambda.status("behave").unwrap().in_flight == 1).await;
    for n in 0..20 {
        cloud.invoke_async(json!({ "n": n }));
    }
    let status = cloud.lambda.status("behave").unwrap();
    assert_eq!((status.backlog, status.in_flight, status.reserved_concurrency), (21, 1, Some(1)));
    gate.close().unwrap();
    let records = cloud.records(21).await;
    assert!(records.iter().all(|record| record["requestContext"]["condition"] == "Success"), "{records:?}");
    assert!(records.iter().all(|record| record["requestContext"]["approximateInvokeCount"] == 1), "{records:?}");
    assert_eq!(cloud.platform("platform.initStart").len(), 1, "one at a time needs one process");
    cloud.stop().await;
}

async fn a_throttled_call_says_why() {
    let cloud = Cloud::behave(60.0);
    cloud.reserve(0).await;
    let answer = cloud.call(Method::POST, INVOKE, &[], json!({})).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["x-amzn-errortype"], "TooManyRequestsException");
    assert_eq!(answer.body["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
    cloud.stop().await;
}

async fn the_rest_api_knows_its_functions() {
    let cloud = Cloud::behave(60.0);
    let get = |uri: &'static str| cloud.call(Method::GET, uri, &[], Value::Null);
    assert_eq!(get("/2015-03-31/functions").await.body["Functions"][0]["FunctionName"], "behave");
    let arn = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Abehave";
    assert_eq!(get(arn).await.body["Configuration"]["State"], "Active");
    let missing = get("/2015-03-31/functions/missing").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.headers["x-amzn-errortype"], "ResourceNotFoundException");
    cloud.reserve(7).await;
    let concurrency = get("/2019-09-30/functions/behave/concurrency").await;
    assert_eq!(concurrency.body["ReservedConcurrentExecutions"], 7);
    let too_many = json!({ "ReservedConcurrentExecutions": 901 });
    let refused = cloud.call(Method::PUT, "/2017-10-31/functions/behave/concurrency", &[], too_many).await;
    assert_eq!(refused.headers["x-amzn-errortype"], "InvalidParameterValueException");
    let dry = cloud.call(Method::POST, INVOKE, &[("x-amz-invocation-type", "DryRun")], json!({})).await;
    assert_eq!(dry.status, 204);
    assert!(cloud.lambda.processes("behave").is_empty(), "a dry run runs nothing");
    let config = get("/2019-09-25/functions/behave/event-invoke-config").await;
    assert_eq!(config.body["MaximumRetryAttempts"], 2);
    cloud.stop().await;
}

async fn a_function_comes_and_goes_while_the_others_run_on() {
    let cloud = Cloud::behave(60.0);
    let other = cloud.invoke(json!({})).await.0["pid"].clone();
    let newcomer = || Function { binary: "behave".into(), ..function("newcomer") };
    cloud.add(newcomer());
    let pid = cloud.invoke_function("newcomer", json!({})).await.0["pid"].as_u64().unwrap() as u32;
    let file = tempfile::NamedTempFile::new().unwrap();
    for _ in 0..2 {
        let event = json!({ "do": "wait", "file": file.path() }).to_string();
        cloud.lambda.invoke_async("newcomer", event.into()).unwrap();
    }
    eventually("both events in flight", || cloud.lambda.status("newcomer").unwrap().in_flight == 2).await;
    cloud.lambda.remove("newcomer").await;
    assert!(!alive(pid), "its process ended with it");
    assert_eq!(cloud.lambda.status("newcomer").unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(cloud.invoke(json!({})).await.0["pid"], other, "the other function's process is the same");

    cloud.add(newcomer());
    assert_eq!(cloud.lambda.status("newcomer").unwrap().backlog, 0, "its events are gone");
    assert_ne!(cloud.invoke_function("newcomer", json!({})).await.0["pid"], pid);
    assert!(cloud.records(0).await.is_empty(), "what was given up goes nowhere");
    cloud.stop().await;
}

async fn a_shutdown_leaves_no_process() {
    let cloud = Cloud::behave(60.0);
    cloud.invoke_async(json!({ "do": "sleep" }));
    cloud.invoke(json!({})).await;
    let pids: Vec<u32> = cloud.lambda.processes("behave").iter().map(|process| process.pid).collect();
    assert_eq!(pids.len(), 2);
    cloud.stop().await;
    assert!(pids.iter().all(|pid| !alive(*pid)), "{pids:?}");
}

async fn a_killed_parent_leaves_no_process() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .arg0(parent::NAME)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pids: Vec<u32> = serde_json::from_str(&line).unwrap();
    assert!(pids.len() == 2 && pids.iter().all(|pid| alive(*pid)), "{pids:?}");
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually("the functions to be gone", || pids.iter().all(|pid| !alive(*pid))).await;
}
