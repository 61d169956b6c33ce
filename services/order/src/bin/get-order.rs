//! The function getOrder.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_order::get_order::main()
}
