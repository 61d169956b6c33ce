//! The whole system: the template, the services as processes, and clients that know nothing but the export lines.
#![allow(missing_docs, clippy::unwrap_used)]

mod cloud;
#[allow(dead_code)]
#[path = "terminal/mod.rs"]
mod terminal;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_cloudformation::types::{Capability, Parameter};
use aws_sdk_dynamodb::types::AttributeValue;
use cloud::{Cloud, FAULTS, INVENTORY, ORDERS};
use futures::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use terminal::{PATIENCE, descendants, wait_until_gone};

const ALWAYS_APPROVED: &[&str] = &["--parameter", "PaymentApprovalRate=1.0"];

/// Asks again until the answer is there.
async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("{what}: it never came true"))
}

async fn stock(dynamodb: &aws_sdk_dynamodb::Client, product: &str, quantity: u32) {
    dynamodb
        .put_item()
        .table_name(INVENTORY)
        .item("productId", AttributeValue::S(product.into()))
        .item("name", AttributeValue::S(product.into()))
        .item("availableQty", AttributeValue::N(quantity.to_string()))
        .item("reservedQty", AttributeValue::N("0".into()))
        .item("updatedAt", AttributeValue::S("2026-01-01T00:00:00.000Z".into()))
        .send()
        .await
        .unwrap();
}

async fn row(dynamodb: &aws_sdk_dynamodb::Client, table: &str, key: &str, id: &str) -> BTreeMap<String, String> {
    let answer = dynamodb
        .get_item()
        .table_name(table)
        .key(key, AttributeValue::S(id.into()))
        .consistent_read(true)
        .send()
        .await
        .unwrap();
    let text = |value: AttributeValue| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text,
        other => format!("{other:?}"),
    };
    answer.item.unwrap_or_default().into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn order(product: &str, quantity: u32) -> Value {
    json!({ "userId": "user-123", "productId": product, "quantity": quantity })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_reaches_all_three_services_and_is_confirmed() {
    let cloud = Cloud::start(ALWAYS_APPROVED);
    let dynamodb = aws_sdk_dynamodb::Client::new(&cloud.sdk());
    stock(&dynamodb, "lamp", 5).await;
    let (status, answer) = cloud.post_order(order("lamp", 2)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let id = answer["orderId"].as_str().unwrap().to_owned();
    let settled = eventually("the order is confirmed", || async {
        let row = row(&dynamodb, ORDERS, "orderId", &id).await;
        (row.get("status").map(String::as_str) == Some("CONFIRMED")).then_some(row)
    })
    .await;
    assert_eq!((settled["paymentStatus"].as_str(), settled["inventoryStatus"].as_str()), ("PAID", "RESERVED"));
    let lamp = row(&dynamodb, INVENTORY, "productId", "lamp").await;
    assert_eq!((lamp["availableQty"].as_str(), lamp["reservedQty"].as_str()), ("3", "2"));

    let logs = aws_sdk_cloudwatchlogs::Client::new(&cloud.sdk());
    eventually("the notification is in the log", || async {
        let found = logs
            .filter_log_events()
            .log_group_name("/aws/lambda/sendNotification")
            .filter_pattern(format!("\"{id}\""))
            .send()
            .await
            .unwrap();
        (!found.events().is_empty()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_orders_for_fifty_pieces_reserve_exactly_fifty() {
    let cloud = Cloud::start(ALWAYS_APPROVED);
    let dynamodb = aws_sdk_dynamodb::Client::new(&cloud.sdk());
    stock(&dynamodb, "ticket", 50).await;
    let answers = join_all((0..200).map(|_| cloud.post_order(order("ticket", 1)))).await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::CREATED), "{answers:?}");
    let ids: Vec<&str> = answers.iter().map(|(_, answer)| answer["orderId"].as_str().unwrap()).collect();
    let statuses = eventually("every order is final", || async {
        let rows = join_all(ids.iter().map(|id| row(&dynamodb, ORDERS, "orderId", id))).await;
        let settled = rows.iter().all(|row| {
            let facets = (row["paymentStatus"].as_str(), row["inventoryStatus"].as_str());
            matches!(facets, ("PAID", "RESERVED") | ("REFUNDED" | "CANCELLED", "FAILED"))
        });
        settled.then(|| rows.into_iter().map(|row| row["status"].clone()).collect::<Vec<_>>())
    })
    .await;
    assert_eq!(statuses.iter().filter(|status| *status == "CONFIRMED").count(), 50);
    assert_eq!(statuses.iter().filter(|status| *status == "INVENTORY_FAILED").count(), 150);
    let ticket = row(&dynamodb, INVENTORY, "productId", "ticket").await;
    assert_eq!((ticket["availableQty"].as_str(), ticket["reservedQty"].as_str()), ("0", "50"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_service_fills_its_own_dead_letter_queue_and_no_other() {
    let cloud = Cloud::start(&["--parameter", "PaymentApprovalRate=1.0", "--time-scale", "600"]);
    let sdk = cloud.sdk();
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    stock(&dynamodb, "lamp", 5).await;
    dynamodb
        .put_item()
        .table_name(FAULTS)
        .item("functionName", AttributeValue::S("sendNotification".into()))
        .item("mode", AttributeValue::S("error".into()))
        .item("rate", AttributeValue::N("1".into()))
        .item("expiresAt", AttributeValue::N("4102444800".into()))
        .send()
        .await
        .unwrap();
    let (_, answer) = cloud.post_order(order("lamp", 1)).await;
    let id = answer["orderId"].as_str().unwrap().to_owned();
    eventually("payment and stock carry on", || async {
        (row(&dynamodb, ORDERS, "orderId", &id).await["status"] == "CONFIRMED").then_some(())
    })
    .await;
    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let queues = sqs.list_queues().send().await.unwrap().queue_urls.unwrap_or_default();
    let queue = queues.iter().find(|url| url.contains("otification")).expect("a queue of sendNotification").clone();
    let record = eventually("the dead letter", || async {
        let received = sqs.receive_message().queue_url(&queue).send().await.unwrap();
        let body = received.messages?.into_iter().next()?.body?;
        serde_json::from_str::<Value>(&body).ok()
    })
    .await;
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted", "{record}");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3, "{record}");
    assert_eq!(record["requestPayload"]["detail"]["orderId"], id.as_str(), "{record}");
    for other in queues.iter().filter(|url| **url != queue) {
        let received = sqs.receive_message().queue_url(other).send().await.unwrap();
        assert!(received.messages().is_empty(), "{other} holds {received:?}");
    }
}

/// The timeline of an order by the command line: each entry in a few words.
fn timeline(cloud: &Cloud, order: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_eventflow-tui"))
        .args(["timeline", order, "--json"])
        .envs(cloud.environment())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let words = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().map(str::to_owned);
        let attempt = || {
            Some(format!(
                "{} {} attempt {} {}",
                entry["lane"].as_str()?,
                entry["trigger"].as_str()?,
                entry["attempt"].as_u64()?,
                entry["end"]["status"].as_str()?
            ))
        };
        text("event").or_else(|| text("change")).or_else(attempt)
    };
    told["entries"].as_array().unwrap().iter().filter_map(words).collect()
}

/// Where each of `words` is in the timeline: in this order, or the test fails.
fn in_order(told: &[String], words: &[&str]) {
    let mut rest = told.iter();
    for word in words {
        assert!(rest.any(|entry| entry == word), "{word} does not come in its place in {told:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_tells_the_compensation_and_the_retries() {
    let cloud = Cloud::start(&["--parameter", "PaymentApprovalRate=0"]);
    let dynamodb = aws_sdk_dynamodb::Client::new(&cloud.sdk());
    stock(&dynamodb, "lamp", 5).await;
    // The stock is reserved for certain before payment says no.
    faults(&cloud, &["set", "processPayment", "latency", "--latency", "1500ms", "--for", "30s"]);
    faults(&cloud, &["set", "sendNotification", "crash", "--for", "30s"]);
    let (_, answer) = cloud.post_order(order("lamp", 2)).await;
    let id = answer["orderId"].as_str().unwrap().to_owned();
    eventually("the first attempt of the notification died", || async {
        timeline(&cloud, &id)
            .iter()
            .any(|entry| entry == "sendNotification OrderCreated attempt 1 failure")
            .then_some(())
    })
    .await;
    faults(&cloud, &["clear"]);
    let done = |told: &[String]| {
        let released = told.iter().any(|entry| entry == "inventory RELEASED");
        released
            && told.iter().any(|entry| entry.starts_with("sendNotification OrderCreated") && entry.ends_with("success"))
    };
    let told = eventually("the stock is given back and the notification sent", || async {
        Some(timeline(&cloud, &id)).filter(|told| done(told))
    })
    .await;
    in_order(&told, &["OrderCreated", "inventory RESERVED", "payment FAILED", "PaymentFailed", "inventory RELEASED"]);
    let attempts = told.iter().filter(|entry| entry.starts_with("sendNotification OrderCreated"));
    let ends: Vec<_> = attempts.map(|entry| entry.rsplit(' ').next().unwrap()).collect();
    let (last, before) = ends.split_last().unwrap();
    assert!(!before.is_empty() && before.iter().all(|end| *end == "failure") && *last == "success", "{told:?}");
    assert_eq!(row(&dynamodb, INVENTORY, "productId", "lamp").await["availableQty"], "5");
}

/// `eventflow-tui faults ... --json` against that cloud.
fn faults(cloud: &Cloud, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_eventflow-tui"))
        .args(["faults", "--json"])
        .args(arguments)
        .envs(cloud.environment())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn reserved(lambda: &aws_sdk_lambda::Client, function: &str) -> Option<i32> {
    let answer = lambda.get_function_concurrency().function_name(function).send().await.unwrap();
    answer.reserved_concurrent_executions()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_faults_changed_is_put_back_as_it_was() {
    let cloud = Cloud::start(&[]);
    let (lambda, events) = (aws_sdk_lambda::Client::new(&cloud.sdk()), aws_sdk_eventbridge::Client::new(&cloud.sdk()));
    let dynamodb = aws_sdk_dynamodb::Client::new(&cloud.sdk());
    let call = lambda.put_function_concurrency().function_name("reserveInventory");
    call.reserved_concurrent_executions(7).send().await.unwrap();
    let before = row(&dynamodb, INVENTORY, "productId", "espresso").await["availableQty"].clone();
    for fault in
        ["processPayment throttle", "reserveInventory halt", "sendNotification disconnect", "reserveInventory drain"]
    {
        let words: Vec<_> = std::iter::once("set").chain(fault.split(' ')).collect();
        faults(&cloud, &words);
        // Set once more, what was before is still what was before.
        faults(&cloud, &words);
    }
    let on: Vec<_> = faults(&cloud, &[]).iter().map(|f| format!("{} {}", f["function"], f["kind"])).collect();
    assert_eq!(on.len(), 4, "{on:?}");
    assert_eq!(reserved(&lambda, "processPayment").await, Some(1));
    assert_eq!(reserved(&lambda, "reserveInventory").await, Some(0));
    assert_eq!(row(&dynamodb, INVENTORY, "productId", "espresso").await["availableQty"], "0");
    assert_eq!(faults(&cloud, &["clear"]), [Value::Null; 0]);
    assert_eq!(reserved(&lambda, "processPayment").await, None);
    assert_eq!(reserved(&lambda, "reserveInventory").await, Some(7));
    assert_eq!(row(&dynamodb, INVENTORY, "productId", "espresso").await["availableQty"], before);
    for rule in ["OrderCreated", "PaymentFailed", "InventoryFailed"] {
        let answer = events.describe_rule().name(format!("sendNotification-{rule}-dev")).send().await.unwrap();
        assert_eq!(answer.state.unwrap().as_str(), "ENABLED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_service_that_is_gone_can_be_cleared() {
    let cloud = Cloud::start(&["--parameter", "FraudDetection=on"]);
    for kind in ["halt", "disconnect", "error"] {
        faults(&cloud, &["set", "detectFraud", kind]);
    }
    let cloudformation = aws_sdk_cloudformation::Client::new(&cloud.sdk());
    let described = cloudformation.describe_stacks().send().await.unwrap();
    let stack = &described.stacks()[0];
    let name = stack.stack_name().unwrap();
    let stay = stack.parameters().iter().map(|known| {
        let key = known.parameter_key().unwrap();
        let parameter = Parameter::builder().parameter_key(key);
        let goes = key == "FraudDetection";
        if goes { parameter.parameter_value("off") } else { parameter.use_previous_value(true) }.build()
    });
    let call = cloudformation.update_stack().stack_name(name).use_previous_template(true);
    let call = call.set_parameters(Some(stay.collect()));
    call.capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityNamedIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .send()
        .await
        .unwrap();
    eventually("detectFraud is gone", || async {
        let described = cloudformation.describe_stacks().send().await.unwrap();
        (described.stacks()[0].stack_status().unwrap().as_str() == "UPDATE_COMPLETE").then_some(())
    })
    .await;
    faults(&cloud, &["clear"]);
    assert!(faults(&cloud, &[]).is_empty());
    let rows = aws_sdk_dynamodb::Client::new(&cloud.sdk()).scan().table_name(FAULTS).send().await.unwrap();
    assert!(rows.items().is_empty(), "{:?}", rows.items());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_puts_back_the_stack_puts_back_itself() {
    let cloud = Cloud::start(&[]);
    let (lambda, events) = (aws_sdk_lambda::Client::new(&cloud.sdk()), aws_sdk_eventbridge::Client::new(&cloud.sdk()));
    let dynamodb = aws_sdk_dynamodb::Client::new(&cloud.sdk());
    let before = row(&dynamodb, INVENTORY, "productId", "espresso").await["availableQty"].clone();
    faults(&cloud, &["set", "processPayment", "halt", "--for", "1s"]);
    faults(&cloud, &["set", "reserveInventory", "disconnect", "--for", "1s"]);
    faults(&cloud, &["set", "reserveInventory", "drain", "--for", "1s"]);
    assert_eq!(reserved(&lambda, "processPayment").await, Some(0));
    eventually("restoreAfterFaults restored the concurrency", || async {
        reserved(&lambda, "processPayment").await.is_none().then_some(())
    })
    .await;
    eventually("restoreAfterFaults enabled the rules", || async {
        let answer = events.describe_rule().name("reserveInventory-OrderCreated-dev").send().await.unwrap();
        (answer.state.unwrap().as_str() == "ENABLED").then_some(())
    })
    .await;
    eventually("restoreAfterFaults gave the stock back", || async {
        (row(&dynamodb, INVENTORY, "productId", "espresso").await["availableQty"] == before).then_some(())
    })
    .await;
    eventually("nothing is left to restore", || async { faults(&cloud, &[]).is_empty().then_some(()) }).await;
}

/// `eventflow-tui events --json` as it follows that cloud; ended when dropped.
struct Following {
    process: Child,
    /// The events so far.
    told: Arc<Mutex<Vec<Value>>>,
}

impl Following {
    fn start(cloud: &Cloud) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_eventflow-tui"))
            .args(["events", "--json"])
            .envs(cloud.environment())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (told, lines) = (Arc::new(Mutex::new(Vec::new())), BufReader::new(process.stdout.take().unwrap()).lines());
        let telling = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                telling.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, told }
    }

    /// Of how many of these orders it told an event of this detail-type.
    fn count(&self, detail_type: &str, orders: &BTreeSet<String>) -> usize {
        let told = self.told.lock().unwrap();
        let of = told.iter().filter(|event| event["detail-type"] == detail_type);
        let ids: BTreeSet<&str> = of.filter_map(|event| event["detail"]["orderId"].as_str()).collect();
        orders.iter().filter(|order| ids.contains(order.as_str())).count()
    }

    /// How many events it told more than once.
    fn repeated(&self) -> usize {
        let told = self.told.lock().unwrap();
        told.len() - told.iter().map(|event| event["id"].as_str().unwrap()).collect::<BTreeSet<_>>().len()
    }

    /// Ends it, and says what it complained about.
    fn end(mut self) -> String {
        self.process.kill().unwrap();
        let mut complaints = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
        complaints
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_tail_tells_everything_also_when_it_is_too_much_for_one_session() {
    // An update takes 500 lines, and at this pace there is one a second.
    let cloud = Cloud::start(&["--parameter", "PaymentApprovalRate=1.0", "--time-scale", "1"]);
    stock(&aws_sdk_dynamodb::Client::new(&cloud.sdk()), "ticket", 10_000).await;
    let following = Following::start(&cloud);
    let place = || async {
        let (status, answer) = cloud.post_order(order("ticket", 1)).await;
        assert_eq!(status, StatusCode::CREATED);
        answer["orderId"].as_str().unwrap().to_owned()
    };
    eventually("it is told of an order", || async {
        place().await;
        (!following.told.lock().unwrap().is_empty()).then_some(())
    })
    .await;
    let placed: BTreeSet<String> = join_all((0..400).map(|_| place())).await.into_iter().collect();
    eventually("it is told of all of them", || async {
        let kinds = ["OrderCreated", "PaymentSucceeded", "InventoryReserved"];
        kinds.iter().all(|kind| following.count(kind, &placed) == 400).then_some(())
    })
    .await;
    assert_eq!(following.repeated(), 0);
    assert_eq!(following.end(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_works_from_the_export_lines() {
    let cloud = Cloud::start(ALWAYS_APPROVED);
    let lambda = aws_sdk_lambda::Client::new(&cloud.sdk());
    let functions = lambda.list_functions().send().await.unwrap();
    let names: Vec<&str> = functions.functions().iter().filter_map(|function| function.function_name()).collect();
    for name in ["createOrder", "getOrder", "processPayment", "reserveInventory", "sendNotification"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let policy = lambda.get_policy().function_name("createOrder").send().await.unwrap();
    let policy: Value = serde_json::from_str(policy.policy().unwrap()).unwrap();
    let source = policy["Statement"][0]["Condition"]["ArnLike"]["AWS:SourceArn"].as_str().unwrap();
    assert!(source.ends_with("/*/POST/orders"), "{source}");
    let output = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_eventflow-tui"))
            .args(arguments)
            .envs(cloud.environment())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let placed: Value = serde_json::from_str(&output(&["order", "--product", "espresso", "--json"])).unwrap();
    assert!(placed["orderId"].as_str().unwrap().starts_with("ord-"), "{placed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_is_left_behind_however_it_ends() {
    for signal in ["TERM", "KILL"] {
        let mut cloud = Cloud::start(ALWAYS_APPROVED);
        let (status, _) = cloud.post_order(order("espresso", 1)).await;
        assert_eq!(status, StatusCode::CREATED);
        let children = descendants(cloud.pid());
        assert!(children.len() >= 2, "the function and the watcher run as processes: {children:?}");
        let status = cloud.end(signal);
        assert_eq!(status.success(), signal == "TERM", "{signal}: {status:?}");
        wait_until_gone(&children);
    }
}
