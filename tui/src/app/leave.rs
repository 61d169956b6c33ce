//! Leaving while faults are on: undo them first, leave them on, or stay.

use super::{
    bindings::Action,
    breaking, faults,
    message::{Effect, Fault},
    mode::Mode,
    model::Model,
};

/// How far leaving is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// The question is open.
    Asked,
    /// A fault that was just asked for has to be on before it can be undone.
    Waiting,
    /// The faults are being undone; it ends when none is seen any more.
    Undoing,
    /// Undoing failed: why.
    Failed(String),
}

/// Leaves, or asks.
pub(crate) fn ask(model: &mut Model) -> Vec<Effect> {
    if model.leaves_faults || is_clean(model) {
        return vec![Effect::Quit];
    }
    model.mode = Mode::Leave(Leaving::Asked);
    Vec::new()
}

/// Does what a key is for while the question is open.
pub(crate) fn act(model: &mut Model, leaving: Leaving, action: Action) -> Vec<Effect> {
    match action {
        Action::LeaveOn => vec![Effect::Quit],
        Action::Back => Vec::new(),
        Action::Accept if is_clean(model) => vec![Effect::Quit],
        Action::Accept if !matches!(leaving, Leaving::Waiting | Leaving::Undoing) => undo(model),
        _ => {
            model.mode = Mode::Leave(leaving);
            Vec::new()
        }
    }
}

fn undo(model: &mut Model) -> Vec<Effect> {
    // Undone before it is on, a fault would come after all.
    if is_asked_for(model) {
        model.mode = Mode::Leave(Leaving::Waiting);
        return Vec::new();
    }
    model.mode = Mode::Leave(Leaving::Undoing);
    breaking::clear(model)
}

/// The services' states were read: goes on with leaving, if it was only waiting for that.
pub(crate) fn states_read(model: &mut Model) -> Vec<Effect> {
    match &model.mode {
        Mode::Leave(Leaving::Asked) => Vec::new(),
        Mode::Leave(_) if is_clean(model) => vec![Effect::Quit],
        Mode::Leave(Leaving::Waiting) if !is_asked_for(model) => undo(model),
        _ => Vec::new(),
    }
}

/// Something failed: whoever waits for the faults to be undone must know.
pub(crate) fn failed(model: &mut Model, why: &str) {
    if let Mode::Leave(leaving) = &mut model.mode
        && *leaving != Leaving::Asked
    {
        *leaving = Leaving::Failed(why.to_owned());
    }
}

/// The faults that are on and can be undone: of what was set by hand in the account, nobody knows how it was before.
pub(crate) fn undoable(model: &Model) -> impl Iterator<Item = Fault> {
    let ours = |(fault, until): &(Fault, _)| faults::has_rate(fault.kind) || Option::is_some(until);
    model.services.faults().filter(ours).map(|(fault, _)| fault)
}

fn is_clean(model: &Model) -> bool {
    undoable(model).next().is_none() && !is_asked_for(model)
}

fn is_asked_for(model: &Model) -> bool {
    model.wanted.iter().any(|(_, on)| *on)
}
