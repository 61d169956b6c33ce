//! A real terminal around the built program: a pseudo-terminal, and a screen that can be read and waited for.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a condition may take to come true before the test fails: far more than it ever takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program in its terminal.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
}

impl Terminal {
    /// Starts the built `eventflow-tui` with these arguments in a terminal of that size.
    pub(crate) fn start(arguments: &[&str], (columns, rows): (u16, u16)) -> Self {
        let pty = native_pty_system()
            .openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_eventflow-tui"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        let child = pty.slave.spawn_command(command).expect("the program starts");
        let keyboard = pty.master.take_writer().expect("a keyboard");
        let mut output = pty.master.try_clone_reader().expect("a screen");
        let screen = Arc::new((Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)), Condvar::new()));
        let shared = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shared.0.lock().expect("the screen").process(&bytes[..count]);
                shared.1.notify_all();
            }
        });
        Self { child, master: pty.master, keyboard, screen }
    }

    /// Types text or the bytes of a key.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.keyboard.flush().expect("the terminal takes keys");
    }

    /// Changes the size of the terminal.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.screen.0.lock().expect("the screen").screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).expect("a resize");
    }

    /// The text on the screen.
    pub(crate) fn text(&self) -> String {
        self.screen.0.lock().expect("the screen").screen().contents()
    }

    /// Waits until the screen's text satisfies `condition`.
    ///
    /// # Panics
    /// With the screen, when it does not within [`PATIENCE`].
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&str) -> bool) {
        let (screen, changed) = &*self.screen;
        let deadline = Instant::now() + PATIENCE;
        let mut parser = screen.lock().expect("the screen");
        while !condition(&parser.screen().contents()) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} never came on the screen:\n{}", parser.screen().contents());
            parser = changed.wait_timeout(parser, left).expect("the screen").0;
        }
    }

    /// Whether the screen's text satisfies `condition` within that time.
    pub(crate) fn comes_within(&self, time: Duration, condition: impl Fn(&str) -> bool) -> bool {
        let (screen, changed) = &*self.screen;
        let parser = screen.lock().expect("the screen");
        let waited = changed.wait_timeout_while(parser, time, |parser| !condition(&parser.screen().contents()));
        !waited.expect("the screen").1.timed_out()
    }

    /// Waits until `text` is on the screen.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits until the terminal is as a shell expects it: main screen, cursor shown, no mouse or paste mode. What the
    /// program wrote last may still be on its way when it has ended.
    ///
    /// # Panics
    /// With the screen, when it is not within [`PATIENCE`].
    pub(crate) fn wait_until_restored(&self) {
        let (screen, changed) = &*self.screen;
        let parser = screen.lock().expect("the screen");
        let waited = changed.wait_timeout_while(parser, PATIENCE, |parser| !is_restored(parser.screen()));
        let (parser, result) = waited.expect("the screen");
        assert!(!result.timed_out(), "the terminal was not restored:\n{}", parser.screen().contents());
    }

    /// The program's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().expect("a running program")
    }

    /// Waits for the program's end.
    pub(crate) fn wait_for_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the program's status") {
                return status;
            }
            assert!(Instant::now() < deadline, "the program did not end:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn is_restored(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a size above 0")
}

/// All living descendants of a process, by id. Reads /proc.
pub(crate) fn descendants(pid: u32) -> BTreeSet<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| {
            let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
            Some((pid, parent_of(pid)?))
        })
        .collect();
    let mut found = BTreeSet::from([pid]);
    loop {
        let before = found.len();
        found.extend(
            parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(pid, _)| *pid).collect::<Vec<_>>(),
        );
        if found.len() == before {
            found.remove(&pid);
            return found;
        }
    }
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name is in parentheses and may hold anything; the fields begin behind the last one.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Waits until none of these processes lives any more.
///
/// # Panics
/// With their ids, when some still live after [`PATIENCE`].
pub(crate) fn wait_until_gone(pids: &BTreeSet<u32>) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left: Vec<_> = pids.iter().filter(|pid| is_alive(**pid)).collect();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "processes left behind: {left:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn is_alive(pid: u32) -> bool {
    // A zombie waits only for its parent to look; nothing of it runs.
    Path::new(&format!("/proc/{pid}")).exists()
        && fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}
