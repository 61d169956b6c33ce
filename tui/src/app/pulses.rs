//! Events in motion along the map's edges.

use jiff::{SignedDuration, Timestamp};

/// How long a pulse takes along one edge.
pub(crate) const TRAVEL: SignedDuration = SignedDuration::from_millis(480);
/// Pulses of one edge are at least this far apart; a burst is a train, not a blur.
const APART: SignedDuration = SignedDuration::from_millis(70);
/// Pulses in motion at most.
const CAPACITY: usize = 256;

/// An edge of the map. Functions are known by their place in the list of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The API (or a schedule) to a function.
    Request(usize),
    /// A function to the bus.
    Publish(usize),
    /// The bus to a function.
    Deliver(usize),
}

/// An event in motion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pulse {
    pub(crate) edge: Edge,
    pub(crate) start: Timestamp,
    /// Whether it tells of a failure.
    pub(crate) failure: bool,
}

impl Pulse {
    /// How far it is along its edge, 0 to 1; `None` when it has not started or has arrived.
    pub(crate) fn progress(&self, now: Timestamp) -> Option<f64> {
        let part = now.duration_since(self.start).as_secs_f64() / TRAVEL.as_secs_f64();
        (0.0..1.0).contains(&part).then_some(part)
    }
}

/// All events in motion.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulses {
    moving: Vec<Pulse>,
}

impl Pulses {
    /// Sets one off, after `delay`, unless the edge is full of them already.
    pub(crate) fn start(&mut self, edge: Edge, delay: SignedDuration, failure: bool, now: Timestamp) {
        let Ok(start) = now.checked_add(delay) else { return };
        let crowded = self.moving.iter().any(|pulse| {
            pulse.edge == edge && pulse.start.duration_since(start).abs() < APART && pulse.failure == failure
        });
        if !crowded && self.moving.len() < CAPACITY {
            self.moving.push(Pulse { edge, start, failure });
        }
    }

    /// Forgets what has arrived.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.moving.retain(|pulse| now.duration_since(pulse.start) < TRAVEL);
    }

    /// Whether anything moves or is about to.
    pub(crate) fn any(&self) -> bool {
        !self.moving.is_empty()
    }

    /// Those on an edge, with how far they are and whether they tell of a failure.
    pub(crate) fn on(&self, edge: Edge, now: Timestamp) -> impl Iterator<Item = (f64, bool)> {
        self.moving
            .iter()
            .filter(move |pulse| pulse.edge == edge)
            .filter_map(move |pulse| Some((pulse.progress(now)?, pulse.failure)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_moves_and_arrives_and_a_crowd_is_thinned() {
        let start = Timestamp::constant(1_700_000_000, 0);
        let mut pulses = Pulses::default();
        for _ in 0..1_000 {
            pulses.start(Edge::Deliver(0), SignedDuration::ZERO, false, start);
        }
        let half = start.checked_add(TRAVEL / 2).unwrap_or(start);
        let seen: Vec<_> = pulses.on(Edge::Deliver(0), half).collect();
        assert_eq!(seen.len(), 1);
        assert!((seen[0].0 - 0.5).abs() < 0.01);
        pulses.tick(start.checked_add(TRAVEL).unwrap_or(start));
        assert!(!pulses.any());
    }
}
