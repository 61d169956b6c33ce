//! The function processPayment.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_payment::process_payment::main()
}
