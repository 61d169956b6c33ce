//! The Scenarios view: which scenario is chosen, how far the one that is played is, and what came of those that were.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{bindings::Action, message::Effect, model::Model};
use crate::scenario::{Progress, Report, Scenario, Verdict, builtin, names};

/// How long a sentence is shown when the scenario goes on by itself: the time to find it and the time to read it aloud.
const FIND: SignedDuration = SignedDuration::from_millis(1_500);
const READ_A_CHARACTER: SignedDuration = SignedDuration::from_millis(55);

/// What the view shows.
#[derive(Debug, Clone)]
pub(crate) struct Scenarios {
    /// Whether it is open.
    pub(crate) open: bool,
    /// What there is to play.
    pub(crate) list: Vec<Scenario>,
    /// The chosen one.
    pub(crate) at: usize,
    /// The one that is played, or was played last.
    pub(crate) stage: Option<Stage>,
    /// Whether those that were played passed, by name.
    pub(crate) results: BTreeMap<String, bool>,
}

/// A scenario on stage.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) scenario: Scenario,
    /// The step that was told last, and when.
    pub(crate) step: usize,
    pub(crate) told: Timestamp,
    /// Whether the step is being done.
    pub(crate) doing: bool,
    /// What is waited for, with its figures.
    pub(crate) waiting: Option<String>,
    pub(crate) verdicts: Vec<Verdict>,
    /// What came of it.
    pub(crate) report: Option<Box<Report>>,
    /// Whether it goes on by itself.
    pub(crate) by_itself: bool,
}

impl Default for Scenarios {
    fn default() -> Self {
        // A test reads them all: none is left out.
        let list = names().filter_map(builtin).filter_map(Result::ok).collect();
        Self { open: false, list, at: 0, stage: None, results: BTreeMap::new() }
    }
}

impl Stage {
    /// Whether it is still played.
    pub(crate) fn is_on(&self) -> bool {
        self.report.is_none()
    }

    /// Whether the next step waits for somebody to ask for it.
    pub(crate) fn holds(&self) -> bool {
        self.is_on() && !self.doing && !self.said().is_empty()
    }

    /// What was said last.
    pub(crate) fn said(&self) -> &str {
        self.scenario.steps.get(self.step).map_or("", |step| step.say.as_str())
    }

    /// Whether what was said has been there long enough to be read.
    fn is_read(&self, now: Timestamp) -> bool {
        let characters = i32::try_from(self.said().chars().count()).unwrap_or(i32::MAX);
        now.duration_since(self.told) >= FIND + READ_A_CHARACTER * characters
    }
}

impl Scenarios {
    /// Whether a scenario is played.
    pub(crate) fn is_playing(&self) -> bool {
        self.stage.as_ref().is_some_and(Stage::is_on)
    }

    /// Puts scenarios of the user's own first in the list.
    pub(crate) fn add(&mut self, own: Vec<Scenario>) {
        self.list.splice(0..0, own);
    }

    /// Takes how far the scenario is. What follows is the next step, when it goes on by itself.
    pub(crate) fn progress(&mut self, progress: Progress, now: Timestamp) {
        let Some(stage) = &mut self.stage else { return };
        match progress {
            Progress::Told(step) => (stage.step, stage.told, stage.doing, stage.waiting) = (step, now, false, None),
            Progress::Doing(step) => (stage.step, stage.doing) = (step, true),
            Progress::Waiting(figures) => stage.waiting = Some(figures),
            Progress::Judged(verdict) => stage.verdicts.push(verdict),
            Progress::Changed | Progress::Faults | Progress::NotBegun(_) => {}
            Progress::Ended(report) => {
                self.results.insert(report.name.clone(), report.passed());
                stage.waiting = None;
                stage.report = Some(report);
            }
        }
    }

    /// The scenario could not begin, or the program failed in it.
    pub(crate) fn broke_off(&mut self) {
        if self.is_playing() {
            self.stage = None;
        }
    }

    /// Time passed: the next step of a scenario that goes on by itself.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Option<Effect> {
        let stage = self.stage.as_mut().filter(|stage| stage.by_itself && stage.holds() && stage.is_read(now))?;
        stage.doing = true;
        Some(Effect::NextStep)
    }
}

/// Whether the view itself does that; the rest is as everywhere.
pub(crate) fn is_for(action: Action) -> bool {
    use Action as A;
    matches!(action, A::Down | A::Up | A::Top | A::Bottom | A::Accept | A::ByItself | A::EndScenario | A::Back)
}

/// Does what a key is for in the view.
pub(crate) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let now = model.now;
    let scenarios = &mut model.scenarios;
    let last = scenarios.list.len().saturating_sub(1);
    let playing = scenarios.is_playing();
    match action {
        Action::Down if !playing => scenarios.at = (scenarios.at + 1).min(last),
        Action::Up if !playing => scenarios.at = scenarios.at.saturating_sub(1),
        Action::Top if !playing => scenarios.at = 0,
        Action::Bottom if !playing => scenarios.at = last,
        Action::Accept | Action::ByItself => return advance(scenarios, action == Action::ByItself, now),
        Action::EndScenario if playing => return vec![Effect::EndScenario],
        Action::Back => match &scenarios.stage {
            // What came of it is read; back to the list.
            Some(stage) if !stage.is_on() => scenarios.stage = None,
            _ => scenarios.open = false,
        },
        _ => {}
    }
    Vec::new()
}

/// Enter: plays the chosen scenario, or does the next step of the one that is played.
fn advance(scenarios: &mut Scenarios, by_itself: bool, now: Timestamp) -> Vec<Effect> {
    match &mut scenarios.stage {
        Some(stage) if stage.is_on() => {
            if by_itself {
                stage.by_itself = !stage.by_itself;
            } else if stage.holds() {
                stage.doing = true;
                return vec![Effect::NextStep];
            }
            Vec::new()
        }
        Some(_) if !by_itself => {
            scenarios.stage = None;
            Vec::new()
        }
        _ => {
            let Some(scenario) = scenarios.list.get(scenarios.at).cloned() else { return Vec::new() };
            scenarios.stage = Some(Stage {
                scenario: scenario.clone(),
                step: 0,
                told: now,
                doing: true,
                waiting: None,
                verdicts: Vec::new(),
                report: None,
                by_itself,
            });
            vec![Effect::PlayScenario(Box::new(scenario))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Appearance;

    fn at(second: i64) -> Timestamp {
        Timestamp::constant(1_700_000_000 + second, 0)
    }

    #[test]
    fn a_scenario_that_goes_on_by_itself_leaves_time_to_read() {
        let mut model = Model::new(Appearance::default(), at(0));
        let effects = act(&mut model, Action::ByItself);
        assert!(matches!(effects.as_slice(), [Effect::PlayScenario(_)]));
        model.scenarios.progress(Progress::Told(0), at(0));
        assert_eq!(model.scenarios.tick(at(1)), None);
        assert_eq!(model.scenarios.tick(at(60)), Some(Effect::NextStep));
        assert_eq!(model.scenarios.tick(at(61)), None, "once for each step");
    }

    #[test]
    fn enter_asks_for_the_next_step_only_when_one_waits() {
        let mut model = Model::new(Appearance::default(), at(0));
        act(&mut model, Action::Accept);
        assert_eq!(act(&mut model, Action::Accept), [], "it begins");
        model.scenarios.progress(Progress::Told(0), at(0));
        assert_eq!(act(&mut model, Action::Accept), [Effect::NextStep]);
        assert_eq!(act(&mut model, Action::Accept), [], "it is being done");
        assert_eq!(act(&mut model, Action::EndScenario), [Effect::EndScenario]);
    }
}
