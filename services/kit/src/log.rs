//! Log lines as CloudWatch Logs wants them: one flat JSON object a line.
//!
//! Lambda filters a function's lines by their top-level `level` and `timestamp`; a line without a valid timestamp counts
//! as INFO. Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>

use std::{
    fmt,
    io::{self, Write},
};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{
    Event, Level, Span, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::environment;

/// Installs the subscriber of this process. Panics are logged as lines too.
pub(crate) fn install(function: &str) {
    let lines = Lines { function: function.to_owned(), write: write_to_stdout };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter(level())));
    // Another subscriber is there already when a function runs within a test: keep that one.
    if tracing::subscriber::set_global_default(subscriber).is_ok() {
        std::panic::set_hook(Box::new(|panic| tracing::error!(outcome = "panic", "{panic}")));
    }
}

/// The span of one invocation: what every line in it carries.
pub(crate) fn invocation_span(request_id: &str) -> Span {
    use tracing::field::Empty;
    tracing::info_span!("invocation", requestId = request_id, eventId = Empty, orderId = Empty)
}

/// From here on the lines of this invocation name this event.
pub(crate) fn note_event(event_id: &str) {
    Span::current().record("eventId", event_id);
}

/// From here on the lines of this invocation name this order.
pub fn note_order(order_id: &str) {
    Span::current().record("orderId", order_id);
}

/// The level that the template sets; Lambda puts it into AWS_LAMBDA_LOG_LEVEL for functions that log JSON.
fn level() -> LevelFilter {
    environment::optional("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO)
}

fn filter(level: LevelFilter) -> Targets {
    // The runtime logs each failed invocation again, in Rust's debug format: we have said it already.
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("lambda_runtime", LevelFilter::OFF)
        .with_target("eventflow", level)
}

fn write_to_stdout(line: &[u8]) {
    // A log that cannot be written must not end the function.
    let _ = io::stdout().lock().write_all(line);
}

/// Writes each event as one line. `write` takes whole lines, newline included.
struct Lines<W> {
    function: String,
    write: W,
}

/// The fields of a span, kept until a line needs them.
struct Fields(Map<String, Value>);

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields(Map::new());
        line.put("timestamp", format!("{:.3}", Timestamp::now()).into());
        line.put("level", level_name(*event.metadata().level()).into());
        line.put("message", Value::Null);
        line.put("function", self.function.as_str().into());
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend(fields.0.clone());
            }
        }
        event.record(&mut line);
        if let Ok(mut bytes) = serde_json::to_vec(&line.0) {
            bytes.push(b'\n');
            (self.write)(&bytes);
        }
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}

impl Fields {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::{Arc, Mutex};

    use super::*;

    fn lines(run: impl FnOnce()) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let write = move |line: &[u8]| sink.lock().unwrap().extend_from_slice(line);
        let layer = Lines { function: "processPayment".into(), write };
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter(LevelFilter::INFO)));
        tracing::subscriber::with_default(subscriber, run);
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_flat_and_carries_the_invocation() {
        let lines = lines(|| {
            let span = invocation_span("req-1");
            let _entered = span.enter();
            tracing::info!("before the event is read");
            note_event("event-1");
            note_order("ord-1");
            tracing::warn!(outcome = "declined", attempts = 3, "the gateway declined");
        });
        assert_eq!(lines[0]["requestId"], "req-1");
        assert!(lines[0].get("orderId").is_none());
        let line = lines[1].as_object().unwrap();
        let expected = [
            ("level", "WARN"),
            ("message", "the gateway declined"),
            ("function", "processPayment"),
            ("requestId", "req-1"),
            ("eventId", "event-1"),
            ("orderId", "ord-1"),
            ("outcome", "declined"),
        ];
        for (name, value) in expected {
            assert_eq!(line[name], value);
        }
        assert_eq!(line["attempts"], 3);
        assert!(line["timestamp"].as_str().unwrap().parse::<Timestamp>().is_ok());
        assert_eq!(line.len(), 9, "{line:?}");
    }

    #[test]
    fn text_with_newlines_stays_one_line_and_others_chatter_is_left_out() {
        let lines = lines(|| {
            tracing::info!("first\nsecond");
            tracing::info!(target: "hyper", "a connection was made");
            tracing::warn!(target: "hyper", "a connection broke");
            tracing::error!(target: "lambda_runtime::layers::panic", "said already");
            tracing::debug!("detail");
        });
        let messages: Vec<&str> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["first\nsecond", "a connection broke"]);
    }
}
