//! The Scenarios view.

use crossterm::event::KeyCode;
use eventflow_tui::{
    app::{Effect, Message, Scope},
    scenario::{Progress, Verdict},
};

use crate::{
    keys::{keys, press},
    looks::snap,
    script::{CONSUMERS, Script},
};

fn connected() -> Script {
    let mut script = Script::new();
    script.connect(&CONSUMERS);
    script.effects.clear();
    script
}

fn verdict(says: &str, measured: &str, holds: bool) -> Message {
    Message::Scenario(Progress::Judged(Verdict { says: says.into(), measured: measured.into(), holds }))
}

#[test]
fn scenarios_are_chosen_from_a_list() {
    let mut script = connected();
    keys(&mut script, "sjj");
    assert_eq!(script.model.scope(), Scope::Scenarios);
    snap("scenarios", &script.model);
    press(&mut script, KeyCode::Esc);
    assert_eq!(script.model.scope(), Scope::View);
}

#[test]
fn the_narration_stands_below_the_live_map() {
    let mut script = connected();
    keys(&mut script, "sjj");
    press(&mut script, KeyCode::Enter);
    assert!(
        matches!(script.effects.as_slice(), [Effect::PlayScenario(scenario)] if scenario.name == "notification-fails")
    );
    script.effects.clear();
    script.send(Message::Scenario(Progress::Faults));
    assert_eq!(script.effects, [Effect::FetchServices], "what broke is shown at once");
    for step in [1, 2, 4] {
        script.send(Message::Scenario(Progress::Told(step)));
    }
    script.send(verdict("All six orders were final", "orders.open (0) == 0", true));
    snap("scenario-told", &script.model);
    press(&mut script, KeyCode::Enter);
    assert_eq!(script.effects.last(), Some(&Effect::NextStep));
    script.send(Message::Scenario(Progress::Doing(5)));
    let figures = "sendNotification.dead_letters (4) == sendNotification.heard (6)";
    script.send(Message::Scenario(Progress::Waiting(figures.into())));
    snap("scenario-waiting", &script.model);
    keys(&mut script, "x");
    assert_eq!(script.effects.last(), Some(&Effect::EndScenario));
}

#[test]
fn what_could_not_begin_is_said_and_the_list_is_back() {
    let mut script = connected();
    keys(&mut script, "s");
    press(&mut script, KeyCode::Enter);
    script.send(Message::Scenario(Progress::NotBegun("a fault is on; clear it first".into())));
    let shown = crate::looks::draw(&script.model, (120, 36)).backend().to_string();
    assert!(shown.contains("a fault is on") && shown.contains("Enter plays"), "{shown}");
}
