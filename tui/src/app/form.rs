//! The forms: an order, and a restock.

use crossterm::event::Event;
use tui_input::{Input, backend::crossterm::EventHandler};

use super::{message::NewOrder, stock::StockLevels};

/// The most of a product in one order; the contract says so of `Order::quantity`.
const MOST: u32 = 1_000;
/// The most that is restocked at once.
const MOST_RESTOCK: u32 = 100_000;

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Product,
    Quantity,
    User,
}

/// A form that asks for a product, how many, and (for orders) who.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) product: Input,
    pub(crate) quantity: Input,
    /// `None` in the form that restocks.
    pub(crate) user: Option<Input>,
    pub(crate) field: Field,
}

impl Form {
    /// An order form, filled in so that Enter places an order at once.
    pub(crate) fn order(last: Option<&NewOrder>, stock: &StockLevels) -> Self {
        let product = last.map(|order| order.product_id.as_str()).or(stock.first_available()).unwrap_or_default();
        Self {
            product: Input::new(product.to_owned()),
            quantity: Input::new(last.map_or(1, |order| order.quantity).to_string()),
            user: Some(Input::new(last.map_or("user-42", |order| &order.user_id).to_owned())),
            field: Field::Product,
        }
    }

    /// A restock form for `product`.
    pub(crate) fn restock(product: &str) -> Self {
        Self {
            product: Input::new(product.to_owned()),
            quantity: Input::new("50".to_owned()),
            user: None,
            field: Field::Product,
        }
    }

    /// Goes to the next field, or the one before.
    pub(crate) fn turn(&mut self, forward: bool) {
        let fields: &[Field] = if self.user.is_some() {
            &[Field::Product, Field::Quantity, Field::User]
        } else {
            &[Field::Product, Field::Quantity]
        };
        let at = fields.iter().position(|field| *field == self.field).unwrap_or(0);
        let next = if forward { at + 1 } else { at + fields.len() - 1 };
        self.field = fields[next % fields.len()];
    }

    /// Up or down: another product, one more or one less.
    pub(crate) fn choose(&mut self, up: bool, stock: &StockLevels) {
        match self.field {
            Field::Product => {
                let ids: Vec<_> = stock.ids().collect();
                let at = ids.iter().position(|id| *id == self.product.value());
                let next = match (at, up) {
                    _ if ids.is_empty() => return,
                    (None, false) => 0,
                    (None, true) => ids.len() - 1,
                    (Some(at), false) => (at + 1) % ids.len(),
                    (Some(at), true) => (at + ids.len() - 1) % ids.len(),
                };
                self.product = Input::new(ids[next].to_owned());
            }
            Field::Quantity => {
                let now = self.quantity.value().parse::<u32>().unwrap_or(0);
                let next = if up { now.saturating_add(1) } else { now.saturating_sub(1).max(1) };
                self.quantity = Input::new(next.to_string());
            }
            Field::User => {}
        }
    }

    /// A key or a paste for the field in focus.
    pub(crate) fn edit(&mut self, event: &Event) {
        let field = match self.field {
            Field::Product => Some(&mut self.product),
            Field::Quantity => Some(&mut self.quantity),
            Field::User => self.user.as_mut(),
        };
        if let Some(input) = field {
            input.handle_event(event);
        }
    }

    /// The product that is meant: what was typed, completed when it begins the id of just one product.
    pub(crate) fn product_id(&self, stock: &StockLevels) -> String {
        let typed = self.product.value().trim();
        let mut begun = stock.ids().filter(|id| !typed.is_empty() && id.starts_with(typed));
        match (begun.next(), begun.next()) {
            (Some(only), None) => only.to_owned(),
            _ => typed.to_owned(),
        }
    }

    /// What is wrong with a field, for people.
    pub(crate) fn problem(&self, field: Field) -> Option<String> {
        let most = if self.user.is_some() { MOST } else { MOST_RESTOCK };
        match field {
            Field::Product => {
                self.product.value().trim().is_empty().then(|| "choose a product with ↑ ↓ or type one".to_owned())
            }
            Field::Quantity => match self.quantity.value().trim().parse::<u32>() {
                Ok(quantity) if (1..=most).contains(&quantity) => None,
                _ => Some(format!("a whole number from 1 to {most}")),
            },
            Field::User => {
                let user = self.user.as_ref()?;
                user.value().trim().is_empty().then(|| "type who orders".to_owned())
            }
        }
    }

    /// What is not wrong but worth knowing before it is done.
    pub(crate) fn warning(&self, stock: &StockLevels) -> Option<&'static str> {
        let product = self.product_id(stock);
        let wanted = self.quantity.value().trim().parse::<u32>().unwrap_or(0);
        match stock.rows.iter().find(|row| row.stock.product_id == product) {
            _ if self.user.is_none() || product.is_empty() || stock.rows.is_empty() => None,
            None => Some("no such product: inventory will answer InventoryFailed"),
            Some(row) if row.stock.available_qty < wanted => {
                Some("more than is left: inventory will answer InventoryFailed")
            }
            Some(_) => None,
        }
    }

    /// The first field with a problem.
    pub(crate) fn first_problem(&self) -> Option<Field> {
        [Field::Product, Field::Quantity, Field::User].into_iter().find(|field| self.problem(*field).is_some())
    }

    /// The order, when nothing is wrong.
    pub(crate) fn new_order(&self, stock: &StockLevels) -> Option<NewOrder> {
        if self.first_problem().is_some() {
            return None;
        }
        Some(NewOrder {
            user_id: self.user.as_ref()?.value().trim().to_owned(),
            product_id: self.product_id(stock),
            quantity: self.quantity.value().trim().parse().ok()?,
        })
    }

    /// The product and quantity to restock, when nothing is wrong.
    pub(crate) fn to_restock(&self, stock: &StockLevels) -> Option<(String, u32)> {
        if self.first_problem().is_some() {
            return None;
        }
        Some((self.product_id(stock), self.quantity.value().trim().parse().ok()?))
    }
}
