//! The commands after `:`.

use super::{
    faults,
    message::{Effect, Fault, FaultKind, FaultSetting, NewOrder},
    services::Services,
    stock::StockLevels,
};

/// A command's name, its arguments, and what it does.
pub(crate) const COMMANDS: [(&str, &str, &str); 9] = [
    ("burst", "[N] [PRODUCT]", "place N orders at once (20)"),
    ("clear", "", "turn every fault off"),
    ("fault", "FUNCTION KIND [off|30% 5m 2s]", "break a function: rate, for how long, latency"),
    ("filter", "[WORDS]", "show only what has these words"),
    ("help", "", "show the keys"),
    ("order", "[PRODUCT] [QUANTITY] [USER]", "place an order"),
    ("quit", "", "leave"),
    ("refresh", "", "read everything again"),
    ("restock", "[PRODUCT] [QUANTITY]", "add to the stock (50)"),
];

/// The most orders of one burst. A demonstration, not a load test.
const MOST_BURST: u32 = 10_000;

/// What a command means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    /// Something for the runtime.
    Do(Effect),
    /// Leave, with the question if faults are on.
    Quit,
    /// Show the help.
    Help,
    /// Filter the lists.
    Filter(String),
    /// Nothing was typed.
    Nothing,
}

/// The name that `typed` begins, when it begins just one.
pub(crate) fn complete(typed: &str) -> Option<&'static str> {
    let mut begun = COMMANDS.iter().filter(|(name, ..)| name.starts_with(typed));
    match (begun.next(), begun.next()) {
        (Some((name, ..)), None) => Some(name),
        _ => None,
    }
}

/// Understands a command, or says what is wrong with it and what would be right.
pub(crate) fn parse(text: &str, services: &Services, stock: &StockLevels) -> Result<Meaning, String> {
    let mut words = text.split_whitespace();
    let Some(typed) = words.next() else { return Ok(Meaning::Nothing) };
    let rest: Vec<&str> = words.collect();
    let name = complete(typed).ok_or_else(|| {
        let names: Vec<_> = COMMANDS.iter().map(|(name, ..)| *name).collect();
        format!(":{typed} is no command; there are {}", names.join(", "))
    })?;
    match name {
        "burst" => burst(&rest),
        "clear" => Ok(Meaning::Do(Effect::ClearFaults)),
        "fault" => fault(&rest, services),
        "filter" => Ok(Meaning::Filter(rest.join(" "))),
        "help" => Ok(Meaning::Help),
        "order" => {
            let product = rest.first().copied().or(stock.first_available());
            let product = product.ok_or("no product is known yet; say which: :order espresso 2")?;
            Ok(Meaning::Do(Effect::PlaceOrder(NewOrder {
                user_id: rest.get(2).unwrap_or(&"user-42").to_string(),
                product_id: product.to_owned(),
                quantity: number(rest.get(1).copied(), 1, 1_000)?,
            })))
        }
        "quit" => Ok(Meaning::Quit),
        "refresh" => Ok(Meaning::Do(Effect::Reconcile)),
        _ => {
            let product = rest.first().copied().or(stock.first_available());
            let product = product.ok_or("no product is known yet; say which: :restock espresso 50")?;
            Ok(Meaning::Do(Effect::Restock {
                product_id: product.to_owned(),
                quantity: number(rest.get(1).copied(), 50, 100_000)?,
            }))
        }
    }
}

fn burst(rest: &[&str]) -> Result<Meaning, String> {
    Ok(Meaning::Do(Effect::PlaceBurst {
        count: number(rest.first().copied(), 20, MOST_BURST)?,
        product_id: rest.get(1).map(|product| (*product).to_owned()),
    }))
}

fn fault(rest: &[&str], services: &Services) -> Result<Meaning, String> {
    let able: Vec<_> = services.list.iter().filter(|s| faults::applies(FaultKind::Error, &s.name, &s.role)).collect();
    let names: Vec<_> = able.iter().map(|service| service.name.as_str()).collect();
    let usage = || format!(":fault needs a function ({}) and a kind ({})", names.join(", "), faults::words());
    let (Some(wanted), Some(kind)) = (rest.first(), rest.get(1)) else { return Err(usage()) };
    let wanted = wanted.to_ascii_lowercase();
    let service = able.iter().find(|service| service.name.to_ascii_lowercase().contains(&wanted)).ok_or_else(usage)?;
    let known = || format!("{kind} is no kind of fault; there are {}", faults::words());
    let kind = faults::by_word(kind).ok_or_else(known)?;
    if !faults::applies(kind, &service.name, &service.role) {
        return Err(format!("{} cannot have that: {}", service.name, faults::title(kind)));
    }
    let fault = Fault { function: service.name.clone(), kind };
    Ok(Meaning::Do(Effect::SetFault { fault, setting: setting(&rest[2..])? }))
}

/// `off`, or how: a rate, for how long, and a latency, in that order and all of them optional: `30% 5m 2s`.
fn setting(words: &[&str]) -> Result<Option<FaultSetting>, String> {
    let mut setting = FaultSetting::default();
    let mut durations = 0;
    for word in words {
        if *word == "off" {
            return Ok(None);
        }
        if let Some(percent) = word.strip_suffix('%') {
            let percent = percent.parse().ok().filter(|percent: &f64| (0.0..=100.0).contains(percent));
            setting.rate = percent.ok_or_else(|| format!("{word} is no rate from 0% to 100%"))? / 100.0;
            continue;
        }
        let duration = faults::span(word).map_err(|problem| format!("{word}: {problem}"))?;
        match durations {
            0 => setting.lasts = duration,
            1 => setting.latency = duration,
            _ => return Err(format!("{word} is one too many: a rate, how long it lasts, and a latency are enough")),
        }
        durations += 1;
    }
    Ok(Some(setting))
}

fn number(text: Option<&str>, default: u32, most: u32) -> Result<u32, String> {
    let Some(text) = text else { return Ok(default) };
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(format!("{text} is no whole number from 1 to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_understood_by_their_beginning() {
        let (services, stock) = (Services::default(), StockLevels::default());
        let parse = |text| parse(text, &services, &stock);
        assert_eq!(parse("bu 7 tea"), Ok(Meaning::Do(Effect::PlaceBurst { count: 7, product_id: Some("tea".into()) })));
        assert_eq!(parse("q"), Ok(Meaning::Quit));
        assert_eq!(parse("  "), Ok(Meaning::Nothing));
        assert_eq!(parse("filter a b"), Ok(Meaning::Filter("a b".into())));
        assert!(parse("burst 0").is_err_and(|e| e.contains("1 to 10000")));
        assert!(parse("frobnicate").is_err_and(|e| e.contains("there are burst")));
        assert!(parse("re").is_err(), "refresh or restock");
        assert!(parse("order").is_err_and(|e| e.contains(":order espresso")));
    }
}
