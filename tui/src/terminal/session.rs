//! The time in which the dashboard holds the terminal.

use std::io::{self, Stdout, Write};

use crossterm::{
    cursor,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Terminal, backend::CrosstermBackend};
use tokio_util::sync::CancellationToken;

use super::panics::Panics;
use crate::app::Appearance;

/// What of the terminal can change while the dashboard runs.
pub trait TerminalModes {
    /// Captures the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    fn capture_mouse(&mut self, on: bool) -> io::Result<()>;
}

/// A terminal without modes: for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModes;

impl TerminalModes for NoModes {
    fn capture_mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }
}

/// Holds the terminal: raw mode, alternate screen, bracketed paste. Dropping it gives the terminal back as it was found and
/// then prints the reports of panics, if there were any.
pub struct Session {
    panics: Panics,
    mouse: bool,
    restored: bool,
}

impl Session {
    /// Takes the terminal over. A panic anywhere in the program cancels `shutdown`, so that the dashboard ends and the
    /// terminal is given back.
    ///
    /// # Errors
    /// When standard output is no terminal, or cannot be written to.
    pub fn enter(shutdown: CancellationToken) -> io::Result<Self> {
        enable_raw_mode()?;
        // From here on a failure drops the session, which undoes whatever was done.
        let session = Self { panics: Panics::keep(shutdown), mouse: false, restored: false };
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        // With NO_COLOR set crossterm turns every colour command into a full reset, which drops bold and reverse with it.
        // Our theme has no colours then; the modifiers must survive.
        crossterm::style::force_color_output(true);
        Ok(session)
    }

    /// A terminal to draw on.
    ///
    /// # Errors
    /// When the terminal does not tell its size.
    pub fn terminal(&self) -> io::Result<Terminal<CrosstermBackend<Stdout>>> {
        Terminal::new(CrosstermBackend::new(io::stdout()))
    }

    /// Gives the terminal back. Further calls do nothing. Every step is tried even when one before it failed.
    pub fn restore(&mut self) {
        if std::mem::replace(&mut self.restored, true) {
            return;
        }
        let mut out = io::stdout();
        // There is nobody left to tell when the terminal itself is gone.
        let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        let _ = out.flush();
        for report in self.panics.release() {
            let _ = writeln!(io::stderr(), "eventflow-tui stopped because of a defect in it:\n{report}");
        }
    }
}

impl TerminalModes for Session {
    fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        if self.mouse != on {
            self.mouse = on;
            if on {
                execute!(io::stdout(), EnableMouseCapture)?;
            } else {
                execute!(io::stdout(), DisableMouseCapture)?;
            }
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.restore();
    }
}

/// What the terminal can show, from the environment: `NO_COLOR` (<https://no-color.org>: set and not empty), `TERM`, and
/// the locale's character set. `lookup` reads a variable.
pub fn appearance_from(lookup: impl Fn(&str) -> Option<String>) -> Appearance {
    let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
    let terminal = set("TERM").unwrap_or_default();
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    // Only a locale that names another character set is believed: many containers have none at all, on UTF-8 terminals.
    let named = locale.split_once('.').map(|(_, charset)| charset.to_ascii_lowercase().replace('-', ""));
    Appearance {
        colour: set("NO_COLOR").is_none() && terminal != "dumb",
        ascii: terminal == "linux" || named.is_some_and(|charset| !charset.starts_with("utf8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&str, &str)]) -> Appearance {
        appearance_from(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_decides() {
        assert_eq!(with(&[]), Appearance { colour: true, ascii: false });
        assert_eq!(with(&[("NO_COLOR", "1"), ("LANG", "de_DE.UTF-8")]), Appearance { colour: false, ascii: false });
        assert_eq!(with(&[("NO_COLOR", "")]), Appearance { colour: true, ascii: false });
        assert_eq!(with(&[("LC_ALL", "de_DE.ISO-8859-1")]), Appearance { colour: true, ascii: true });
    }
}
