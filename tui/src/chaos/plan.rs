//! What is done, decided by a seed.

use std::time::Duration;

use fastrand::Rng;

use crate::app::{Fault, FaultKind, FaultSetting, Function, FunctionRole, faults};

/// Orders between two disturbances, on average.
const STRIDE: u32 = 25;
/// Kinds of fault that are injected. Not the time-out: it would hold a process for its whole 30 s each time.
const KINDS: [FaultKind; 9] = [
    FaultKind::OutOfStock,
    FaultKind::Drain,
    FaultKind::Error,
    FaultKind::Crash,
    FaultKind::Latency,
    FaultKind::Publish,
    FaultKind::Throttle,
    FaultKind::Halt,
    FaultKind::Disconnect,
];

/// Something that is done to the system while orders are placed.
#[derive(Debug, Clone, PartialEq)]
pub enum Disturbance {
    /// A fault is turned on; it ends by itself.
    Fault {
        /// Which.
        fault: Fault,
        /// How.
        setting: FaultSetting,
    },
    /// All faults are turned off.
    Clear,
    /// The processes of a function are killed.
    Kill(String),
    /// The newest events are published again, the newest first: twice, and in another order.
    Duplicate {
        /// How many.
        events: usize,
    },
    /// An event that no service can read is published.
    Poison,
}

impl Disturbance {
    /// What it is called in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fault { fault, .. } => faults::word(fault.kind),
            Self::Clear => "clear",
            Self::Kill(_) => "kill",
            Self::Duplicate { .. } => "duplicates",
            Self::Poison => "poison",
        }
    }
}

/// Orders and disturbances.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// For each order: which product (an index), and how many.
    pub orders: Vec<(usize, u32)>,
    /// What is done once that many orders were placed, ascending.
    pub disturbances: Vec<(u32, Disturbance)>,
    /// The stock of each product at the beginning.
    pub stock: Vec<u32>,
}

impl Plan {
    /// The plan of a seed for a system of these functions.
    pub fn new(seed: u64, orders: u32, functions: &[Function]) -> Self {
        let mut random = Rng::with_seed(seed);
        let products = 5;
        let list: Vec<(usize, u32)> = (0..orders).map(|_| (random.usize(..products), random.u32(1..=3))).collect();
        // From plenty to next to nothing, so that some orders find none.
        let wanted = |product| list.iter().filter(|(of, _)| *of == product).map(|(_, pieces)| pieces).sum::<u32>();
        let stock = (0..products).map(|product| wanted(product) * (product as u32 + 1) / 4 + 1).collect();
        let mut disturbances = Vec::new();
        let mut at = random.u32(1..=STRIDE);
        while at < orders {
            disturbances.extend(disturbance(&mut random, functions).map(|disturbance| (at, disturbance)));
            at += random.u32(1..STRIDE * 2);
        }
        Self { orders: list, disturbances, stock }
    }
}

fn disturbance(random: &mut Rng, functions: &[Function]) -> Option<Disturbance> {
    let broken: Vec<&Function> =
        functions.iter().filter(|f| faults::applies(FaultKind::Error, &f.name, &f.role)).collect();
    match random.u32(..100) {
        0..60 => fault(random, functions),
        60..75 => random.choice(broken).map(|function| Disturbance::Kill(function.name.clone())),
        75..90 => Some(Disturbance::Duplicate { events: random.usize(1..=10) }),
        90..97 => Some(Disturbance::Clear),
        _ => Some(Disturbance::Poison),
    }
}

fn fault(random: &mut Rng, functions: &[Function]) -> Option<Disturbance> {
    let possible = |function: &Function, kind: FaultKind| {
        // Customers would be turned away: that tests nobody.
        let closes =
            matches!(function.role, FunctionRole::Api(_)) && matches!(kind, FaultKind::Halt | FaultKind::Throttle);
        faults::applies(kind, &function.name, &function.role) && !closes
    };
    let all = KINDS.iter().flat_map(|kind| functions.iter().map(move |function| (*kind, function)));
    let (kind, function) =
        random.choice(all.filter(|(kind, function)| possible(function, *kind)).collect::<Vec<_>>())?;
    let most = if matches!(function.role, FunctionRole::Api(_)) { 0.2 } else { 0.8 };
    let setting = FaultSetting {
        rate: 0.05 + random.f64() * (most - 0.05),
        lasts: Duration::from_millis(random.u64(1_000..4_000)),
        latency: Duration::from_millis(random.u64(20..400)),
    };
    Some(Disturbance::Fault { fault: Fault { function: function.name.clone(), kind }, setting })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions() -> Vec<Function> {
        let consumer = |name: &str| Function { name: name.into(), role: FunctionRole::Consumer(Vec::new()) };
        vec![
            Function { name: "createOrder".into(), role: FunctionRole::Api(vec!["POST /orders".into()]) },
            consumer("processPayment"),
            consumer("reserveInventory"),
            consumer("sendNotification"),
        ]
    }

    #[test]
    fn a_seed_is_a_plan() {
        let plan = |seed| Plan::new(seed, 2_000, &functions());
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn a_long_plan_has_everything_in_it_and_all_of_it_in_time() {
        let plan = Plan::new(1, 20_000, &functions());
        let names: std::collections::BTreeSet<_> = plan.disturbances.iter().map(|(_, what)| what.name()).collect();
        assert_eq!(names.len(), KINDS.len() + 4, "{names:?}");
        assert!(plan.disturbances.is_sorted_by_key(|(at, _)| *at));
        assert!(plan.disturbances.iter().all(|(at, _)| *at < 20_000));
        assert!(plan.stock.iter().all(|pieces| *pieces > 0));
    }
}
