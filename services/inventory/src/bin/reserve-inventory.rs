//! The function reserveInventory.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_inventory::reserve_inventory::main()
}
