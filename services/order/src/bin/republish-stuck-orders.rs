//! The function republishStuckOrders.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_order::republish_stuck_orders::main()
}
