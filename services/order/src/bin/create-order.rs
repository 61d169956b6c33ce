//! The function createOrder.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_order::create_order::main()
}
