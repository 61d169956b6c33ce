//! The functional core of the dashboard: what is shown, what happens, and what follows from it. No I/O.

mod actions;
mod backlog;
mod bindings;
mod blast;
mod breaking;
mod command;
mod events;
pub(crate) mod faults;
mod findings;
mod form;
mod health;
mod hold;
mod input;
mod intake;
mod layout;
mod leave;
mod matrix;
mod message;
mod mode;
mod model;
mod notices;
mod orders;
mod pattern;
mod pulses;
mod scenarios;
mod services;
mod stock;
mod timeline;
mod update;
mod window;

pub use crate::observe::text::{clean, clean_in_place};
pub use bindings::{Action, Binding, Key, Scope, action_for, bindings, bindings_markdown};
pub use health::Health;
pub use message::*;
pub use model::{Appearance, Model};
pub use timeline::{AttemptEnd, Entry, EntryKind, Facet, Timeline};
pub use update::update;

pub(crate) use {
    blast::Blast,
    command::COMMANDS,
    events::EventRow,
    findings::{Finding, Harm, Sentence, Verdict, findings, sentences},
    form::{Field, Form},
    hold::offset,
    layout::{Needs, SAID, SMALLEST, areas, blast_table},
    leave::{Leaving, undoable},
    matrix::{Cell, Knob, cell, columns, heads},
    mode::{Mode, Pane},
    notices::Notice,
    orders::{HIGHLIGHT, OrderRow},
    pattern::hears,
    pulses::Edge,
    scenarios::Stage,
    services::{Service, duration_text, is_telling},
    timeline::requests,
    window::Sample,
};
