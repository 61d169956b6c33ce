//! The fault matrix: kinds of fault by services, the chosen cell, and how the next fault strikes.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    faults::{self, KINDS},
    message::{Fault, FaultKind, FaultSetting},
    model::Model,
    services::{Service, Services},
};

/// In which share of the invocations, in percent.
const RATES: [u32; 4] = [100, 50, 25, 10];
/// After how many seconds a fault ends by itself.
const LASTS: [u64; 5] = [30, 60, 300, 600, 1_800];
/// By how many milliseconds each invocation is delayed.
const LATENCIES: [u64; 4] = [500, 1_500, 3_000, 10_000];

/// What is chosen in the matrix. It stays while the matrix is closed: `f Enter` undoes what `f Enter` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Matrix {
    row: usize,
    /// The column asked for; a row that has no such cell takes the nearest that it has. `None`: the first of the row.
    column: Option<usize>,
    rate: usize,
    lasts: usize,
    latency: usize,
}

impl Default for Matrix {
    fn default() -> Self {
        Self { row: 0, column: None, rate: 0, lasts: 3, latency: 1 }
    }
}

/// A direction of movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Up,
    Down,
    Left,
    Right,
}

/// What can be changed about the next fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knob {
    Rate,
    Lasts,
    Latency,
}

/// What a cell tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// That service cannot have that fault.
    Never,
    Off,
    /// On until then; `None`: nobody will end it.
    On(Option<Timestamp>),
    /// Asked for, on or off, and not yet so.
    Asked,
}

impl Matrix {
    /// The chosen cell, in a row and a column of [`columns`].
    pub(crate) fn chosen(&self, services: &Services) -> Option<(FaultKind, usize)> {
        let columns = columns(services);
        // A row that no service of this stack can have leaves the choice to the next one.
        KINDS[self.row.min(KINDS.len() - 1)..].iter().chain(&KINDS).find_map(|kind| {
            let cells = (0..columns.len()).filter(|at| able(columns[*at], *kind));
            cells.min_by_key(|at| at.abs_diff(self.column.unwrap_or(0))).map(|nearest| (*kind, nearest))
        })
    }

    /// The fault of the chosen cell.
    pub(crate) fn fault(&self, services: &Services) -> Option<Fault> {
        let (kind, column) = self.chosen(services)?;
        Some(Fault { function: columns(services).get(column)?.name.clone(), kind })
    }

    /// Goes to the next cell in a direction that a fault can be in; stays at the edge.
    pub(crate) fn step(&mut self, services: &Services, direction: Move) {
        let Some((kind, column)) = self.chosen(services) else { return };
        // The wish outlives rows that cannot fulfil it.
        let wish = self.column.get_or_insert(column);
        let columns = columns(services);
        let row = KINDS.iter().position(|one| *one == kind).unwrap_or(0);
        let has_cells = |row: &usize| columns.iter().any(|service| able(service, KINDS[*row]));
        let has_cell = |at: &usize| able(columns[*at], kind);
        let next_row = match direction {
            Move::Up => (0..row).rev().find(has_cells),
            Move::Down => (row + 1..KINDS.len()).find(has_cells),
            Move::Left | Move::Right => None,
        };
        self.row = next_row.unwrap_or(row);
        match direction {
            Move::Left => *wish = (0..column).rev().find(has_cell).unwrap_or(column),
            Move::Right => *wish = (column + 1..columns.len()).find(has_cell).unwrap_or(column),
            Move::Up | Move::Down => {}
        }
    }

    /// Turns a knob by one, round and round.
    pub(crate) fn turn(&mut self, knob: Knob) {
        match knob {
            Knob::Rate => self.rate = (self.rate + 1) % RATES.len(),
            Knob::Lasts => self.lasts = (self.lasts + 1) % LASTS.len(),
            Knob::Latency => self.latency = (self.latency + 1) % LATENCIES.len(),
        }
    }

    /// How the next fault strikes.
    pub(crate) fn setting(&self) -> FaultSetting {
        FaultSetting {
            rate: f64::from(RATES[self.rate]) / 100.0,
            lasts: Duration::from_secs(LASTS[self.lasts]),
            latency: Duration::from_millis(LATENCIES[self.latency]),
        }
    }

    /// A knob's position in words, and whether it means anything for that kind.
    pub(crate) fn reading(&self, knob: Knob, kind: FaultKind) -> (String, bool) {
        let setting = self.setting();
        match knob {
            Knob::Rate => (faults::percent(setting.rate), faults::has_rate(kind)),
            Knob::Lasts => (faults::span_text(setting.lasts), true),
            Knob::Latency => (faults::span_text(setting.latency), faults::has_latency(kind)),
        }
    }
}

/// The services that can be broken.
pub(crate) fn columns(services: &Services) -> Vec<&Service> {
    services.list.iter().filter(|service| KINDS.iter().any(|kind| able(service, *kind))).collect()
}

/// What stands over the columns: the last word of each name, or the whole name where two would be the same.
pub(crate) fn heads(columns: &[&Service]) -> Vec<String> {
    let short: Vec<_> = columns.iter().map(|service| faults::short(&service.name)).collect();
    let alone = |head: &String| short.iter().filter(|other| *other == head).count() == 1;
    let head = |(head, service): (&String, &&Service)| if alone(head) { head.clone() } else { service.name.clone() };
    short.iter().zip(columns).map(head).collect()
}

fn able(service: &Service, kind: FaultKind) -> bool {
    faults::applies(kind, &service.name, &service.role)
}

/// What a cell of the matrix tells.
pub(crate) fn cell(model: &Model, service: &Service, kind: FaultKind) -> Cell {
    if !able(service, kind) {
        return Cell::Never;
    }
    let on = service.fault(kind);
    let asked = model.wanted.iter().find(|(fault, _)| fault.kind == kind && fault.function == service.name);
    match (asked, on) {
        (Some((_, wanted)), _) if *wanted != on.is_some() => Cell::Asked,
        (_, Some((_, until))) => Cell::On(*until),
        (_, None) => Cell::Off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::message::{Function, FunctionRole, System};

    fn services() -> Services {
        let consumer = |name: &str| Function { name: name.into(), role: FunctionRole::Consumer(Vec::new()) };
        let api = |name: &str, route: &str| Function { name: name.into(), role: FunctionRole::Api(vec![route.into()]) };
        let functions = vec![
            api("createOrder", "POST /orders"),
            api("getOrder", "GET /orders/{orderId}"),
            consumer("processPayment"),
            consumer("reserveInventory"),
            consumer("sendNotification"),
        ];
        let text = String::new;
        let system = System {
            stack: text(),
            region: text(),
            stage: text(),
            time_scale: None,
            api_url: text(),
            fault_injection: true,
            functions,
        };
        let mut services = Services::default();
        services.discover(&system);
        services
    }

    fn names(matrix: &Matrix, services: &Services) -> (FaultKind, String) {
        matrix.fault(services).map(|fault| (fault.kind, fault.function)).expect("a cell")
    }

    #[test]
    fn movement_lands_on_cells_that_can_be_broken_and_keeps_the_column_in_mind() {
        let services = services();
        let mut matrix = Matrix::default();
        assert_eq!(names(&matrix, &services), (FaultKind::Decline, "processPayment".into()));
        matrix.step(&services, Move::Up);
        matrix.step(&services, Move::Left);
        matrix.step(&services, Move::Right);
        assert_eq!(names(&matrix, &services), (FaultKind::Decline, "processPayment".into()));
        (0..3).for_each(|_| matrix.step(&services, Move::Down));
        assert_eq!(names(&matrix, &services), (FaultKind::Error, "processPayment".into()));
        (0..9).for_each(|_| matrix.step(&services, Move::Right));
        assert_eq!(names(&matrix, &services), (FaultKind::Error, "sendNotification".into()));
        (0..3).for_each(|_| matrix.step(&services, Move::Up));
        assert_eq!(names(&matrix, &services), (FaultKind::Decline, "processPayment".into()));
        (0..30).for_each(|_| matrix.step(&services, Move::Down));
        assert_eq!(names(&matrix, &services), (FaultKind::Disconnect, "sendNotification".into()));
        (0..9).for_each(|_| matrix.step(&services, Move::Left));
        assert_eq!(names(&matrix, &services), (FaultKind::Disconnect, "processPayment".into()));
    }

    #[test]
    fn without_services_there_is_no_cell() {
        let mut matrix = Matrix::default();
        matrix.step(&Services::default(), Move::Down);
        assert_eq!(matrix.fault(&Services::default()), None);
    }

    #[test]
    fn knobs_start_at_the_default_and_come_round() {
        let mut matrix = Matrix::default();
        assert_eq!(matrix.setting(), FaultSetting::default());
        for (knob, positions) in [(Knob::Rate, 4), (Knob::Lasts, 5), (Knob::Latency, 4)] {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..positions {
                matrix.turn(knob);
                assert!(seen.insert(matrix.reading(knob, FaultKind::Latency)));
            }
        }
        assert_eq!(matrix, Matrix::default());
        assert!(!matrix.reading(Knob::Rate, FaultKind::Halt).1 && !matrix.reading(Knob::Latency, FaultKind::Error).1);
    }
}
