//! Carries out what the dashboard wants done, each in a task of its own, and sends back what came of it.

use std::{collections::BTreeSet, future::Future, sync::Arc, time::Duration};

use anyhow::Result;
use eventflow_contract::Stock;
use futures::{StreamExt, stream};
use tokio::{
    sync::{
        mpsc::{self, Receiver, Sender},
        watch,
    },
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{OrdersApi, Reach, Resources, Store, dead_letters, discover, faults, publish, state, timeline};
use crate::{
    app::{Effect, Fault, FaultSetting, Message, NewOrder, System},
    scenario::{self, Pace, Progress, Scenario},
};

/// Rows are read again at most this often, however many events name them.
const COALESCE: Duration = Duration::from_millis(100);
/// How often everything is read again by itself, to correct what was missed.
const RECONCILE: Duration = Duration::from_secs(5);
/// How long leaving waits for a scenario to put back what it changed.
const FAREWELL: Duration = Duration::from_secs(10);
/// Orders of a burst that are under way at once.
const BURST_WIDTH: usize = 32;

/// Carries out effects on the stack that is on `stage`, until `stop` or until the dashboard is gone. When the stack gets
/// other parts, it is put on the stage anew.
pub async fn carry_out(
    system: &System,
    stage: &watch::Sender<Arc<Reach>>,
    mut effects: Receiver<Effect>,
    messages: Sender<Message>,
    stop: CancellationToken,
) {
    let reach = stage.borrow().clone();
    let (changed, mut changes) = mpsc::channel(1);
    let mut worker = Worker {
        api: OrdersApi::new(&reach.resources.api_url),
        reach,
        stack: StackName { name: system.stack.clone(), time_scale: system.time_scale },
        changed,
        messages,
    };
    // Faults come and go in the order of the keys: undone before it is on, one would stay on.
    let (faults, mut asked) = mpsc::unbounded_channel::<(Worker, FaultWork)>();
    tokio::spawn(async move {
        while let Some((worker, work)) = asked.recv().await {
            let attempt = work.attempt();
            let task = tokio::spawn(work.act(worker.reach.clone()));
            worker.finish(attempt, task).await;
        }
    });
    let mut reads = Reads::default();
    let mut scenario = Playing::default();
    let mut reconcile = interval(RECONCILE);
    reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reconciling = Arc::new(tokio::sync::Semaphore::new(1));
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = reconcile.tick() => worker.reconcile(&reconciling),
            () = sleep_until(reads.due), if reads.waiting() => worker.read(reads.take()),
            Some((system, resources)) = changes.recv() => {
                worker.reach = Arc::new(Reach { resources, ..(*worker.reach).clone() });
                stage.send_replace(worker.reach.clone());
                worker.tell(Message::Discovered(system)).await;
            }
            effect = effects.recv() => match effect {
                None | Some(Effect::Quit) => break,
                Some(Effect::FetchOrders(ids)) => reads.orders.extend(ids),
                Some(Effect::FetchStock) => reads.stock = true,
                Some(Effect::FetchServices) => worker.services(),
                Some(Effect::Reconcile) => worker.reconcile(&reconciling),
                Some(Effect::PlayScenario(script)) => worker.play(*script, &mut scenario),
                Some(Effect::NextStep) => scenario.next(),
                Some(Effect::SetFault { fault, setting }) => {
                    let _ = faults.send((worker.clone(), FaultWork::Set(fault, setting)));
                }
                Some(Effect::ClearFaults) => {
                    let _ = faults.send((worker.clone(), FaultWork::Clear));
                }
                Some(Effect::EndScenario) => scenario.end(),
                Some(effect) => worker.act(effect),
            },
        }
    }
    scenario.ended().await;
}

/// What is done about faults.
enum FaultWork {
    Set(Fault, Option<FaultSetting>),
    Clear,
}

impl FaultWork {
    fn attempt(&self) -> &'static str {
        match self {
            Self::Set(..) => "Fault not changed",
            Self::Clear => "Faults not cleared",
        }
    }

    async fn act(self, reach: Arc<Reach>) -> Result<Vec<Message>> {
        let told = match self {
            Self::Set(fault, Some(setting)) => {
                faults::set(&reach, &fault, &setting).await?;
                None
            }
            Self::Set(fault, None) => {
                faults::unset(&reach, &fault).await?;
                None
            }
            Self::Clear => Some(match faults::clear(&reach).await? {
                0 => "No fault was on".to_owned(),
                count => format!("{count} faults cleared"),
            }),
        };
        let services = Message::Services(state::services(&reach).await?);
        Ok([services].into_iter().chain(told.map(Message::Done)).collect())
    }
}

/// Rows that are to be read again, together, when it is time.
struct Reads {
    orders: BTreeSet<String>,
    stock: bool,
    due: Instant,
}

impl Default for Reads {
    fn default() -> Self {
        Self { orders: BTreeSet::new(), stock: false, due: Instant::now() }
    }
}

impl Reads {
    fn waiting(&self) -> bool {
        self.stock || !self.orders.is_empty()
    }

    /// What waits; the next reading is not before [`COALESCE`] from now.
    fn take(&mut self) -> Self {
        std::mem::replace(self, Self { due: Instant::now() + COALESCE, ..Self::default() })
    }
}

/// How the stack is found again.
#[derive(Debug, Clone)]
struct StackName {
    name: String,
    time_scale: Option<f64>,
}

#[derive(Clone)]
struct Worker {
    reach: Arc<Reach>,
    stack: StackName,
    api: OrdersApi,
    messages: Sender<Message>,
    /// Takes what the stack consists of when that has changed.
    changed: Sender<(Box<System>, Resources)>,
}

impl Worker {
    /// Does the work in a task; what goes wrong, a panic too, becomes a message.
    fn run<F>(&self, attempt: &'static str, work: impl FnOnce(Self) -> F)
    where
        F: Future<Output = Result<Vec<Message>>> + Send + 'static,
    {
        let task = tokio::spawn(work(self.clone()));
        tokio::spawn(self.clone().finish(attempt, task));
    }

    /// Tells what came of the work.
    async fn finish(self, attempt: &'static str, task: JoinHandle<Result<Vec<Message>>>) {
        let told = match task.await {
            Ok(Ok(told)) => told,
            Ok(Err(error)) => vec![Message::Failed(format!("{attempt}: {error:#}"))],
            Err(panic) => vec![Message::Failed(format!("{attempt}: this program failed: {panic}"))],
        };
        for message in told {
            self.tell(message).await;
        }
    }

    async fn tell(&self, message: Message) {
        // The dashboard is gone: nobody is left to be told.
        let _ = self.messages.send(message).await;
    }

    /// Plays a scenario in a task of its own, unless one is played.
    fn play(&self, script: Scenario, playing: &mut Playing) {
        if playing.is_on() {
            let text = "A scenario is played already; end it first (x)".to_owned();
            return self.run("", |_| async move { Ok(vec![Message::Failed(text)]) });
        }
        let (step, steps) = mpsc::channel(1);
        let stop = CancellationToken::new();
        let task = tokio::spawn(self.clone().perform(script, Pace::Stepped(steps), stop.clone()));
        *playing = Playing { on: Some((step, stop, task)) };
    }

    async fn perform(self, script: Scenario, pace: Pace, stop: CancellationToken) {
        let (progress, mut told) = mpsc::channel(64);
        let playing = async {
            let (system, resources) = self.discover().await?;
            let reach = Reach { resources, ..(*self.reach).clone() };
            scenario::play(&script, &system, &reach, pace, &progress, &stop).await
        };
        let telling = async {
            while let Some(progress) = told.recv().await {
                if matches!(progress, Progress::Changed) {
                    self.rediscover();
                }
                let over = matches!(progress, Progress::Ended(_));
                self.tell(Message::Scenario(progress)).await;
                if over {
                    break;
                }
            }
        };
        tokio::pin!(telling);
        tokio::select! {
            played = playing => match played {
                // It told of its end.
                Ok(_) => telling.await,
                Err(error) => {
                    let why = format!("The scenario could not begin: {error:#}");
                    self.tell(Message::Scenario(Progress::NotBegun(why))).await;
                }
            },
            () = &mut telling => {}
        }
    }

    async fn discover(&self) -> Result<(System, Resources)> {
        Ok(discover(&self.reach.connection, &self.stack.name, self.stack.time_scale).await?)
    }

    /// Finds out what the stack consists of now.
    fn rediscover(&self) {
        self.run("The stack was not read again", |worker| async move {
            let (system, resources) = worker.discover().await?;
            // Nobody takes it any more when the dashboard is being left.
            let _ = worker.changed.send((Box::new(system), resources)).await;
            Ok(Vec::new())
        });
    }

    fn read(&self, reads: Reads) {
        if !reads.orders.is_empty() {
            let ids: Vec<String> = reads.orders.into_iter().collect();
            self.run("Orders not read", |worker| async move {
                let orders = Store(&worker.reach).orders(&ids).await?;
                Ok(vec![Message::Orders { orders, complete: false }])
            });
        }
        if reads.stock {
            self.run("Stock not read", |worker| async move {
                Ok(vec![Message::Stock(Store(&worker.reach).stock().await?)])
            });
        }
    }

    fn services(&self) {
        self.run("Settings and queues not read", |worker| async move {
            Ok(vec![Message::Services(state::services(&worker.reach).await?)])
        });
    }

    /// Reads everything, unless that is under way.
    fn reconcile(&self, once: &Arc<tokio::sync::Semaphore>) {
        let Ok(permit) = Arc::clone(once).try_acquire_owned() else { return };
        self.run("Not everything was read", |worker| async move {
            let _permit = permit;
            let store = Store(&worker.reach);
            // What can be read is shown, whatever the others do.
            let (orders, stock, services) = tokio::join!(store.recent(), store.stock(), state::services(&worker.reach));
            let told = [
                orders.map(|orders| Message::Orders { orders, complete: true }),
                stock.map(Message::Stock),
                services.map(Message::Services),
            ];
            Ok(told
                .into_iter()
                .map(|told| told.unwrap_or_else(|error| Message::Failed(format!("{error:#}"))))
                .collect())
        });
    }

    fn act(&self, effect: Effect) {
        match effect {
            Effect::PlaceOrder(order) => {
                self.run("Order not placed", |worker| async move { worker.place(order).await })
            }
            Effect::PlaceBurst { count, product_id } => {
                self.run("Burst not placed", move |worker| async move { worker.burst(count, product_id).await });
            }
            Effect::Publish(event) => self.run("Event not published", move |worker| async move {
                publish::publish(&worker.reach, std::slice::from_ref(&event)).await?;
                Ok(vec![Message::Done(format!("{} published", event.detail_type))])
            }),
            Effect::KillProcesses(function) => self.run("Nothing killed", move |worker| async move {
                let count = worker.reach.kill(&function)?;
                Ok(vec![Message::Done(format!("{count} processes of {function} killed"))])
            }),
            Effect::Redrive(function) => self.run("Dead letters not sent again", move |worker| async move {
                let sent = dead_letters::redrive(&worker.reach, &function).await?;
                let told = format!("{sent} events sent to {function} again");
                Ok(vec![Message::Services(state::services(&worker.reach).await?), Message::Done(told)])
            }),
            Effect::Restock { product_id, quantity } => self.run("Not restocked", move |worker| async move {
                faults::restock(&worker.reach, &product_id, quantity).await?;
                let stock = Store(&worker.reach).stock().await?;
                Ok(vec![Message::Stock(stock), Message::Done(format!("{quantity} more of {product_id}"))])
            }),
            Effect::FetchTimeline { order_id, created } => self.run("Timeline not read", move |worker| async move {
                let timeline = timeline::read(&worker.reach, &order_id, created).await?;
                Ok(vec![Message::Timeline { order_id, timeline }])
            }),
            Effect::Rediscover => self.rediscover(),
            Effect::SetFault { .. }
            | Effect::ClearFaults
            | Effect::FetchOrders(_)
            | Effect::FetchStock
            | Effect::FetchServices
            | Effect::Reconcile
            | Effect::PlayScenario(_)
            | Effect::NextStep
            | Effect::EndScenario
            | Effect::Quit => {}
        }
    }

    async fn place(&self, order: NewOrder) -> Result<Vec<Message>> {
        let answer = self.api.place(&order).await?;
        let placed = super::orders_api::accepted(&answer).into_iter().collect();
        let id = answer["orderId"].as_str().unwrap_or_default();
        let told = format!("Order {id}: {} × {}", order.quantity, order.product_id);
        Ok(vec![Message::Orders { orders: placed, complete: false }, Message::Done(told)])
    }

    async fn burst(&self, count: u32, product_id: Option<String>) -> Result<Vec<Message>> {
        let products: Vec<String> = match product_id {
            Some(product) => vec![product],
            None => in_stock(Store(&self.reach).stock().await?),
        };
        anyhow::ensure!(!products.is_empty(), "there are no products; restock one first (r)");
        let order = |n: u32| NewOrder {
            user_id: format!("user-{}", n % 17 + 1),
            product_id: products[n as usize % products.len()].clone(),
            quantity: 1,
        };
        let placing = stream::iter((0..count).map(order)).map(|order| async move { self.api.place(&order).await });
        let results: Vec<_> = placing.buffer_unordered(BURST_WIDTH).collect().await;
        let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        Ok(vec![match failed.first() {
            None => Message::Done(format!("{count} orders placed")),
            Some(first) => {
                Message::Failed(format!("{} of {count} orders not placed; the first: {first}", failed.len()))
            }
        }])
    }
}

/// The products to spread orders over: those that are there, or all when none is.
fn in_stock(stock: Vec<Stock>) -> Vec<String> {
    let any = stock.iter().any(|stock| stock.available_qty > 0);
    stock.into_iter().filter(|stock| !any || stock.available_qty > 0).map(|stock| stock.product_id).collect()
}

/// The scenario that is played, if one is.
#[derive(Default)]
struct Playing {
    on: Option<(Sender<()>, CancellationToken, JoinHandle<()>)>,
}

impl Playing {
    fn is_on(&self) -> bool {
        self.on.as_ref().is_some_and(|(.., task)| !task.is_finished())
    }

    fn next(&self) {
        if let Some((step, ..)) = &self.on {
            // One step that waits is enough; a key that is held down must not run ahead.
            let _ = step.try_send(());
        }
    }

    fn end(&self) {
        if let Some((_, stop, _)) = &self.on {
            stop.cancel();
        }
    }

    /// Ends it and waits until it has put back what it changed, but not for ever.
    async fn ended(self) {
        self.end();
        if let Some((.., task)) = self.on {
            let _ = tokio::time::timeout(FAREWELL, task).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_reading_is_at_once_and_the_next_waits() {
        let mut reads = Reads::default();
        assert!(!reads.waiting());
        reads.orders.extend(["a".to_owned(), "a".to_owned(), "b".to_owned()]);
        assert!(reads.waiting() && reads.due <= Instant::now());
        assert_eq!(reads.take().orders.len(), 2);
        reads.stock = true;
        assert_eq!(reads.due, Instant::now() + COALESCE);
    }
}
