//! Carrying out a plan: placing, disturbing and reading at once; then healing, waiting for quiet, and checking.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    check::{Evidence, Violation, unsettled, violations},
    plan::{Disturbance, Plan},
};
use crate::{
    app::{FaultKind, FunctionRole, NewEvent, NewOrder, System, hears},
    cloud::{LogReader, OrdersApi, Reach, Store, dead_letters, faults, publish, state},
    measure::{Ledger, SeenEvent},
    observe::Observation,
};

/// Orders under way at once.
const WIDTH: usize = 32;
/// How often logs are read, and quiet is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// For how long nothing may happen until all is quiet, as the cloud counts time: the longest pause between two attempts of
/// Lambda.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How often dead letters are sent again at most. Poison comes back each time.
const REDRIVES: u32 = 4;
/// How far around a disconnection events count as missed: rules are not enabled at one stroke.
const MARGIN: Duration = Duration::from_secs(2);
/// How long after its expiry a disconnection may last, as the cloud counts time: restoreAfterFaults runs every minute.
const RESTORED_WITHIN: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many orders.
    pub orders: u32,
    /// The seed of the plan.
    pub seed: u64,
    /// How long it may take until all is quiet after healing.
    pub patience: Duration,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct ChaosReport {
    /// The seed.
    pub seed: u64,
    /// Orders that the API took.
    pub accepted: usize,
    /// Orders that it did not take, by the error that customers saw.
    pub refused: usize,
    /// Orders of this run that are stored, by status.
    pub statuses: BTreeMap<String, usize>,
    /// What was done, how often.
    pub disturbances: BTreeMap<&'static str, usize>,
    /// Disturbances that could not be done, with the first reason.
    pub not_done: BTreeMap<&'static str, (usize, String)>,
    /// By function: attempts, of these failed, crashes, and processes started.
    pub functions: BTreeMap<String, [u64; 4]>,
    /// Dead letters that were sent again.
    pub redriven: usize,
    /// Events that were published again because a rule was disabled.
    pub replayed: usize,
    /// Dead letters left at the end.
    pub dead_letters: u64,
    /// How long placing took.
    pub placing: Duration,
    /// How long it took from the last order until all was quiet.
    pub settling: Duration,
    /// What was promised and is not so.
    pub violations: Vec<Violation>,
}

impl ChaosReport {
    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "seed": self.seed,
            "accepted": self.accepted,
            "refused": self.refused,
            "statuses": self.statuses,
            "disturbances": self.disturbances,
            "notDone": self.not_done,
            "functions": self.functions.iter().map(|(name, [attempts, failed, crashes, processes])| (name.clone(), json!({
                "attempts": attempts, "failed": failed, "crashes": crashes, "processes": processes,
            }))).collect::<serde_json::Map<_, _>>(),
            "redriven": self.redriven,
            "replayed": self.replayed,
            "deadLetters": self.dead_letters,
            "placingSeconds": self.placing.as_secs_f64(),
            "settlingSeconds": self.settling.as_secs_f64(),
            "violations": self.violations.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

/// Carries out the plan of a seed, heals everything, waits for quiet and checks what was promised.
///
/// # Errors
/// When the stack cannot be reached or is not allowed to be broken. A broken promise is no error but a violation.
pub async fn run(system: &System, reach: &Reach, options: &Options) -> Result<ChaosReport> {
    anyhow::ensure!(system.fault_injection, "the stack {} was deployed with FaultInjection off", system.stack);
    let plan = Plan::new(options.seed, options.orders, &system.functions);
    let chaos = Chaos::new(system, reach, &plan);
    for (product, pieces) in plan.stock.iter().enumerate() {
        faults::restock(reach, &chaos.product(product), *pieces).await?;
    }
    let begun = Instant::now();
    let (placed, watched) = watch::channel(0);
    let reading = chaos.read_until(watched.clone(), options.orders);
    let (ids, (), read) = tokio::join!(chaos.place(placed), chaos.disturb(watched), reading);
    let placing = begun.elapsed();
    let healing = Instant::now();
    // Whatever went wrong: what was broken is mended first.
    chaos.heal(options.patience).await?;
    read?;
    chaos.report(ids?, placing, healing.elapsed(), options.seed).await
}

struct Chaos<'a> {
    system: &'a System,
    reach: &'a Reach,
    plan: &'a Plan,
    api: OrdersApi,
    run: String,
    began: Timestamp,
    logs: tokio::sync::Mutex<LogReader>,
    known: Mutex<Known>,
}

/// What is known so far.
#[derive(Debug, Default)]
struct Known {
    ledger: Ledger,
    done: BTreeMap<&'static str, usize>,
    not_done: BTreeMap<&'static str, (usize, String)>,
    refused: usize,
    redriven: usize,
    replayed: usize,
    /// Which functions heard nothing, from when to when at the latest.
    deaf: Vec<(String, Timestamp, Timestamp)>,
}

impl<'a> Chaos<'a> {
    fn new(system: &'a System, reach: &'a Reach, plan: &'a Plan) -> Self {
        let began = Timestamp::now();
        Self {
            system,
            reach,
            plan,
            api: OrdersApi::new(&reach.resources.api_url),
            run: format!("{:x}", began.as_millisecond()),
            began,
            logs: tokio::sync::Mutex::new(LogReader::new(&reach.resources, began)),
            known: Mutex::default(),
        }
    }

    fn product(&self, index: usize) -> String {
        format!("chaos-{}-{index}", self.run)
    }

    /// How long a span of the cloud's time takes here.
    fn real(&self, span: Duration) -> Duration {
        span.div_f64(self.system.time_scale.unwrap_or(1.0).max(0.01))
    }

    fn restored_within(&self) -> Duration {
        self.real(RESTORED_WITHIN) + MARGIN * 2
    }

    fn quiet(&self) -> Duration {
        self.real(LONGEST_PAUSE) + MARGIN
    }

    fn user(&self) -> String {
        format!("chaos-{}", self.run)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Places all orders; the ids of those that were accepted.
    async fn place(&self, placed: watch::Sender<u32>) -> Result<Vec<String>> {
        let orders = self.plan.orders.iter().map(|(product, quantity)| NewOrder {
            user_id: self.user(),
            product_id: self.product(*product),
            quantity: *quantity,
        });
        let placing = stream::iter(orders).map(|order| {
            let placed = &placed;
            async move {
                let answer = self.api.place(&order).await;
                placed.send_modify(|count| *count += 1);
                answer
            }
        });
        let answers: Vec<_> = placing.buffer_unordered(WIDTH).collect().await;
        let (accepted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        self.known().refused = refused.len();
        let ids = accepted.into_iter().flatten().filter_map(|order| order["orderId"].as_str().map(str::to_owned));
        Ok(ids.collect())
    }

    async fn disturb(&self, mut placed: watch::Receiver<u32>) {
        for (at, disturbance) in &self.plan.disturbances {
            if placed.wait_for(|count| count >= at).await.is_err() {
                return;
            }
            let done = self.act(disturbance).await;
            let mut known = self.known();
            match done {
                Ok(()) => *known.done.entry(disturbance.name()).or_default() += 1,
                Err(error) => {
                    let entry = known.not_done.entry(disturbance.name()).or_insert_with(|| (0, format!("{error:#}")));
                    entry.0 += 1;
                }
            }
        }
    }

    async fn act(&self, disturbance: &Disturbance) -> Result<()> {
        match disturbance {
            Disturbance::Fault { fault, setting } => {
                if fault.kind == FaultKind::Disconnect {
                    let now = Timestamp::now();
                    let until = now + setting.lasts + self.restored_within();
                    self.known().deaf.push((fault.function.clone(), now - MARGIN, until));
                }
                faults::set(self.reach, fault, setting).await
            }
            Disturbance::Clear => faults::clear(self.reach).await.map(|_| ()),
            Disturbance::Kill(function) => self.reach.kill(function).map(|_| ()),
            Disturbance::Duplicate { events } => {
                let newest = self.newest(*events);
                publish::publish(self.reach, &newest).await
            }
            Disturbance::Poison => {
                let mut event = self.newest(1).into_iter().next().context("no event passed the bus yet")?;
                event.detail["version"] = Value::from("2.0");
                // Of no order, so that its dead letter is no excuse for one.
                event.detail["orderId"] = Value::from(format!("poison-{}", self.run));
                publish::publish(self.reach, &[event]).await
            }
        }
    }

    /// The newest events of this run, the newest first.
    fn newest(&self, count: usize) -> Vec<NewEvent> {
        let known = self.known();
        let mut events: Vec<&SeenEvent> = known.ledger.events().filter(|event| self.is_ours(event)).collect();
        events.sort_by_key(|event| std::cmp::Reverse(event.at));
        events.into_iter().take(count).map(again).collect()
    }

    fn is_ours(&self, event: &SeenEvent) -> bool {
        // Poison is not published again: what is refused once is refused for ever.
        event.detail["userId"].as_str() == Some(self.user().as_str()) && event.detail["version"] != "2.0"
    }

    /// Reads logs while orders are placed: a log group keeps the newest lines only.
    async fn read_until(&self, placed: watch::Receiver<u32>, orders: u32) -> Result<()> {
        while *placed.borrow() < orders {
            self.read().await?;
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Reads what is new in the logs; how many lines tell something of events, and not of what runs by a schedule.
    async fn read(&self) -> Result<usize> {
        let observations = self.logs.lock().await.read(&self.reach.connection).await?;
        let count = observations.iter().filter(|observation| !self.is_scheduled(observation)).count();
        let mut known = self.known();
        observations.into_iter().for_each(|observation| known.ledger.record(observation));
        Ok(count)
    }

    /// Undoes all faults, publishes again what disabled rules kept from being heard, sends dead letters again, and waits
    /// until nothing happens any more.
    async fn heal(&self, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        self.clear_all(deadline).await?;
        let quiet = self.quiet();
        self.silence(quiet, deadline).await?;
        self.replay().await?;
        for _ in 0..REDRIVES {
            self.silence(quiet, deadline).await?;
            if self.redrive().await? == 0 {
                break;
            }
        }
        // What is still not settled is given three times as long, and then told.
        if self.open().await? > 0 {
            self.silence(quiet * 3, deadline).await?;
        }
        ensure!(
            Instant::now() < deadline,
            "it was not quiet within {} s, so nothing can be said; all faults are cleared. Give it more --patience",
            patience.as_secs()
        );
        Ok(())
    }

    async fn clear_all(&self, deadline: Instant) -> Result<()> {
        loop {
            match faults::clear(self.reach).await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error.context("healing")),
                Err(_) => sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Returns when nothing but schedules was logged for that long, or when patience ends.
    async fn silence(&self, silence: Duration, deadline: Instant) -> Result<()> {
        let mut last = Instant::now();
        while last.elapsed() < silence && Instant::now() < deadline {
            if self.read().await? > 0 {
                last = Instant::now();
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Whether it tells of a function that runs all the time.
    fn is_scheduled(&self, observation: &Observation) -> bool {
        let function = match observation {
            Observation::Event(_) => return false,
            Observation::Invocation(record) => &record.function,
            Observation::Log(line) => &line.function,
        };
        let known = self.system.functions.iter().find(|known| known.name == *function);
        known.is_some_and(|known| matches!(known.role, FunctionRole::Scheduled(_)))
    }

    async fn orders(&self) -> Result<Vec<eventflow_contract::Order>> {
        let user = self.user();
        let orders = Store(self.reach).since(self.began).await?;
        Ok(orders.into_iter().filter(|order| order.user_id == user).collect())
    }

    async fn open(&self) -> Result<usize> {
        Ok(self.orders().await?.iter().filter(|order| unsettled(order).is_some()).count())
    }

    /// What a rule did not deliver while it was disabled is gone; whoever disabled it publishes it again.
    async fn replay(&self) -> Result<()> {
        let missed: Vec<NewEvent> = {
            let known = self.known();
            let missed = |event: &SeenEvent| {
                known
                    .deaf
                    .iter()
                    .any(|(function, from, to)| (*from..=*to).contains(&event.at) && self.hears(function, event))
            };
            known.ledger.events().filter(|event| self.is_ours(event) && missed(event)).map(again).collect()
        };
        self.known().replayed = missed.len();
        publish::publish(self.reach, &missed).await
    }

    fn hears(&self, function: &str, event: &SeenEvent) -> bool {
        let found = self.system.functions.iter().find(|known| known.name == function);
        let Some(FunctionRole::Consumer(rules)) = found.map(|function| &function.role) else { return false };
        rules.iter().any(|rule| hears(&rule.pattern, &event.source, &event.detail_type))
    }

    async fn redrive(&self) -> Result<usize> {
        let mut sent = 0;
        for function in &self.system.functions {
            sent += dead_letters::redrive(self.reach, &function.name).await?;
        }
        self.known().redriven += sent;
        Ok(sent)
    }

    async fn report(
        &self,
        accepted: Vec<String>,
        placing: Duration,
        settling: Duration,
        seed: u64,
    ) -> Result<ChaosReport> {
        let orders = self.orders().await?;
        let ours = format!("chaos-{}-", self.run);
        let stock = Store(self.reach).stock().await?;
        let (owed_by_payment, owed_by_inventory) =
            (self.dead_lettered("payment").await?, self.dead_lettered("inventory").await?);
        let states = state::services(self.reach).await?;
        let known = self.known();
        let mut statuses = BTreeMap::new();
        for order in &orders {
            *statuses.entry(order.status().to_string()).or_default() += 1;
        }
        let evidence = Evidence {
            stock: stock.into_iter().filter(|row| row.product_id.starts_with(&ours)).collect(),
            stocked: (0..).zip(&self.plan.stock).map(|(at, pieces)| (self.product(at), u64::from(*pieces))).collect(),
            charged_twice: known.ledger.orders_with_more_than_one("paid"),
            reserved_twice: known.ledger.orders_with_more_than_one("reserved"),
            accepted,
            orders,
            owed_by_payment,
            owed_by_inventory,
        };
        let counts = |name: &String| {
            let counts = known.ledger.function(name)?;
            Some((name.clone(), [counts.attempts, counts.failed, counts.crashes, counts.cold_starts]))
        };
        Ok(ChaosReport {
            seed,
            accepted: evidence.accepted.len(),
            refused: known.refused,
            statuses,
            disturbances: known.done.clone(),
            not_done: known.not_done.clone(),
            functions: self.system.functions.iter().filter_map(|function| counts(&function.name)).collect(),
            redriven: known.redriven,
            replayed: known.replayed,
            dead_letters: states.iter().map(|state| state.dead_letters).sum(),
            placing,
            settling,
            violations: violations(&evidence),
        })
    }

    /// The orders named by the dead letters of the functions with that word in their names.
    async fn dead_lettered(&self, word: &str) -> Result<BTreeSet<String>> {
        let mut named = BTreeSet::new();
        for function in self.system.functions.iter().filter(|f| f.name.to_ascii_lowercase().contains(word)) {
            named.extend(dead_letters::orders(self.reach, &function.name).await?);
        }
        Ok(named)
    }
}

fn again(event: &SeenEvent) -> NewEvent {
    NewEvent { source: event.source.clone(), detail_type: event.detail_type.clone(), detail: event.detail.clone() }
}
