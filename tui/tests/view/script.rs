//! A scripted stack: the messages that a real one would send, at times of the script's choosing.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use std::time::Duration;

use eventflow_contract::{InventoryStatus, Order, PaymentStatus, Stock};
use eventflow_tui::{
    app::{
        ActiveFault, Appearance, Effect, FaultKind, FeedState, Function, FunctionRole, Message, Model, ServiceState,
        Subscription, System, update,
    },
    observe::{EventRecord, InvocationPhase, InvocationRecord, InvocationStatus, Observation},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub const PRODUCTS: [&str; 6] = ["cold-brew", "croissant", "espresso", "matcha", "oat-milk", "東京-tea"];
pub const CONSUMERS: [&str; 3] = ["processPayment", "reserveInventory", "sendNotification"];

/// How an order ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Confirmed,
    Declined,
    SoldOut,
    Open,
}

pub struct Script {
    pub model: Model,
    pub now: Timestamp,
    pub effects: Vec<Effect>,
    orders: u32,
    requests: u64,
    stock: Vec<Stock>,
}

impl Script {
    pub fn new() -> Self {
        Self::with(Appearance::default())
    }

    pub fn with(appearance: Appearance) -> Self {
        Self::at(appearance, "2026-03-14T12:04:31Z".parse().unwrap())
    }

    pub fn at(appearance: Appearance, now: Timestamp) -> Self {
        let stock = PRODUCTS
            .iter()
            .enumerate()
            .map(|(at, product)| Stock {
                product_id: (*product).to_owned(),
                name: product.to_uppercase(),
                available_qty: [120, 60, 100, 9, 80, 40][at],
                reserved_qty: [0, 0, 0, 91, 0, 0][at],
                updated_at: now,
            })
            .collect();
        Self { model: Model::new(appearance, now), now, effects: Vec::new(), orders: 0, requests: 0, stock }
    }

    pub fn send(&mut self, message: Message) {
        let effects = update(&mut self.model, message);
        self.effects.extend(effects);
    }

    pub fn wait(&mut self, ms: i64) {
        self.now = self.now.checked_add(SignedDuration::from_millis(ms)).unwrap();
        self.send(Message::Tick(self.now));
    }

    pub fn connect(&mut self, consumers: &[&str]) {
        self.send(Message::Discovered(Box::new(system(consumers))));
        self.send(Message::Feed(FeedState::Live));
        self.send(Message::Stock(self.stock.clone()));
    }

    /// One message about one function's state.
    pub fn state(&mut self, function: &str, change: impl FnOnce(&mut ServiceState)) {
        let mut state = ServiceState {
            function: function.to_owned(),
            reserved_concurrency: None,
            disabled_rules: Vec::new(),
            dead_letters: 0,
            faults: Vec::new(),
        };
        change(&mut state);
        self.send(Message::Services(vec![state]));
    }

    pub fn event(&self, source: &str, detail_type: &str, order: &Order, reason: Option<&str>) -> Observation {
        let id = format!("00000000-0000-4000-8000-{:012}", self.requests);
        Observation::Event(EventRecord {
            id: id.clone(),
            time: self.now,
            source: source.to_owned(),
            detail_type: detail_type.to_owned(),
            order_id: Some(order.order_id.clone()),
            product_id: Some(order.product_id.clone()),
            user_id: Some(order.user_id.clone()),
            quantity: Some(order.quantity),
            envelope: json!({
                "version": "0", "id": id, "detail-type": detail_type, "source": source, "account": "000000000000",
                "time": self.now.to_string(), "region": "us-east-1", "resources": [],
                "detail": {
                    "orderId": order.order_id, "userId": order.user_id, "productId": order.product_id,
                    "quantity": order.quantity, "reason": reason, "version": "1.0",
                },
            }),
        })
    }

    pub fn started(&mut self, function: &str, request: &str) {
        let record = InvocationRecord {
            function: function.to_owned(),
            request_id: request.to_owned(),
            at: self.now,
            phase: InvocationPhase::Started,
        };
        self.send(Message::Observed(vec![Observation::Invocation(record)]));
    }

    pub fn finished(&mut self, function: &str, request: &str, ms: u64, status: InvocationStatus) {
        let failed = status != InvocationStatus::Success;
        let record = InvocationRecord {
            function: function.to_owned(),
            request_id: request.to_owned(),
            at: self.now,
            phase: InvocationPhase::Finished {
                status,
                duration: Duration::from_millis(ms),
                init: (self.requests < 4).then_some(Duration::from_millis(3)),
                error_type: failed.then(|| "InjectedFault".to_owned()),
                max_memory_mb: Some(12),
            },
        };
        self.send(Message::Observed(vec![Observation::Invocation(record)]));
    }

    fn invoke(&mut self, function: &str, ms: u64) {
        self.requests += 1;
        let request = format!("{function}-{}", self.requests);
        self.started(function, &request);
        self.finished(function, &request, ms, InvocationStatus::Success);
    }

    /// Creates an order: the request and its event, nothing else.
    pub fn create(&mut self) -> Order {
        let at = self.orders as usize;
        self.orders += 1;
        let order = Order {
            order_id: format!("ord-{:08x}-aaaa-4bbb-8ccc-000000000000", 0x8f2a_91c4_u32.wrapping_mul(self.orders + 6)),
            user_id: format!("user-{}", 40 + at % 7),
            product_id: PRODUCTS[at % PRODUCTS.len()].to_owned(),
            quantity: 1 + at as u32 % 3,
            payment_status: PaymentStatus::Pending,
            inventory_status: InventoryStatus::Pending,
            created_at: self.now,
            updated_at: self.now,
        };
        self.invoke("createOrder", 3);
        let created = self.event("eventflow.orders", "OrderCreated", &order, None);
        self.send(Message::Observed(vec![created]));
        order
    }

    /// What becomes of an order, all services doing their part.
    pub fn finish(&mut self, mut order: Order, end: End) {
        self.invoke("sendNotification", 2);
        if end != End::Open {
            self.invoke("processPayment", 4);
            self.invoke("reserveInventory", 5);
        }
        let mut batch = Vec::new();
        match end {
            End::Open => {}
            End::Confirmed => {
                order.payment_status = PaymentStatus::Paid;
                order.inventory_status = InventoryStatus::Reserved;
                batch.push(self.event("eventflow.payment", "PaymentSucceeded", &order, None));
                batch.push(self.event("eventflow.inventory", "InventoryReserved", &order, None));
                if let Some(stock) = self.stock.iter_mut().find(|stock| stock.product_id == order.product_id) {
                    let taken = order.quantity.min(stock.available_qty);
                    stock.available_qty -= taken;
                    stock.reserved_qty += taken;
                }
            }
            End::Declined => {
                order.payment_status = PaymentStatus::Failed;
                order.inventory_status = InventoryStatus::Released;
                batch.push(self.event(
                    "eventflow.payment",
                    "PaymentFailed",
                    &order,
                    Some("card declined by the gateway"),
                ));
                batch.push(self.event("eventflow.inventory", "InventoryReleased", &order, None));
            }
            End::SoldOut => {
                order.payment_status = PaymentStatus::Refunded;
                order.inventory_status = InventoryStatus::Failed;
                batch.push(self.event("eventflow.inventory", "InventoryFailed", &order, Some("not enough in stock")));
                batch.push(self.event("eventflow.payment", "PaymentRefunded", &order, None));
            }
        }
        self.send(Message::Observed(batch));
        match end {
            End::Declined => {
                self.invoke("sendNotification", 2);
                self.invoke("reserveInventory", 4);
            }
            End::SoldOut => {
                self.invoke("sendNotification", 2);
                self.invoke("processPayment", 4);
            }
            _ => {}
        }
        order.updated_at = self.now;
        self.send(Message::Orders { orders: vec![order], complete: false });
        self.send(Message::Stock(self.stock.clone()));
    }

    /// An order from beginning to end.
    pub fn order(&mut self, end: End) {
        let order = self.create();
        self.wait(40);
        self.finish(order, end);
    }

    /// A minute of good business with a few failures.
    pub fn busy(&mut self, orders: usize) {
        for at in 0..orders {
            let end = match at % 11 {
                4 => End::Declined,
                9 => End::SoldOut,
                _ => End::Confirmed,
            };
            self.order(end);
            self.wait(280);
        }
    }
}

pub fn system(consumers: &[&str]) -> System {
    let mut functions = vec![
        Function { name: "createOrder".into(), role: FunctionRole::Api(vec!["POST /orders".into()]) },
        Function { name: "getOrder".into(), role: FunctionRole::Api(vec!["GET /orders/{orderId}".into()]) },
        Function { name: "republishStuckOrders".into(), role: FunctionRole::Scheduled("rate(1 minute)".into()) },
    ];
    functions.extend(consumers.iter().map(|name| {
        let types: &[&str] = match *name {
            "processPayment" => &["OrderCreated", "InventoryFailed"],
            "reserveInventory" => &["OrderCreated", "PaymentFailed"],
            _ => &["OrderCreated", "PaymentFailed", "InventoryFailed"],
        };
        let pattern = json!({ "detail-type": types });
        let role = FunctionRole::Consumer(vec![Subscription { rule: format!("{name}-rule"), pattern }]);
        Function { name: (*name).to_owned(), role }
    }));
    System {
        stack: "eventflow-order-system-dev".into(),
        region: "us-east-1".into(),
        stage: "dev".into(),
        time_scale: Some(60.0),
        api_url: "http://127.0.0.1:4566".into(),
        fault_injection: true,
        functions,
    }
}

/// Payments are declined since a few orders, everything else goes on.
pub fn payment_failing() -> Script {
    payments_fail(Script::new())
}

pub fn payments_fail(mut script: Script) -> Script {
    script.connect(&CONSUMERS);
    script.busy(30);
    script.state("processPayment", |state| {
        state.faults = vec![ActiveFault::plain(FaultKind::Decline).for_another(Duration::from_secs(284))]
    });
    for _ in 0..5 {
        script.order(End::Declined);
        script.wait(260);
    }
    script.create();
    script.wait(420);
    script
}

/// Inventory is throttled: its events wait, the others carry on.
pub fn throttled() -> Script {
    inventory_throttles(Script::new())
}

pub fn inventory_throttles(mut script: Script) -> Script {
    script.connect(&CONSUMERS);
    script.busy(20);
    script.state("reserveInventory", |state| {
        state.reserved_concurrency = Some(1);
        state.faults = vec![ActiveFault::plain(FaultKind::Throttle).for_another(Duration::from_secs(120))];
    });
    for at in 0..14 {
        let order = script.create();
        let request = format!("throttled-{at}");
        script.started("processPayment", &request);
        script.finished("processPayment", &request, 4, InvocationStatus::Success);
        script.finish(order, End::Open);
        script.wait(150);
    }
    script
}

/// Notifications fail: retries, then dead letters.
pub fn notification_failing() -> Script {
    notifications_fail(Script::new())
}

pub fn notifications_fail(mut script: Script) -> Script {
    script.connect(&CONSUMERS);
    script.busy(20);
    script.state("sendNotification", |state| {
        state.dead_letters = 3;
        state.faults = vec![ActiveFault::plain(FaultKind::Error)];
    });
    for at in 0..6 {
        let order = script.create();
        script.wait(60);
        for function in ["processPayment", "reserveInventory"] {
            script.finished(function, &format!("n-{at}"), 4, InvocationStatus::Success);
        }
        script.finished("sendNotification", &format!("n-{at}"), 1, InvocationStatus::Error);
        let mut done = order;
        done.payment_status = PaymentStatus::Paid;
        done.inventory_status = InventoryStatus::Reserved;
        done.updated_at = script.now;
        script.send(Message::Orders { orders: vec![done], complete: false });
        script.wait(240);
    }
    script
}
