//! The one table of keys: what a key does, the footer, the help and the README's table all come from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Open the order form.
    Order,
    /// Place twenty orders at once.
    Burst,
    /// Open the fault matrix.
    Faults,
    /// Turn every fault off.
    ClearFaults,
    /// Open the Scenarios view.
    Scenarios,
    /// Let the scenario go on by itself, or not any more.
    ByItself,
    /// End the scenario.
    EndScenario,
    /// Open the form that adds stock.
    Restock,
    /// Type a filter for orders and events.
    Filter,
    /// Type a command.
    Command,
    /// Hold the lists, or let them go.
    Pause,
    /// Go to the next panel.
    NextPane,
    /// Go to the panel before.
    PreviousPane,
    /// One row down (older), or the next choice.
    Down,
    /// One row up (newer), or the choice before.
    Up,
    /// Ten rows down.
    PageDown,
    /// Ten rows up.
    PageUp,
    /// The newest row; follow again.
    Top,
    /// The oldest row.
    Bottom,
    /// Show the selected row in full.
    Open,
    /// Read everything again.
    Refresh,
    /// Let the mouse select, or leave it to the terminal.
    Mouse,
    /// Go to a view by number.
    View(u8),
    /// Show the keys.
    Help,
    /// Leave.
    Quit,
    /// Leave at once, whatever is open.
    QuitNow,
    /// Back by one layer.
    Back,
    /// The cell to the left.
    Left,
    /// The cell to the right.
    Right,
    /// Turn the knob of the next fault: in which share of the invocations it strikes.
    Rate,
    /// Turn the knob of the next fault: how long it lasts.
    Lasts,
    /// Turn the knob of the next fault: by how much it delays.
    Delay,
    /// Kill the processes of the chosen service.
    Kill,
    /// Publish the newest OrderCreated once more.
    Duplicate,
    /// Publish an event that nobody can read.
    Poison,
    /// Send the chosen service's dead letters again.
    Redrive,
    /// Leave with the faults on.
    LeaveOn,
    /// Accept what was typed or chosen.
    Accept,
    /// Turn the chosen fault on or off.
    Toggle,
    /// Go to the next field.
    NextField,
    /// Go to the field before.
    PreviousField,
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere, before all others.
    Everywhere,
    /// The view itself, nothing open.
    View,
    /// The Scenarios view.
    Scenarios,
    /// A filter is typed.
    Filter,
    /// A command is typed.
    Command,
    /// A form is open.
    Form,
    /// The fault matrix is open.
    Menu,
    /// A text to read is open: help or a detail.
    Popup,
    /// A question is asked before leaving.
    Confirm,
}

impl Scope {
    /// The heading of its keys in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::View => "Flow",
            Self::Scenarios => "Scenarios",
            Self::Filter => "Filter",
            Self::Command => "Commands",
            Self::Form => "Forms",
            Self::Menu => "Faults",
            Self::Popup => "Help and details",
            Self::Confirm => "Leaving",
        }
    }
}

/// A key: its code, with Control or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The code; letters as typed, Shift included.
    pub code: KeyCode,
    /// Whether Control is held.
    pub control: bool,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where it holds.
    pub scope: Scope,
    /// The keys that do it.
    pub keys: &'static [Key],
    /// The keys as people write them.
    pub shown: &'static str,
    /// What they do.
    pub action: Action,
    /// The word in the footer; `None` leaves it to the help.
    pub footer: Option<&'static str>,
    /// The sentence in the help.
    pub help: &'static str,
}

const fn k(code: KeyCode) -> Key {
    Key { code, control: false }
}

const fn c(letter: char) -> Key {
    Key { code: KeyCode::Char(letter), control: false }
}

const fn ctrl(letter: char) -> Key {
    Key { code: KeyCode::Char(letter), control: true }
}

macro_rules! table {
    ($($scope:ident [$($key:expr),+] $shown:literal $action:expr, $footer:expr, $help:literal;)+) => {
        &[$(Binding {
            scope: Scope::$scope,
            keys: &[$($key),+],
            shown: $shown,
            action: $action,
            footer: $footer,
            help: $help,
        }),+]
    };
}

use Action as A;
use KeyCode as K;

static BINDINGS: &[Binding] = table! {
    Everywhere [ctrl('c')] "Ctrl-c" A::QuitNow, None, "leave at once";
    View [c('n')] "n" A::Order, Some("order"), "place an order; n Enter places one at once";
    View [c('b')] "b" A::Burst, Some("burst"), "place 20 orders at once, spread over the products";
    View [c('f')] "f" A::Faults, Some("faults"), "break something: the matrix of faults";
    View [c('F')] "F" A::ClearFaults, Some("clear faults"), "turn every fault off";
    View [c('s'), c('6')] "s 6" A::Scenarios, Some("scenarios"), "the Scenarios view: prepared demonstrations with a verdict";
    View [c('r')] "r" A::Restock, Some("restock"), "add to a product's stock";
    View [c('/')] "/" A::Filter, Some("filter"), "filter orders and events as you type";
    View [c(' ')] "Space" A::Pause, Some("pause"), "hold the lists while new rows are counted; again to let go";
    View [c(':')] ":" A::Command, Some("command"), "type a command: burst 100, fault, restock, clear, quit";
    View [k(K::Tab)] "Tab" A::NextPane, Some("panel"), "go to the next panel";
    View [k(K::BackTab)] "Shift-Tab" A::PreviousPane, None, "go to the panel before";
    View [c('j'), k(K::Down)] "j ↓" A::Down, None, "one row down";
    View [c('k'), k(K::Up)] "k ↑" A::Up, None, "one row up";
    View [ctrl('d'), k(K::PageDown)] "Ctrl-d PgDn" A::PageDown, None, "ten rows down";
    View [ctrl('u'), k(K::PageUp)] "Ctrl-u PgUp" A::PageUp, None, "ten rows up";
    View [c('g'), k(K::Home)] "g Home" A::Top, None, "the newest row; follow again";
    View [c('G'), k(K::End)] "G End" A::Bottom, None, "the oldest row";
    View [k(K::Enter)] "Enter" A::Open, Some("detail"), "show the selected order, event or product in full";
    View [c('R')] "R" A::Refresh, None, "read everything again";
    View [c('m')] "m" A::Mouse, None, "mouse selects rows; again to leave it to the terminal";
    View [c('1')] "1" A::View(1), None, "the Flow view";
    View [k(K::Esc)] "Esc" A::Back, None, "back by one layer: notice, selection, blast radius, filter";
    View [c('?')] "?" A::Help, Some("help"), "show the keys";
    View [c('q')] "q" A::Quit, Some("quit"), "leave; asks when faults are on";
    Scenarios [k(K::Enter), c(' ')] "Enter" A::Accept, Some("play/next"), "play the chosen scenario; the next step of the one that is played";
    Scenarios [c('a')] "a" A::ByItself, Some("by itself"), "go on by itself, with time to read; again for step by step";
    Scenarios [c('x')] "x" A::EndScenario, Some("end"), "end the scenario; what it changed is put back";
    Scenarios [c('j'), k(K::Down)] "j ↓" A::Down, None, "the next scenario";
    Scenarios [c('k'), k(K::Up)] "k ↑" A::Up, None, "the scenario before";
    Scenarios [c('g'), k(K::Home)] "g Home" A::Top, None, "the first scenario";
    Scenarios [c('G'), k(K::End)] "G End" A::Bottom, None, "the last scenario";
    Scenarios [k(K::Esc), c('s')] "Esc" A::Back, Some("back"), "back: from the verdicts to the list, from the list to Flow";
    Scenarios [c('1')] "1" A::View(1), None, "the Flow view; a scenario that is played goes on";
    Scenarios [c('n')] "n" A::Order, None, "place an order";
    Scenarios [c('f')] "f" A::Faults, None, "break something: the matrix of faults";
    Scenarios [c('F')] "F" A::ClearFaults, None, "turn every fault off";
    Scenarios [c('?')] "?" A::Help, Some("help"), "show the keys";
    Scenarios [c('q')] "q" A::Quit, Some("quit"), "leave; asks when faults are on";
    Filter [k(K::Enter)] "Enter" A::Accept, Some("keep"), "keep the filter";
    Filter [k(K::Esc)] "Esc" A::Back, Some("drop the filter"), "drop the filter";
    Command [k(K::Enter)] "Enter" A::Accept, Some("run"), "run the command";
    Command [k(K::Tab)] "Tab" A::NextField, Some("complete"), "complete the command's name";
    Command [k(K::Esc)] "Esc" A::Back, Some("back"), "back without running it";
    Form [k(K::Enter)] "Enter" A::Accept, Some("do it"), "do it with what is filled in";
    Form [k(K::Up)] "↑" A::Up, Some("product"), "the product before, or one more";
    Form [k(K::Down)] "↓" A::Down, Some("product"), "the next product, or one less";
    Form [k(K::Tab)] "Tab" A::NextField, Some("field"), "the next field";
    Form [k(K::BackTab)] "Shift-Tab" A::PreviousField, None, "the field before";
    Form [k(K::Esc)] "Esc" A::Back, Some("back"), "back without doing it";
    Menu [c(' '), k(K::Enter)] "Enter Space" A::Toggle, Some("on/off"), "turn the chosen fault on or off";
    Menu [c('F')] "F" A::ClearFaults, Some("undo all"), "turn every fault off";
    Menu [k(K::Esc), c('f'), c('q')] "Esc" A::Back, Some("back"), "back";
    Menu [c('p')] "p" A::Duplicate, Some("again"), "publish the newest OrderCreated once more: a duplicate";
    Menu [c('P')] "P" A::Poison, Some("poison"), "publish a poison event: an OrderCreated of version 2.0";
    Menu [c('s')] "s" A::Redrive, Some("redrive"), "send the chosen service's dead letters to it again";
    Menu [c('x')] "x" A::Kill, Some("kill"), "kill the chosen service's processes (embedded cloud)";
    Menu [c('r')] "r" A::Rate, None, "the next fault's rate: 100, 50, 25, 10 %";
    Menu [c('t')] "t" A::Lasts, None, "how long the next fault lasts: 30s, 1m, 5m, 10m, 30m";
    Menu [c('d')] "d" A::Delay, None, "by how much the next fault delays: 500ms, 1.5s, 3s, 10s";
    Menu [c('j'), k(K::Down)] "j ↓" A::Down, None, "the next kind of fault";
    Menu [c('k'), k(K::Up)] "k ↑" A::Up, None, "the kind before";
    Menu [c('l'), k(K::Right)] "l →" A::Right, None, "the next service";
    Menu [c('h'), k(K::Left)] "h ←" A::Left, None, "the service before";
    Popup [c('j'), k(K::Down)] "j ↓" A::Down, Some("down"), "one line down";
    Popup [c('k'), k(K::Up)] "k ↑" A::Up, Some("up"), "one line up";
    Popup [ctrl('d'), k(K::PageDown), c(' ')] "Ctrl-d PgDn" A::PageDown, None, "ten lines down";
    Popup [ctrl('u'), k(K::PageUp)] "Ctrl-u PgUp" A::PageUp, None, "ten lines up";
    Popup [c('R')] "R" A::Refresh, None, "read the order's timeline again";
    Popup [c('g'), k(K::Home)] "g Home" A::Top, None, "the first line";
    Popup [k(K::Esc), k(K::Enter), c('q'), c('?')] "Esc" A::Back, Some("back"), "back";
    Confirm [k(K::Enter), c('y'), c('q')] "Enter y" A::Accept, Some("undo them and leave"), "turn every fault off, then leave";
    Confirm [c('l')] "l" A::LeaveOn, Some("leave them on"), "leave with the faults on; they end by themselves";
    Confirm [k(K::Esc), c('n')] "Esc n" A::Back, Some("stay"), "stay";
};

/// Every binding, in the order in which people should read them.
pub fn bindings() -> &'static [Binding] {
    BINDINGS
}

/// What a key does in a scope.
pub fn action_for(scope: Scope, key: &KeyEvent) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
        return None;
    }
    let find = |scope: Scope| {
        BINDINGS
            .iter()
            .find(|b| b.scope == scope && b.keys.iter().any(|k| k.code == key.code && k.control == control))
            .map(|b| b.action)
    };
    find(Scope::Everywhere).or_else(|| find(scope))
}

/// The table as Markdown, for the README.
pub fn bindings_markdown() -> String {
    let mut text = String::from("| where | key | what it does |\n|---|---|---|\n");
    for binding in BINDINGS {
        let keys: Vec<_> = binding.shown.split(' ').map(|key| format!("`{key}`")).collect();
        text.push_str(&format!("| {} | {} | {} |\n", binding.scope.title(), keys.join(" "), binding.help));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        for (at, binding) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[at + 1..] {
                if binding.scope == other.scope {
                    assert!(binding.keys.iter().all(|key| !other.keys.contains(key)), "{binding:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn letters_are_free_where_text_is_typed() {
        for binding in BINDINGS.iter().filter(|b| matches!(b.scope, Scope::Filter | Scope::Command | Scope::Form)) {
            assert!(
                !binding.keys.iter().any(|key| matches!(key.code, KeyCode::Char(_)) && !key.control),
                "{binding:?}"
            );
        }
    }

    #[test]
    fn the_markdown_has_a_row_for_each_binding() {
        assert_eq!(bindings_markdown().lines().count(), BINDINGS.len() + 2);
    }
}
