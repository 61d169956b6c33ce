//! A scripted, busy Flow view in the real terminal, to look at. `flow_demo [busy|quiet|empty|payment|throttle|notify|eight|form|faults|help|order|event]`

#[path = "../tests/view/script.rs"]
mod script;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use eventflow_tui::app::Message;
use script::{CONSUMERS, Script, notification_failing, payment_failing, throttled};

fn scene(name: &str) -> Script {
    let mut script = match name {
        "payment" => payment_failing(),
        "throttle" => throttled(),
        "notify" => notification_failing(),
        "empty" => Script::new(),
        _ => {
            let mut script = Script::new();
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
    eventflow_tui::dashboard::show(scene(&name).model, receiver, effects, shutdown).await?;
    Ok(())
}
