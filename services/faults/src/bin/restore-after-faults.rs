//! The function restoreAfterFaults.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_faults::restore_after_faults::main()
}
