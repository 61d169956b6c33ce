//! A scripted, busy Flow view in the real terminal, to look at. `flow_demo [busy|quiet|empty|payment|throttle|notify|eight|form|faults|help|order|event]`

#[path = "../tests/view/script.rs"]
mod script;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use eventflow_tui::{app::Message, terminal::appearance_from};
use jiff::Timestamp;
use script::{CONSUMERS, Script, inventory_throttles, notifications_fail, payments_fail};

fn scene(name: &str, start: Timestamp) -> Script {
    let script = Script::at(appearance_from(|name| std::env::var(name).ok()), start);
    let mut script = match name {
        "payment" => payments_fail(script),
        "throttle" => inventory_throttles(script),
        "notify" => notifications_fail(script),
        "empty" => script,
        _ => {
            let mut script = script;
            let mut names = CONSUMERS.to_vec();
            if name == "eight" {
                names.extend([
                    "indexSearch",
                    "updateLoyaltyPoints",
                    "trainRecommendations",
                    "auditTrail",
                    "sendInvoice",
                ]);
            }
            script.connect(&names);
            if name != "quiet" {
                script.busy(60);
                script.create();
                script.wait(200);
                script.create();
                script.wait(260);
            }
            script
        }
    };
    let keys = match name {
        "form" => "n",
        "faults" => "f",
        "help" => "?",
        "order" => "j\n",
        "event" => "\tj\n",
        "command" => ":bu",
        "paused" => " ",
        _ => "",
    };
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            c => KeyCode::Char(c),
        };
        script.send(Message::Terminal(Event::Key(KeyEvent::new(code, KeyModifiers::NONE))));
    }
    if name == "paused" {
        script.busy(12);
    }
    script
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "busy".to_owned());
    // Nothing answers: the scene stands still but for the keys.
    let (_messages, receiver) = tokio::sync::mpsc::channel(1);
    let (effects, _asked) = tokio::sync::mpsc::channel(64);
    let shutdown = tokio_util::sync::CancellationToken::new();
    // A first run tells how long the scene is; the second ends now.
    let now = Timestamp::now();
    let length = scene(&name, now).now.duration_since(now);
    let model = scene(&name, now.checked_sub(length)?).model;
    eventflow_tui::dashboard::show(model, receiver, effects, shutdown).await?;
    Ok(())
}
