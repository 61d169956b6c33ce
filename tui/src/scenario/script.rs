//! A scenario as it is written: TOML in, checked steps out.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use crate::{
    app::{Fault, FaultKind, FaultSetting, faults},
    measure::{Condition, ConditionError},
};

/// Stands in product names for the run, so that a scenario finds shelves of its own.
const RUN: &str = "{run}";
/// How long a wait lasts at most, when it does not say. As the cloud counts time.
const PATIENCE: Duration = Duration::from_secs(600);
/// Orders of one step at most.
const MOST_ORDERS: u32 = 10_000;

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It is no such TOML.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A step is wrong.
    #[error("step {step}: {problem}")]
    Step {
        /// Which, from 1 on.
        step: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// An expectation is wrong.
    #[error("expectation {expectation}: {problem}")]
    Expectation {
        /// Which, from 1 on.
        expectation: usize,
        /// What is wrong with it.
        problem: ConditionError,
    },
    /// There is nothing in it.
    #[error("it has no {0}; a scenario needs steps, and expectations to be judged by")]
    Nothing(&'static str),
}

/// A scenario, ready to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its short name: that of its file.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it teaches.
    pub lesson: String,
    /// What is told and done.
    pub steps: Vec<Step>,
    /// What must have come of it.
    pub expectations: Vec<Expectation>,
}

/// One step: something is said, something is done, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is told the audience, before it is done.
    pub say: String,
    /// What is done.
    pub action: Option<Action>,
}

/// Something that must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// In words.
    pub says: String,
    /// In figures.
    pub that: Condition,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Places orders, as many at once as the API takes.
    Order {
        /// The product; may hold `{run}`.
        product: String,
        /// Pieces of each order.
        quantity: u32,
        /// How many orders.
        count: u32,
    },
    /// Turns a fault on.
    Fault {
        /// Which.
        fault: Fault,
        /// How.
        setting: FaultSetting,
    },
    /// Turns every fault off and puts back what they changed.
    Clear,
    /// Waits until something holds.
    Wait {
        /// What.
        until: Condition,
        /// For how long at most, as the cloud counts time.
        within: Duration,
    },
    /// Adds stock.
    Restock {
        /// The product; may hold `{run}`.
        product: String,
        /// How many more.
        quantity: u32,
    },
    /// Publishes the events of this run once more.
    PublishAgain {
        /// Those of this detail-type.
        detail_type: String,
        /// How many times more.
        times: u32,
        /// Whether there may be none.
        optional: bool,
    },
    /// Publishes an event of an order of this run that no service can read: of version "2.0".
    PublishPoison {
        /// Its detail-type.
        detail_type: String,
    },
    /// Kills the processes of a function; where they cannot be killed the step is left out, and said so.
    Kill {
        /// The function.
        function: String,
    },
    /// Sends a function the events in its dead-letter queues again.
    Redrive {
        /// The function.
        function: String,
    },
    /// Updates the stack, keeping its template, with these parameters.
    Deploy {
        /// The parameters that change.
        parameters: BTreeMap<String, String>,
    },
    /// Judges something in the middle.
    Check(Expectation),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    title: String,
    lesson: String,
    #[serde(default, rename = "step")]
    steps: Vec<RawStep>,
    #[serde(default, rename = "expect")]
    expectations: Vec<RawExpectation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawStep {
    say: String,
    order: Option<RawOrder>,
    fault: Option<RawFault>,
    clear: Option<bool>,
    wait: Option<RawWait>,
    restock: Option<RawRestock>,
    publish: Option<RawPublish>,
    kill: Option<String>,
    redrive: Option<String>,
    deploy: Option<BTreeMap<String, String>>,
    check: Option<RawExpectation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOrder {
    product: String,
    #[serde(default = "one")]
    quantity: u32,
    #[serde(default = "one")]
    count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    function: String,
    kind: String,
    rate: Option<f64>,
    #[serde(rename = "for")]
    lasts: Option<String>,
    latency: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWait {
    until: String,
    within: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRestock {
    product: String,
    quantity: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPublish {
    again: Option<String>,
    poison: Option<String>,
    #[serde(default = "one")]
    times: u32,
    #[serde(default)]
    optional: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpectation {
    says: String,
    that: String,
}

fn one() -> u32 {
    1
}

impl Scenario {
    /// Reads a scenario; `name` is what it will be called.
    ///
    /// # Errors
    /// Where it is wrong, and what would be right.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScriptError> {
        let raw: RawScenario = toml::from_str(text)?;
        let steps = raw.steps.into_iter().enumerate().map(|(at, step)| {
            let step_number = at + 1;
            step.checked().map_err(|problem| ScriptError::Step { step: step_number, problem })
        });
        let expectations = raw.expectations.into_iter().enumerate().map(|(at, raw)| {
            let expectation = at + 1;
            raw.checked().map_err(|problem| ScriptError::Expectation { expectation, problem })
        });
        let scenario = Self {
            name: name.to_owned(),
            title: raw.title,
            lesson: raw.lesson,
            steps: steps.collect::<Result<_, _>>()?,
            expectations: expectations.collect::<Result<_, _>>()?,
        };
        if scenario.steps.is_empty() {
            return Err(ScriptError::Nothing("[[step]]"));
        }
        if scenario.expectations.is_empty() {
            return Err(ScriptError::Nothing("[[expect]]"));
        }
        Ok(scenario)
    }

    /// Whether it updates the stack.
    pub fn deploys(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Some(Action::Deploy { .. })))
    }
}

/// A product name with the run in it.
pub(super) fn with_run(text: &str, run: &str) -> String {
    text.replace(RUN, run)
}

impl RawExpectation {
    fn checked(self) -> Result<Expectation, ConditionError> {
        Ok(Expectation { says: self.says, that: self.that.parse()? })
    }
}

impl RawStep {
    fn checked(self) -> Result<Step, String> {
        let Self { say, order, fault, clear, wait, restock, publish, kill, redrive, deploy, check } = self;
        let actions: Vec<Action> = [
            order.map(RawOrder::checked).transpose()?,
            fault.map(RawFault::checked).transpose()?,
            clear.filter(|clear| *clear).map(|_| Action::Clear),
            wait.map(RawWait::checked).transpose()?,
            restock.map(|RawRestock { product, quantity }| Action::Restock { product, quantity }),
            publish.map(RawPublish::checked).transpose()?,
            kill.map(|function| Action::Kill { function }),
            redrive.map(|function| Action::Redrive { function }),
            deploy.map(|parameters| Action::Deploy { parameters }),
            check.map(RawExpectation::checked).transpose().map_err(|error| error.to_string())?.map(Action::Check),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut actions = actions.into_iter();
        match (actions.next(), actions.next()) {
            (_, Some(_)) => Err("it does two things; make two steps of them, so that they have an order".to_owned()),
            (None, None) if say.is_empty() => Err("it says nothing and does nothing".to_owned()),
            (action, None) => Ok(Step { say, action }),
        }
    }
}

impl RawOrder {
    fn checked(self) -> Result<Action, String> {
        let Self { product, quantity, count } = self;
        if !(1..=MOST_ORDERS).contains(&count) {
            return Err(format!("count = {count}: it must be from 1 to {MOST_ORDERS}"));
        }
        Ok(Action::Order { product, quantity, count })
    }
}

impl RawFault {
    fn checked(self) -> Result<Action, String> {
        let kind: FaultKind = faults::by_word(&self.kind)
            .ok_or_else(|| format!("kind = \"{}\": it must be one of {}", self.kind, faults::words()))?;
        let mut setting = FaultSetting::default();
        if let Some(rate) = self.rate {
            if !(0.0..=1.0).contains(&rate) {
                return Err(format!("rate = {rate}: it must be from 0 to 1"));
            }
            setting.rate = rate;
        }
        if let Some(lasts) = self.lasts {
            setting.lasts = span("for", &lasts)?;
        }
        if let Some(latency) = self.latency {
            setting.latency = span("latency", &latency)?;
        }
        Ok(Action::Fault { fault: Fault { function: self.function, kind }, setting })
    }
}

impl RawWait {
    fn checked(self) -> Result<Action, String> {
        let until = self.until.parse().map_err(|error: ConditionError| error.to_string())?;
        let within = self.within.map_or(Ok(PATIENCE), |within| span("within", &within))?;
        Ok(Action::Wait { until, within })
    }
}

impl RawPublish {
    fn checked(self) -> Result<Action, String> {
        match (self.again, self.poison) {
            (Some(detail_type), None) if self.times > 0 => {
                Ok(Action::PublishAgain { detail_type, times: self.times, optional: self.optional })
            }
            (None, Some(detail_type)) => Ok(Action::PublishPoison { detail_type }),
            _ => Err("publish is {again = \"OrderCreated\", times = 1} or {poison = \"OrderCreated\"}".to_owned()),
        }
    }
}

fn span(name: &str, text: &str) -> Result<Duration, String> {
    faults::span(text).map_err(|problem| format!("{name} = \"{text}\": {problem}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const WHOLE: &str = r#"
title = "T"
lesson = "L"
[[step]]
say = "An order."
order = { product = "cup-{run}", count = 3 }
[[step]]
fault = { function = "sendNotification", kind = "error", rate = 0.5, for = "30s" }
[[step]]
wait = { until = "orders.open == 0" }
[[expect]]
says = "All is well."
that = "orders.confirmed == orders.accepted"
"#;

    #[test]
    fn a_scenario_is_read() {
        let scenario = Scenario::parse("t", WHOLE).unwrap();
        assert_eq!(scenario.steps.len(), 3);
        assert!(matches!(&scenario.steps[0].action, Some(Action::Order { count: 3, quantity: 1, product })
            if with_run(product, "r1") == "cup-r1"));
        assert!(matches!(&scenario.steps[1].action, Some(Action::Fault { setting, .. })
            if setting.rate == 0.5 && setting.lasts == Duration::from_secs(30)));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let step = |text: &str| format!("title='T'\nlesson='L'\n[[step]]\n{text}\n[[expect]]\nsays='x'\nthat='1 == 1'");
        for (text, told) in [
            (step("oder = {}"), "unknown field `oder`"),
            (step(""), "step 1: it says nothing"),
            (step("clear = true\nkill = 'f'"), "two things"),
            (step("fault = { function = 'f', kind = 'explode' }"), "one of decline"),
            (step("fault = { function = 'f', kind = 'error', rate = 2 }"), "from 0 to 1"),
            (step("wait = { until = 'orders.open == 0', within = 'soon' }"), "within"),
            (step("wait = { until = 'orders.opne == 0' }"), "no figure"),
            (step("publish = { }"), "publish is"),
            (step("order = { product = 'p', count = 0 }"), "from 1"),
            ("title='T'\nlesson='L'".to_owned(), "no [[step]]"),
            ("title='T'\nlesson='L'\n[[step]]\nsay='x'".to_owned(), "no [[expect]]"),
        ] {
            let error = Scenario::parse("t", &text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}\n{error}");
        }
    }
}
