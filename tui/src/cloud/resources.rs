//! The physical names of what the stack consists of.

/// What the dashboard reads and changes, by physical name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resources {
    /// The API's base URL, without a trailing slash.
    pub api_url: String,
    /// The orders table.
    pub orders_table: String,
    /// The inventory table.
    pub inventory_table: String,
    /// The faults table.
    pub faults_table: String,
    /// The log group that holds every event.
    pub event_log_group: String,
    /// The functions, in the order of `app::System::functions`.
    pub functions: Vec<FunctionResources>,
}

/// What belongs to one function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FunctionResources {
    /// Its name.
    pub name: String,
    /// The log group it writes to.
    pub log_group: String,
    /// The rules that aim at it, by name.
    pub rules: Vec<String>,
    /// The URLs of its dead-letter queues: on-failure destination and those of its rules, each once.
    pub dead_letter_queues: Vec<String>,
}
