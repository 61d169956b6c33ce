//! The stock that is shown, by product.

use eventflow_contract::Stock;
use jiff::Timestamp;

use crate::observe::text::clean_in_place;

/// A product's stock as shown.
#[derive(Debug, Clone)]
pub(crate) struct StockRow {
    /// As stored.
    pub(crate) stock: Stock,
    /// The most that was ever there, available and reserved: what a full bar means.
    pub(crate) peak: u32,
    /// When it last changed before our eyes.
    pub(crate) changed: Option<Timestamp>,
}

/// All products, sorted by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct StockLevels {
    pub(crate) rows: Vec<StockRow>,
    /// The selected row.
    pub(crate) cursor: Option<usize>,
}

impl StockLevels {
    /// Takes the whole table as stored.
    pub(crate) fn replace(&mut self, stock: Vec<Stock>, now: Timestamp) {
        let mut before = std::mem::take(&mut self.rows);
        self.rows = stock
            .into_iter()
            .map(|mut stock| {
                clean_in_place(&mut stock.product_id);
                clean_in_place(&mut stock.name);
                let total = stock.available_qty.saturating_add(stock.reserved_qty);
                let known = before.iter_mut().find(|row| row.stock.product_id == stock.product_id);
                let (peak, changed) = match known {
                    Some(row) if row.stock.available_qty == stock.available_qty => (row.peak, row.changed),
                    Some(row) => (row.peak, Some(now)),
                    None => (0, None),
                };
                StockRow { stock, peak: peak.max(total), changed }
            })
            .collect();
        self.rows.sort_by(|a, b| a.stock.product_id.cmp(&b.stock.product_id));
        self.cursor = self.cursor.filter(|_| !self.rows.is_empty()).map(|at| at.min(self.rows.len() - 1));
    }

    /// The products' ids, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.stock.product_id.as_str())
    }

    /// The product to offer first: the first that is in stock.
    pub(crate) fn first_available(&self) -> Option<&str> {
        self.rows
            .iter()
            .find(|row| row.stock.available_qty > 0)
            .or(self.rows.first())
            .map(|row| row.stock.product_id.as_str())
    }
}
