//! The one table from a function's binary name to its `main`, so that this one executable can be every function.

use eventflow_local::process::{reaper_binary_name, reaper_main};
use lambda_runtime::Error;

type Main = fn() -> Result<(), Error>;

const FUNCTIONS: [(&str, Main); 8] = [
    ("create-order", eventflow_order::create_order::main),
    ("get-order", eventflow_order::get_order::main),
    ("republish-stuck-orders", eventflow_order::republish_stuck_orders::main),
    ("process-payment", eventflow_payment::process_payment::main),
    ("reserve-inventory", eventflow_inventory::reserve_inventory::main),
    ("restore-after-faults", eventflow_faults::restore_after_faults::main),
    ("send-notification", eventflow_notification::send_notification::main),
    ("fraud-detection", eventflow_fraud_detection::detect_fraud::main),
];

/// The names under which this executable serves.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name).chain([reaper_binary_name()])
}

/// What this process is when it was started under that name; `None` when it is itself.
pub fn by_name(name: &str) -> Option<Main> {
    if name == reaper_binary_name() {
        return Some(|| {
            reaper_main();
            Ok(())
        });
    }
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, main)| *main)
}
