//! What follows from each message.

use super::{
    blast, faults, input, intake, leave,
    message::{Effect, FeedState, FunctionRole, Message, System},
    mode::Mode,
    model::Model,
};
use crate::{observe::text::clean_in_place, scenario::Progress};

/// Changes the model by one message and says what is to be done. Pure: nothing outside the model is read or written.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let now = model.now;
    match message {
        Message::Terminal(event) => return input::terminal(model, event),
        Message::Tick(now) => {
            model.tick(now);
            let effects = [model.scenarios.tick(now), model.timeline_due(), model.letters_due()];
            return effects.into_iter().flatten().collect();
        }
        Message::Discovered(system) => {
            let system = clean_system(*system);
            model.services.discover(&system);
            model.system = Some(system);
            return vec![Effect::Reconcile];
        }
        Message::Feed(state) => return feed(model, state),
        Message::Observed(batch) => return intake::observed(model, batch),
        Message::Dropped(count) => {
            model.events.dropped = model.events.dropped.saturating_add(count);
            gap(model);
        }
        Message::Orders { orders, complete } => {
            // The first complete list is what was there before; later lists and single rows show changes.
            let fresh = !complete || model.orders.len() > 0;
            for order in orders {
                model.orders.upsert(order, fresh, now);
            }
        }
        Message::Stock(stock) => model.stock.replace(stock, now),
        Message::Services(states) => {
            model.services.states(states, now);
            blast::follow(&mut model.blast, &model.services, now);
            let services = &model.services;
            model.wanted.retain(|(fault, on)| faults::is_on(services, fault) != *on);
            return leave::states_read(model);
        }
        Message::Done(mut text) => {
            clean_in_place(&mut text);
            model.notices.done(text, now);
            if !model.wanted.is_empty() {
                return vec![Effect::Reconcile];
            }
        }
        Message::Timeline { order_id, timeline } => {
            if matches!(&model.mode, Mode::OrderDetail { id, .. } if *id == order_id) {
                model.timeline = Some((order_id, timeline));
            }
        }
        Message::Scenario(Progress::NotBegun(mut why)) => {
            clean_in_place(&mut why);
            model.scenarios.broke_off();
            model.notices.failed(why, now);
        }
        Message::Scenario(progress) => {
            // What is broken is shown at once, and what is whole again.
            let look = matches!(progress, Progress::Faults | Progress::Ended(_));
            model.scenarios.progress(progress, now);
            return look.then_some(Effect::FetchServices).into_iter().collect();
        }
        Message::Failed(mut text) => {
            clean_in_place(&mut text);
            leave::failed(model, &text);
            model.notices.failed(text, now);
            model.wanted.clear();
        }
    }
    Vec::new()
}

fn feed(model: &mut Model, mut state: FeedState) -> Vec<Effect> {
    if let FeedState::Lost(why) = &mut state {
        clean_in_place(why);
    }
    let lost = matches!(model.feed, FeedState::Lost(_));
    let runs = matches!(state, FeedState::Live | FeedState::Polling);
    let changed = model.feed != state;
    model.feed = state;
    if lost && runs {
        model.services.gap();
    }
    if lost || matches!(model.feed, FeedState::Lost(_)) {
        gap(model);
    }
    if runs && changed { vec![Effect::Reconcile] } else { Vec::new() }
}

/// The live tail left something out: counts since a fault began are lower bounds.
fn gap(model: &mut Model) {
    if let Some(blast) = &mut model.blast {
        blast.gaps = true;
    }
}

fn clean_system(mut system: System) -> System {
    for text in [&mut system.stack, &mut system.region, &mut system.stage, &mut system.api_url] {
        clean_in_place(text);
    }
    for function in &mut system.functions {
        clean_in_place(&mut function.name);
        match &mut function.role {
            FunctionRole::Api(routes) => routes.iter_mut().for_each(clean_in_place),
            FunctionRole::Scheduled(schedule) => clean_in_place(schedule),
            FunctionRole::Consumer(_) => {}
        }
    }
    system
}
