//! The contract as JSON Schemas, for readers in other languages.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::{
    Detail, InventoryFailed, InventoryReleased, InventoryReserved, NewOrder, OrderCreated, OrderView, PaymentFailed,
    PaymentRefunded, PaymentSucceeded, Stock,
};

/// A type of the contract and its JSON Schema.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSchema {
    /// The type's name; the schema's file is `schemas/NAME.json`.
    pub name: &'static str,
    /// The JSON Schema, draft 2020-12.
    pub schema: Value,
}

/// The schema of every event's detail, of the body of `POST /orders`, and of what the API answers.
pub fn schemas() -> Vec<NamedSchema> {
    vec![
        of::<OrderCreated>(OrderCreated::DETAIL_TYPE),
        of::<PaymentSucceeded>(PaymentSucceeded::DETAIL_TYPE),
        of::<PaymentFailed>(PaymentFailed::DETAIL_TYPE),
        of::<PaymentRefunded>(PaymentRefunded::DETAIL_TYPE),
        of::<InventoryReserved>(InventoryReserved::DETAIL_TYPE),
        of::<InventoryFailed>(InventoryFailed::DETAIL_TYPE),
        of::<InventoryReleased>(InventoryReleased::DETAIL_TYPE),
        of::<NewOrder>("NewOrder"),
        of::<OrderView>("Order"),
        of::<Stock>("Stock"),
    ]
}

fn of<T: JsonSchema>(name: &'static str) -> NamedSchema {
    // Inlined, so that each file stands alone and two of them compare field by field.
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| settings.inline_subschemas = true);
    NamedSchema { name, schema: settings.into_generator().into_root_schema_for::<T>().to_value() }
}
