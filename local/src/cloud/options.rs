//! What to run, and how.

use std::{collections::BTreeMap, path::PathBuf};

/// Options of an embedded cloud.
#[derive(Debug, Clone)]
pub struct CloudOptions {
    /// The text of the SAM template.
    pub template: String,
    /// Values for template parameters; the others take their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The stack's name.
    pub stack_name: String,
    /// The Region that the cloud says it is.
    pub region: String,
    /// The account that the cloud says it is, twelve digits.
    pub account: String,
    /// The loopback port of the AWS APIs; 0 for any that is free. The HTTP API takes the next one, or any.
    pub port: u16,
    /// How many times as fast waits pass that AWS counts in minutes. 1.0 is AWS's pace.
    pub time_scale: f64,
    /// Names under which `executable` serves when it is started as such: binary names of functions, and
    /// [`reaper_binary_name`](crate::process::reaper_binary_name) for the watchdog that ends processes when this one is killed.
    /// Name only what the executable's `main` really looks for: under any other name it would run as itself.
    pub linked: Vec<String>,
    /// The executable that serves them and the watchdog; the running one unless a test says otherwise.
    pub executable: PathBuf,
}

impl CloudOptions {
    /// The options for a template: no parameters, any port, sixty times AWS's pace, and this executable for `linked` functions.
    ///
    /// # Errors
    /// When the system does not tell the path of the running executable.
    pub fn new(
        template: impl Into<String>,
        linked: impl IntoIterator<Item = impl Into<String>>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            template: template.into(),
            parameters: BTreeMap::new(),
            stack_name: "eventflow-order-system-dev".into(),
            region: "us-east-1".into(),
            account: "000000000000".into(),
            port: 0,
            time_scale: 60.0,
            linked: linked.into_iter().map(Into::into).collect(),
            executable: std::env::current_exe()?,
        })
    }
}
