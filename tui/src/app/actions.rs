//! What each action does, in each mode.

use tui_input::Input;

use super::{
    bindings::Action,
    breaking,
    command::{self, Meaning},
    form::Form,
    hold::Step,
    leave,
    message::Effect,
    mode::{Mode, Pane},
    model::Model,
    scenarios,
};

/// Orders placed by one press of the burst key.
const BURST: u32 = 20;
/// Rows of a page.
const PAGE: usize = 10;

/// Does what a key is for.
pub(crate) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::QuitNow {
        return vec![Effect::Quit];
    }
    match std::mem::take(&mut model.mode) {
        Mode::View if model.scenarios.open && scenarios::is_for(action) => scenarios::act(model, action),
        Mode::View => in_view(model, action),
        Mode::Filter { input, before } => {
            if action == Action::Back {
                model.set_filter(&before);
            } else {
                model.mode = if action == Action::Accept { Mode::View } else { Mode::Filter { input, before } };
            }
            Vec::new()
        }
        Mode::Command { input, .. } => in_command(model, input, action),
        Mode::Order(form) => in_order(model, form, action),
        Mode::Restock(form) => in_restock(model, form, action),
        Mode::Faults => breaking::act(model, action),
        Mode::Leave(leaving) => leave::act(model, leaving, action),
        popup @ (Mode::Help { .. } | Mode::OrderDetail { .. } | Mode::EventDetail { .. }) => {
            if action != Action::Back {
                model.mode = popup;
                if action == Action::Refresh {
                    return model.ask_for_timeline().into_iter().collect();
                }
                if let Some(step) = popup_step(action) {
                    scroll_popup(model, step);
                }
            }
            Vec::new()
        }
    }
}

fn in_view(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Order => model.mode = Mode::Order(Form::order(model.last_order.as_ref(), &model.stock)),
        Action::Burst => return vec![Effect::PlaceBurst { count: BURST, product_id: None }],
        Action::Faults => model.mode = Mode::Faults,
        Action::ClearFaults => return breaking::clear(model),
        Action::Restock => open_restock(model),
        Action::Filter => {
            model.mode = Mode::Filter { input: Input::new(model.filter.clone()), before: model.filter.clone() };
        }
        Action::Command => model.mode = Mode::Command { input: Input::default(), problem: None },
        Action::Pause => model.pause(!model.paused),
        Action::NextPane => model.focus = model.focus.turn(true),
        Action::PreviousPane => model.focus = model.focus.turn(false),
        Action::Down => step(model, Step::Older(1)),
        Action::Up => step(model, Step::Newer(1)),
        Action::PageDown => step(model, Step::Older(PAGE)),
        Action::PageUp => step(model, Step::Newer(PAGE)),
        Action::Bottom => step(model, Step::Oldest),
        Action::Top => follow(model),
        Action::Open => return open(model),
        Action::Refresh => return vec![Effect::Reconcile],
        Action::Mouse => {
            model.mouse = !model.mouse;
            let text = if model.mouse {
                "the mouse selects rows; m leaves it to the terminal"
            } else {
                "the mouse is the terminal's again"
            };
            model.notices.done(text, model.now);
        }
        Action::Scenarios => model.scenarios.open = true,
        Action::View(1) => model.scenarios.open = false,
        Action::Help => model.mode = Mode::Help { line: 0 },
        Action::Quit => return leave::ask(model),
        Action::Back => back(model),
        _ => {}
    }
    Vec::new()
}

/// Takes one layer away: a notice, the selection, what faults did that are over, the pause, the filter.
fn back(model: &mut Model) {
    if model.notices.dismiss() {
        return;
    }
    let selected = match model.focus {
        Pane::Orders => model.orders.hold.cursor.is_some(),
        Pane::Events => model.events.hold.cursor.is_some(),
        Pane::Stock => model.stock.cursor.is_some(),
    };
    if selected {
        follow(model);
    } else if model.blast.as_ref().is_some_and(|blast| blast.ended.is_some()) {
        model.blast = None;
    } else if model.paused {
        model.pause(false);
    } else if !model.filter.is_empty() {
        model.set_filter("");
    }
}

fn follow(model: &mut Model) {
    match model.focus {
        Pane::Orders => model.orders.hold.release(model.paused),
        Pane::Events => model.events.hold.release(model.paused),
        Pane::Stock => model.stock.cursor = None,
    }
}

/// Moves the selection of the panel in focus.
pub(crate) fn step(model: &mut Model, step: Step) {
    match model.focus {
        Pane::Orders => model.orders.step(step),
        Pane::Events => model.events.step(step),
        Pane::Stock => {
            model.stock.cursor = step.from(model.stock.cursor, model.stock.rows.len()).or(model.stock.cursor);
        }
    }
}

fn open(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Orders => {
            if model.orders.hold.cursor.is_none() {
                model.orders.step(Step::Older(1));
            }
            if let Some(row) = model.orders.selected() {
                model.mode = Mode::OrderDetail { id: row.order.order_id.clone(), line: 0 };
                model.timeline = None;
                return model.ask_for_timeline().into_iter().collect();
            }
        }
        Pane::Events => {
            if model.events.hold.cursor.is_none() {
                model.events.step(Step::Older(1));
            }
            if let Some(row) = model.events.selected() {
                model.mode = Mode::EventDetail { seq: row.seq, line: 0 };
            }
        }
        Pane::Stock => open_restock(model),
    }
    Vec::new()
}

fn open_restock(model: &mut Model) {
    let chosen = (model.focus == Pane::Stock).then_some(model.stock.cursor).flatten();
    let scarce = model.stock.rows.iter().min_by_key(|row| row.stock.available_qty);
    let row = chosen.and_then(|at| model.stock.rows.get(at)).or(scarce);
    let product = row.map_or("", |row| row.stock.product_id.as_str());
    model.mode = Mode::Restock(Form::restock(product));
}

fn in_command(model: &mut Model, input: Input, action: Action) -> Vec<Effect> {
    match action {
        Action::Accept => match command::parse(input.value(), &model.services, &model.stock) {
            Ok(meaning) => run(model, meaning),
            Err(problem) => {
                model.mode = Mode::Command { input, problem: Some(problem) };
                Vec::new()
            }
        },
        Action::NextField => {
            let completed = command::complete(input.value()).map(|name| Input::new(format!("{name} ")));
            model.mode = Mode::Command { input: completed.unwrap_or(input), problem: None };
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn run(model: &mut Model, meaning: Meaning) -> Vec<Effect> {
    match meaning {
        Meaning::Do(Effect::ClearFaults) => return breaking::clear(model),
        Meaning::Do(Effect::SetFault { fault, setting }) => return breaking::set(model, fault, setting),
        Meaning::Do(effect) => return vec![effect],
        Meaning::Quit => return leave::ask(model),
        Meaning::Help => model.mode = Mode::Help { line: 0 },
        Meaning::Filter(text) => model.set_filter(&text),
        Meaning::Nothing => {}
    }
    Vec::new()
}

/// Edits a form by an action; `None` when the form is done with.
fn edit_form(model: &mut Model, mut form: Form, action: Action) -> Option<Form> {
    match action {
        Action::Up => form.choose(true, &model.stock),
        Action::Down => form.choose(false, &model.stock),
        Action::NextField => form.turn(true),
        Action::PreviousField => form.turn(false),
        _ => return None,
    }
    Some(form)
}

fn in_order(model: &mut Model, mut form: Form, action: Action) -> Vec<Effect> {
    if action == Action::Accept {
        if let Some(order) = form.new_order(&model.stock) {
            model.last_order = Some(order.clone());
            return vec![Effect::PlaceOrder(order)];
        }
        form.field = form.first_problem().unwrap_or(form.field);
        model.mode = Mode::Order(form);
    } else if let Some(form) = edit_form(model, form, action) {
        model.mode = Mode::Order(form);
    }
    Vec::new()
}

fn in_restock(model: &mut Model, mut form: Form, action: Action) -> Vec<Effect> {
    if action == Action::Accept {
        if let Some((product_id, quantity)) = form.to_restock(&model.stock) {
            return vec![Effect::Restock { product_id, quantity }];
        }
        form.field = form.first_problem().unwrap_or(form.field);
        model.mode = Mode::Restock(form);
    } else if let Some(form) = edit_form(model, form, action) {
        model.mode = Mode::Restock(form);
    }
    Vec::new()
}

fn popup_step(action: Action) -> Option<Step> {
    match action {
        Action::Down => Some(Step::Older(1)),
        Action::Up => Some(Step::Newer(1)),
        Action::PageDown => Some(Step::Older(PAGE)),
        Action::PageUp => Some(Step::Newer(PAGE)),
        Action::Top => Some(Step::Newer(usize::MAX)),
        _ => None,
    }
}

/// The last line a popup can be scrolled to; drawing stops at its real end before that.
const POPUP_LINES: usize = 2_000;

/// Scrolls the text of an open popup.
pub(crate) fn scroll_popup(model: &mut Model, step: Step) {
    if let Mode::Help { line } | Mode::OrderDetail { line, .. } | Mode::EventDetail { line, .. } = &mut model.mode {
        *line = step.from(Some(*line), POPUP_LINES).unwrap_or(0);
    }
}
