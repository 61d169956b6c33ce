//! Payment and inventory together on one order: whatever the order of arrival, however often, at once or not, the end
//! is the same and nothing is lost.
#![allow(clippy::unwrap_used)]

use eventflow_contract::{Event, InventoryStatus, OrderStatus, PaymentStatus};
use eventflow_inventory::{StockTable, reserve_inventory::ReserveInventory};
use eventflow_kit::{Function, Invocation};
use eventflow_payment::process_payment::ProcessPayment;
use eventflow_testbed::{STOCK, Testbed, input};
use futures::future::join_all;

/// How many are on stock before an order of two, when there are enough.
const STOCKED: u32 = 10;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Case {
    approved: bool,
    enough: bool,
}

const CASES: [Case; 4] = [
    Case { approved: true, enough: true },
    Case { approved: true, enough: false },
    Case { approved: false, enough: true },
    Case { approved: false, enough: false },
];

/// An event on its way to a consumer.
#[derive(Debug, Clone)]
enum Delivery {
    Payment(Event),
    Inventory(Event),
}

struct World {
    bed: Testbed,
    payment: ProcessPayment,
    inventory: ReserveInventory,
    queue: Vec<Delivery>,
    product: String,
    order: String,
}

impl World {
    async fn new(case: Case, n: usize, bed: Testbed) -> Self {
        let (product, order) = (format!("product-{n}"), format!("ord-{n}"));
        bed.fill(&product, if case.enough { STOCKED } else { 1 }).await;
        let created = bed.place(&order, &product, 2).await;
        let payment = ProcessPayment::new(bed.orders(), bed.publisher(), if case.approved { 1.0 } else { 0.0 });
        let stock = StockTable::new(bed.dynamodb.clone(), STOCK);
        let inventory = ReserveInventory::new(bed.orders(), stock, bed.publisher());
        let mut world = Self { bed, payment, inventory, queue: Vec::new(), product, order };
        world.bed.bus.forget();
        world.route(&created);
        world
    }

    /// What the rules of the template do.
    fn route(&mut self, event: &Event) {
        if matches!(event, Event::OrderCreated(_) | Event::InventoryFailed(_)) {
            self.queue.push(Delivery::Payment(event.clone()));
        }
        if matches!(event, Event::OrderCreated(_) | Event::PaymentFailed(_)) {
            self.queue.push(Delivery::Inventory(event.clone()));
        }
    }

    fn route_published(&mut self) {
        let events = self.bed.bus.events();
        self.bed.bus.forget();
        events.iter().for_each(|event| self.route(event));
    }

    async fn handle(&self, delivery: &Delivery) {
        let plain = Invocation::plain("req-1");
        match delivery {
            Delivery::Payment(event) => self.payment.handle(input(event), &plain).await,
            Delivery::Inventory(event) => self.inventory.handle(input(event), &plain).await,
        }
        .unwrap();
    }

    async fn deliver(&mut self, place: usize) {
        let delivery = self.queue.remove(place);
        self.handle(&delivery).await;
        self.route_published();
    }

    async fn check(&self, case: Case) {
        let row = self.bed.order(&self.order).await.order;
        let facets = (row.payment_status, row.inventory_status);
        let (available, reserved) = self.bed.stock(&self.product).await;
        let before = if case.enough { STOCKED } else { 1 };
        assert_eq!(available + reserved, before, "stock was lost or made");
        use InventoryStatus as I;
        use PaymentStatus as P;
        match case {
            Case { approved: true, enough: true } => {
                assert_eq!(facets, (P::Paid, I::Reserved));
                assert_eq!((row.status(), reserved), (OrderStatus::Confirmed, 2));
            }
            Case { approved: true, enough: false } => {
                assert!(matches!(facets, (P::Refunded | P::Cancelled, I::Failed)), "{facets:?}");
                assert_eq!((row.status(), reserved), (OrderStatus::InventoryFailed, 0));
            }
            Case { approved: false, enough: true } => {
                assert!(matches!(facets, (P::Failed, I::Released | I::Cancelled)), "{facets:?}");
                assert_eq!((row.status(), reserved), (OrderStatus::PaymentFailed, 0));
            }
            // Whoever comes first fails; the other fails as well, or has been told before it began.
            Case { approved: false, enough: false } => {
                let possible = [(P::Failed, I::Failed), (P::Failed, I::Cancelled), (P::Cancelled, I::Failed)];
                assert!(possible.contains(&facets), "{facets:?}");
                assert_eq!(reserved, 0);
            }
        }
    }
}

/// Walks every order in which the deliveries of a case can arrive. Calls `step` with the choices made so far until no
/// choice is left untried.
struct Choices {
    made: Vec<(usize, usize)>,
    at: usize,
}

impl Choices {
    fn choose(&mut self, options: usize) -> usize {
        if self.at == self.made.len() {
            self.made.push((0, options));
        }
        self.at += 1;
        self.made[self.at - 1].0
    }

    /// Goes on to the next untried sequence; false when there is none.
    fn next(&mut self) -> bool {
        self.at = 0;
        while let Some((choice, options)) = self.made.pop() {
            if choice + 1 < options {
                self.made.push((choice + 1, options));
                return true;
            }
        }
        false
    }
}

#[tokio::test]
async fn every_order_of_arrival_ends_the_same() {
    let mut bed = Testbed::start().await;
    let mut n = 0;
    for case in CASES {
        let mut choices = Choices { made: Vec::new(), at: 0 };
        let mut runs = 0;
        loop {
            let mut world = World::new(case, n, bed).await;
            while !world.queue.is_empty() {
                let place = choices.choose(world.queue.len());
                world.deliver(place).await;
            }
            world.check(case).await;
            bed = world.bed;
            (n, runs) = (n + 1, runs + 1);
            if !choices.next() {
                break;
            }
        }
        assert!(runs >= 2, "{case:?} has more than one order of arrival");
    }
}

#[tokio::test]
async fn every_event_twice_and_shuffled_ends_the_same() {
    let mut bed = Testbed::start().await;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for n in 0..120 {
        let case = CASES[n % CASES.len()];
        let mut world = World::new(case, n, bed).await;
        // Each delivery is doubled while there is room: what is published again by a duplicate is doubled no more.
        let mut doubles = 6;
        while !world.queue.is_empty() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = (random >> 33) as usize % world.queue.len();
            if doubles > 0 {
                doubles -= 1;
                world.queue.push(world.queue[place].clone());
            }
            world.deliver(place).await;
        }
        world.check(case).await;
        bed = world.bed;
    }
}

#[tokio::test]
async fn both_services_at_once_and_every_event_doubled_end_the_same() {
    let mut bed = Testbed::start().await;
    for n in 0..60 {
        let case = CASES[n % CASES.len()];
        let mut world = World::new(case, n, bed).await;
        let doubled = world.queue.clone();
        world.queue.extend(doubled);
        while !world.queue.is_empty() {
            let round = std::mem::take(&mut world.queue);
            join_all(round.iter().map(|delivery| world.handle(delivery))).await;
            world.route_published();
        }
        world.check(case).await;
        bed = world.bed;
    }
}
