//! Panics while the dashboard holds the terminal.
//!
//! A panic hook that restores the terminal would do so under a program that lives on when the panic is in a background
//! task. So this one only keeps the report and asks the dashboard to end; the report is printed once the terminal is back.

use std::{
    panic,
    sync::{Arc, Mutex, PoisonError},
};

use tokio_util::sync::CancellationToken;

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send + 'static>;

/// Keeps the reports of panics until the terminal is back.
pub(super) struct Panics {
    reports: Arc<Mutex<Vec<String>>>,
    before: Arc<Hook>,
}

impl Panics {
    /// Keeps reports from now on; the first panic cancels `shutdown`.
    pub(super) fn keep(shutdown: CancellationToken) -> Self {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let before = Arc::new(panic::take_hook());
        let kept = Arc::clone(&reports);
        panic::set_hook(Box::new(move |info| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(report(info));
            shutdown.cancel();
        }));
        Self { reports, before }
    }

    /// Gives the hook before back and returns what was kept.
    pub(super) fn release(&self) -> Vec<String> {
        // Inside a panicking thread the hook cannot be changed; it then stays, harmless, until the program ends.
        if !std::thread::panicking() {
            let before = Arc::clone(&self.before);
            panic::set_hook(Box::new(move |info| before(info)));
        }
        std::mem::take(&mut *self.reports.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn report(info: &panic::PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let backtrace = std::backtrace::Backtrace::capture();
    let mut text = format!("thread '{}' {info}", thread.name().unwrap_or("unnamed"));
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        text.push_str(&format!("\n{backtrace}"));
    }
    text
}
