//! Carries out what the dashboard wants done, each in a task of its own, and sends back what came of it.

use std::{collections::BTreeSet, future::Future, sync::Arc, time::Duration};

use anyhow::Result;
use futures::{StreamExt, stream};
use tokio::{
    sync::mpsc::{Receiver, Sender},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{OrdersApi, Reach, Store, dead_letters, faults, publish, state};
use crate::app::{Effect, Message, NewOrder};

/// Rows are read again at most this often, however many events name them.
const COALESCE: Duration = Duration::from_millis(100);
/// How often everything is read again by itself, to correct what was missed.
const RECONCILE: Duration = Duration::from_secs(5);
/// Orders of a burst that are under way at once.
const BURST_WIDTH: usize = 32;

/// Carries out effects until `stop` or until the dashboard is gone.
pub async fn carry_out(
    reach: Reach,
    mut effects: Receiver<Effect>,
    messages: Sender<Message>,
    stop: CancellationToken,
) {
    let worker = Worker { api: OrdersApi::new(&reach.resources.api_url), reach: Arc::new(reach), messages };
    let mut reads = Reads::default();
    let mut reconcile = interval(RECONCILE);
    reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reconciling = Arc::new(tokio::sync::Semaphore::new(1));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = reconcile.tick() => worker.reconcile(&reconciling),
            () = sleep_until(reads.due), if reads.waiting() => worker.read(reads.take()),
            effect = effects.recv() => match effect {
                None | Some(Effect::Quit) => return,
                Some(Effect::FetchOrders(ids)) => reads.orders.extend(ids),
                Some(Effect::FetchStock) => reads.stock = true,
                Some(Effect::Reconcile) => worker.reconcile(&reconciling),
                Some(effect) => worker.act(effect),
            },
        }
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

#[derive(Clone)]
struct Worker {
    reach: Arc<Reach>,
    api: OrdersApi,
    messages: Sender<Message>,
}

impl Worker {
    /// Does the work in a task; what goes wrong, a panic too, becomes a message.
    fn run<F>(&self, attempt: &'static str, work: impl FnOnce(Self) -> F)
    where
        F: Future<Output = Result<Vec<Message>>> + Send + 'static,
    {
        let task = tokio::spawn(work(self.clone()));
        let messages = self.messages.clone();
        tokio::spawn(async move {
            let told = match task.await {
                Ok(Ok(told)) => told,
                Ok(Err(error)) => vec![Message::Failed(format!("{attempt}: {error:#}"))],
                Err(panic) => vec![Message::Failed(format!("{attempt}: this program failed: {panic}"))],
            };
            for message in told {
                // The dashboard is gone: nobody is left to be told.
                let _ = messages.send(message).await;
            }
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
            Effect::SetFault { fault, setting } => self.run("Fault not changed", move |worker| async move {
                match setting {
                    Some(setting) => faults::set(&worker.reach, &fault, &setting).await?,
                    None => faults::unset(&worker.reach, &fault).await?,
                }
                Ok(vec![Message::Services(state::services(&worker.reach).await?)])
            }),
            Effect::ClearFaults => self.run("Faults not cleared", |worker| async move {
                let count = faults::clear(&worker.reach).await?;
                let told = if count == 0 { "No fault was on".to_owned() } else { format!("{count} faults cleared") };
                Ok(vec![Message::Services(state::services(&worker.reach).await?), Message::Done(told)])
            }),
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
            Effect::FetchOrders(_) | Effect::FetchStock | Effect::Reconcile | Effect::Quit => {}
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
            None => Store(&self.reach).stock().await?.into_iter().map(|stock| stock.product_id).collect(),
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
