//! The commands after `:`.

use super::{
    faults,
    message::{Effect, Fault, NewOrder},
    services::Services,
    stock::StockLevels,
};

/// A command's name, its arguments, and what it does.
pub(crate) const COMMANDS: [(&str, &str, &str); 9] = [
    ("burst", "[N] [PRODUCT]", "place N orders at once (20)"),
    ("clear", "", "turn every fault off"),
    ("fault", "FUNCTION KIND [off]", "break a function"),
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
    let names: Vec<_> = services.consumers().map(|service| service.name.as_str()).collect();
    let usage = || format!(":fault needs a function ({}) and a kind (error, throttle, halt, ...)", names.join(", "));
    let (Some(wanted), Some(kind)) = (rest.first(), rest.get(1)) else { return Err(usage()) };
    let wanted = wanted.to_ascii_lowercase();
    let function = names.iter().find(|name| name.to_ascii_lowercase().contains(&wanted)).ok_or_else(usage)?.to_string();
    let kind = faults::by_word(kind).ok_or_else(|| {
        format!("{kind} is no kind of fault; there are decline, out-of-stock, error, crash, latency, timeout, throttle, halt, disconnect")
    })?;
    Ok(Meaning::Do(Effect::SetFault { fault: Fault { function, kind }, on: rest.get(2) != Some(&"off") }))
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
