//! Doing the steps of a scenario against a stack, and judging what came of them.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;
use tokio::{
    sync::mpsc::{Receiver, Sender},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    report::{Moment, Report, Verdict},
    script::{Action, Expectation, Scenario, with_run},
};
use crate::{
    app::{Fault, FaultSetting, NewEvent, NewOrder, System, faults as kinds},
    cloud::{
        LogReader, OrdersApi, PlaceError, Reach, Store, dead_letters, discover, faults, publish, stack_update, state,
    },
    measure::{Condition, Facts, Figures, Ledger, function_of},
};

/// How often figures are taken while something is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a function may still act on what it knew of the faults table: it reads it at most once a second.
const HEEDED_AFTER: Duration = Duration::from_millis(1_100);
/// How long waits last at least, in real time: even where the cloud's minutes are seconds, processes take theirs.
const LEAST_PATIENCE: Duration = Duration::from_secs(20);
/// How long figures may go on changing at the end before they are judged.
const QUIET_WITHIN: Duration = Duration::from_secs(15);
/// Orders under way at once.
const WIDTH: usize = 32;
/// What the dead letters of a poison event are published as.
const POISON_VERSION: &str = "2.0";

/// Who says when the next step is done.
#[derive(Debug)]
pub enum Pace {
    /// Nobody: one after the other.
    Auto,
    /// Somebody, by a message for each step that says something.
    Stepped(Receiver<()>),
}

/// How far a scenario is.
#[derive(Debug, Clone)]
pub enum Progress {
    /// A step is told, and done as soon as the pace allows.
    Told(usize),
    /// A step is being done.
    Doing(usize),
    /// What it waits for, with the figures as they are.
    Waiting(String),
    /// Something was judged.
    Judged(Verdict),
    /// The stack has other parts now.
    Changed,
    /// Faults were turned on or off.
    Faults,
    /// It could not begin: why, and what to do.
    NotBegun(String),
    /// It is over.
    Ended(Box<Report>),
}

/// Plays a scenario and says what came of it. Faults are cleared and the stack is as before when it returns, also when a
/// step failed or `stop` ended it.
///
/// # Errors
/// When it cannot begin: the stack cannot be read, or faults are on already.
pub async fn play(
    scenario: &Scenario,
    system: &System,
    reach: &Reach,
    mut pace: Pace,
    progress: &Sender<Progress>,
    stop: &CancellationToken,
) -> Result<Report> {
    let mut player = Player::begin(scenario, system, reach, progress.clone()).await?;
    let played = tokio::select! {
        played = player.steps(&mut pace) => played,
        () = stop.cancelled() => Err(anyhow::anyhow!("it was ended before its time")),
    };
    let judged = match played {
        Ok(()) => player.judge().await,
        Err(error) => Err(error),
    };
    let restored = player.restore().await;
    let problem = judged.and(restored).err().map(|error| format!("{error:#}"));
    let report = player.report(problem);
    // Nobody may listen.
    let _ = progress.send(Progress::Ended(Box::new(report.clone()))).await;
    Ok(report)
}

/// A figure of a function that is not there is 0 for ever, and proves nothing.
fn check_names(scenario: &Scenario, system: &System) -> Result<()> {
    let functions: Vec<&str> = system.functions.iter().map(|function| function.name.as_str()).collect();
    // What it speaks of may come with the update of the stack.
    if scenario.steps.iter().any(|step| matches!(step.action, Some(Action::Deploy { .. }))) {
        return Ok(());
    }
    let in_steps = scenario.steps.iter().filter_map(|step| match &step.action {
        Some(Action::Wait { until, .. }) => Some(until),
        Some(Action::Check(expectation)) => Some(&expectation.that),
        _ => None,
    });
    let conditions = in_steps.chain(scenario.expectations.iter().map(|expectation| &expectation.that));
    for name in conditions.flat_map(|condition| condition.names()) {
        if let Some(function) = function_of(name)
            && !functions.contains(&function)
        {
            anyhow::bail!(
                "it speaks of {name}, but there is no function {function}; there are {}",
                functions.join(", ")
            );
        }
    }
    Ok(())
}

struct Player<'a> {
    scenario: &'a Scenario,
    system: System,
    reach: Reach,
    api: OrdersApi,
    progress: Sender<Progress>,
    /// Tells the orders of this run from all others: their user.
    run: String,
    began: Timestamp,
    logs: LogReader,
    ledger: Ledger,
    facts: Facts,
    revisions: stack_update::Revisions,
    /// The parameters as they were before this scenario changed them.
    parameters: BTreeMap<String, String>,
    verdicts: Vec<Verdict>,
    moments: Vec<Moment>,
}

impl<'a> Player<'a> {
    async fn begin(
        scenario: &'a Scenario,
        system: &System,
        reach: &Reach,
        progress: Sender<Progress>,
    ) -> Result<Player<'a>> {
        check_names(scenario, system)?;
        let states = state::services(reach).await?;
        let broken = states.iter().find(|state| !state.faults.is_empty());
        if let Some(state) = broken {
            anyhow::bail!("{} is broken already; clear the faults first (F, or faults clear)", state.function);
        }
        let began = Timestamp::now();
        let stock = Store(reach).stock().await?;
        let facts = Facts {
            stocked: stock
                .iter()
                .map(|row| (row.product_id.clone(), u64::from(row.available_qty) + u64::from(row.reserved_qty)))
                .collect(),
            stock,
            letters_before: states.iter().map(|state| (state.function.clone(), state.dead_letters)).collect(),
            states,
            ..Facts::default()
        };
        Ok(Player {
            scenario,
            system: system.clone(),
            reach: reach.clone(),
            api: OrdersApi::new(&reach.resources.api_url),
            progress,
            run: format!("{:x}", began.as_millisecond()),
            began,
            logs: LogReader::new(&reach.resources, began),
            ledger: Ledger::default(),
            facts,
            revisions: stack_update::revisions(&reach.connection, &system.stack).await?,
            parameters: BTreeMap::new(),
            verdicts: Vec::new(),
            moments: Vec::new(),
        })
    }

    async fn steps(&mut self, pace: &mut Pace) -> Result<()> {
        for (at, step) in self.scenario.steps.iter().enumerate() {
            self.tell(Progress::Told(at)).await;
            if let Pace::Stepped(next) = pace
                && !step.say.is_empty()
            {
                next.recv().await.context("the scenario was ended")?;
            }
            self.tell(Progress::Doing(at)).await;
            if let Some(action) = &step.action {
                self.act(action).await.with_context(|| format!("step {}", at + 1))?;
            }
        }
        Ok(())
    }

    async fn tell(&self, progress: Progress) {
        // Nobody may listen; the scenario goes on.
        let _ = self.progress.send(progress).await;
    }

    fn note(&mut self, what: impl Into<String>) {
        self.moments.push(Moment { at: Timestamp::now(), what: what.into() });
    }

    async fn act(&mut self, action: &Action) -> Result<()> {
        match action {
            Action::Order { product, quantity, count } => self.order(product, *quantity, *count).await,
            Action::Fault { fault, setting } => self.break_it(fault, setting).await,
            Action::Clear => self.clear().await,
            Action::Wait { until, within } => self.wait(until, *within).await,
            Action::Restock { product, quantity } => {
                let product = with_run(product, &self.run);
                faults::restock(&self.reach, &product, *quantity).await?;
                self.note(format!("{quantity} {product} added to the stock"));
                *self.facts.stocked.entry(product).or_default() += u64::from(*quantity);
                Ok(())
            }
            Action::PublishAgain { detail_type, times, optional } => {
                self.publish_again(detail_type, *times, *optional).await
            }
            Action::PublishPoison { detail_type } => self.publish_poison(detail_type).await,
            Action::Kill { function } => {
                let killed = self.reach.kill(function);
                self.note(match killed {
                    Ok(count) => format!("{count} processes of {function} killed"),
                    Err(error) => format!("nothing killed: {error}"),
                });
                Ok(())
            }
            Action::Redrive { function } => {
                let sent = dead_letters::redrive(&self.reach, function).await?;
                self.note(format!("{sent} dead letters sent to {function} again"));
                Ok(())
            }
            Action::Deploy { parameters } => self.deploy(parameters).await,
            Action::Check(expectation) => {
                // Not when all is quiet: what is said in the middle is about the middle.
                let figures = self.measure().await?;
                self.verdict(expectation, &figures).await;
                Ok(())
            }
        }
    }

    async fn order(&mut self, product: &str, quantity: u32, count: u32) -> Result<()> {
        let product = with_run(product, &self.run);
        let order = NewOrder { user_id: self.user(), product_id: product.clone(), quantity };
        self.note(format!("{count} orders of {quantity} {product}"));
        let api = &self.api;
        let placing = stream::iter(0..count).map(|_| api.place(&order)).buffer_unordered(WIDTH);
        let results: Vec<_> = placing.collect().await;
        for result in results {
            match result {
                Ok(_) => self.facts.accepted += 1,
                Err(PlaceError::Refused { .. }) => self.facts.refused += 1,
                Err(unreachable) => return Err(unreachable.into()),
            }
        }
        Ok(())
    }

    fn user(&self) -> String {
        format!("scenario-{}", self.run)
    }

    async fn break_it(&mut self, fault: &Fault, setting: &FaultSetting) -> Result<()> {
        let names: Vec<_> = self.system.functions.iter().map(|function| function.name.as_str()).collect();
        let known = self.system.functions.iter().find(|function| function.name == fault.function);
        let known = known
            .with_context(|| format!("there is no function {}; there are {}", fault.function, names.join(", ")))?;
        let (kind, function) = (kinds::word(fault.kind), &fault.function);
        ensure!(kinds::applies(fault.kind, &known.name, &known.role), "{function} cannot have the fault {kind}");
        ensure!(self.system.fault_injection, "this stack was deployed with FaultInjection off");
        faults::set(&self.reach, fault, setting).await?;
        self.tell(Progress::Faults).await;
        sleep(HEEDED_AFTER).await;
        self.note(format!("{function}: {}", kinds::title(fault.kind)));
        Ok(())
    }

    async fn clear(&mut self) -> Result<()> {
        faults::clear(&self.reach).await?;
        self.tell(Progress::Faults).await;
        sleep(HEEDED_AFTER).await;
        self.note("all faults cleared");
        Ok(())
    }

    async fn wait(&mut self, until: &Condition, within: Duration) -> Result<()> {
        let deadline = Instant::now() + self.real(within) + LEAST_PATIENCE;
        loop {
            let figures = self.measure().await?;
            if until.holds(&figures) {
                self.note(format!("{until}"));
                return Ok(());
            }
            self.tell(Progress::Waiting(until.measured(&figures))).await;
            ensure!(Instant::now() < deadline, "waited in vain until {}", until.measured(&figures));
            sleep(LOOK_EVERY).await;
        }
    }

    /// How long a span of the cloud's time takes here.
    fn real(&self, span: Duration) -> Duration {
        span.div_f64(self.system.time_scale.unwrap_or(1.0).max(0.01))
    }

    async fn publish_again(&mut self, detail_type: &str, times: u32, optional: bool) -> Result<()> {
        self.measure().await?;
        let ours = self.events_of_run(detail_type);
        ensure!(optional || !ours.is_empty(), "no event {detail_type} of this run passed the bus");
        for _ in 0..times {
            publish::publish(&self.reach, &ours).await?;
        }
        self.note(format!("{} {detail_type} published {times} times more", ours.len()));
        Ok(())
    }

    async fn publish_poison(&mut self, detail_type: &str) -> Result<()> {
        self.measure().await?;
        let mut event = self.events_of_run(detail_type).into_iter().next();
        let poison = event.as_mut().with_context(|| format!("no event {detail_type} of this run passed the bus"))?;
        poison.detail["version"] = Value::from(POISON_VERSION);
        publish::publish(&self.reach, std::slice::from_ref(poison)).await?;
        self.note(format!("{detail_type} of version {POISON_VERSION} published"));
        Ok(())
    }

    fn events_of_run(&self, detail_type: &str) -> Vec<NewEvent> {
        let ours = |event: &&crate::measure::SeenEvent| {
            event.detail_type == detail_type && event.detail["userId"].as_str() == Some(self.user().as_str())
        };
        let mut events: Vec<_> = self.ledger.events().filter(ours).collect();
        events.sort_by_key(|event| event.at);
        let again = |event: &crate::measure::SeenEvent| NewEvent {
            source: event.source.clone(),
            detail_type: event.detail_type.clone(),
            detail: event.detail.clone(),
        };
        events.into_iter().map(again).collect()
    }

    async fn deploy(&mut self, parameters: &BTreeMap<String, String>) -> Result<()> {
        let (connection, stack) = (&self.reach.connection, &self.system.stack);
        for (name, before) in stack_update::parameters(connection, stack).await? {
            if parameters.contains_key(&name) {
                self.parameters.entry(name).or_insert(before);
            }
        }
        stack_update::update(connection, stack, parameters).await?;
        self.rediscover().await?;
        let settings: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.note(format!("stack updated: {}", settings.join(", ")));
        Ok(())
    }

    async fn rediscover(&mut self) -> Result<()> {
        let (system, resources) = discover(&self.reach.connection, &self.system.stack, self.system.time_scale).await?;
        self.logs.follow(&resources);
        self.reach.resources = resources;
        self.system = system;
        let now = stack_update::revisions(&self.reach.connection, &self.system.stack).await?;
        let changed = self.revisions.iter().filter(|(id, before)| now.get(*id).is_some_and(|now| now != *before));
        self.facts.changed_resources = changed.count() as u64;
        self.tell(Progress::Changed).await;
        Ok(())
    }

    /// Takes all figures now.
    async fn measure(&mut self) -> Result<Figures> {
        let observations = self.logs.read(&self.reach.connection).await?;
        observations.into_iter().for_each(|observation| self.ledger.record(observation));
        let store = Store(&self.reach);
        let (orders, stock, states) =
            tokio::try_join!(store.since(self.began), store.stock(), state::services(&self.reach))?;
        let user = self.user();
        self.facts.orders = orders.into_iter().filter(|order| order.user_id == user).collect();
        (self.facts.stock, self.facts.states) = (stock, states);
        Ok(Figures::of(&self.system, &self.ledger, &self.facts))
    }

    /// Takes all figures when they no longer change, or have gone on changing for too long.
    async fn quiet(&mut self) -> Result<Figures> {
        let deadline = Instant::now() + QUIET_WITHIN;
        let mut before = self.measure().await?;
        loop {
            sleep(LOOK_EVERY * 3).await;
            let now = self.measure().await?;
            if now == before || Instant::now() > deadline {
                return Ok(now);
            }
            before = now;
        }
    }

    async fn judge(&mut self) -> Result<()> {
        let figures = self.quiet().await?;
        for expectation in &self.scenario.expectations {
            self.verdict(expectation, &figures).await;
        }
        Ok(())
    }

    async fn verdict(&mut self, expectation: &Expectation, figures: &Figures) {
        let verdict = Verdict {
            says: expectation.says.clone(),
            measured: expectation.that.measured(figures),
            holds: expectation.that.holds(figures),
        };
        self.note(format!("{} {}", if verdict.holds { "✔" } else { "✖" }, verdict.says));
        self.verdicts.push(verdict.clone());
        self.tell(Progress::Judged(verdict)).await;
    }

    /// Leaves the stack as it was found, as far as this scenario changed it.
    async fn restore(&mut self) -> Result<()> {
        let cleared = faults::clear(&self.reach).await.context("clearing the faults");
        if self.parameters.is_empty() {
            return cleared.map(|_| ());
        }
        let parameters = std::mem::take(&mut self.parameters);
        stack_update::update(&self.reach.connection, &self.system.stack, &parameters).await?;
        self.rediscover().await?;
        cleared.map(|_| ())
    }

    fn report(self, problem: Option<String>) -> Report {
        let figures = Figures::of(&self.system, &self.ledger, &self.facts);
        Report {
            name: self.scenario.name.clone(),
            title: self.scenario.title.clone(),
            lesson: self.scenario.lesson.clone(),
            stack: self.system.stack.clone(),
            time_scale: self.system.time_scale,
            began: self.began,
            ended: Timestamp::now(),
            verdicts: self.verdicts,
            figures,
            moments: self.moments,
            attempts: self.ledger.attempts().to_vec(),
            functions: self.system.functions.iter().map(|function| function.name.clone()).collect(),
            problem,
        }
    }
}
