//! Where each panel of the Flow view is.
//!
//! ```text
//! header
//! map                     as high as its consumers need, at most about half
//! faults                  one line for each that is on, few
//! blast radius            while a fault is on, and until it was read
//! orders        | stock
//! events
//! footer
//! ```

use ratatui::layout::Rect;

use super::{message::FunctionRole, model::Model};

/// The smallest screen that makes sense.
pub(crate) const SMALLEST: (u16, u16) = (60, 16);

/// What the layout depends on besides the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Functions that hear events.
    pub(crate) consumers: u16,
    /// Other functions.
    pub(crate) others: u16,
    /// Faults that are on.
    pub(crate) faults: u16,
    /// Services in the blast radius of faults; 0 without one.
    pub(crate) blast: u16,
}

impl Needs {
    /// What this model needs.
    pub(crate) fn of(model: &Model) -> Self {
        let consumers = model.services.consumers().count().min(64) as u16;
        let others = model.services.list.iter().filter(|s| !matches!(s.role, FunctionRole::Consumer(_))).count();
        Self {
            consumers,
            others: others.min(64) as u16,
            faults: model.services.faults().take(64).count() as u16,
            blast: model.blast.as_ref().map_or(0, |blast| blast.tallies.len().clamp(1, 64) as u16),
        }
    }
}

/// Where each panel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Areas {
    pub(crate) header: Rect,
    pub(crate) map: Rect,
    /// Rows of one consumer in the map: 1 (a line), 3, 4 or 5 (a box).
    pub(crate) card: u16,
    pub(crate) banner: Rect,
    /// A table when it is as wide and high as [`blast_table`] wants it, else a few lines; may be nothing.
    pub(crate) blast: Rect,
    pub(crate) orders: Rect,
    pub(crate) stock: Rect,
    pub(crate) events: Rect,
    pub(crate) footer: Rect,
}

/// The panels on `screen`; `None` when it is too small.
pub(crate) fn areas(screen: Rect, needs: Needs) -> Option<Areas> {
    if screen.width < SMALLEST.0 || screen.height < SMALLEST.1 {
        return None;
    }
    let inner = screen.height - 2;
    // The map keeps its height when a fault comes: nothing may jump at the moment that is to be watched.
    let budget = inner * 9 / 20;
    let consumers = needs.consumers.max(1);
    let card = [5, 4, 3].into_iter().find(|card| consumers * card <= budget).unwrap_or(1);
    let left = 3 + needs.others.saturating_sub(1);
    let map = (consumers * card).max(left).max(5).min(budget.max(5));
    let banner = needs.faults.min(if inner < 30 { 1 } else { 3 });
    let free = inner - map - banner;
    let blast = blast_height(screen.width, free, needs.blast);
    let below = free - blast;
    let lists = (below * 11 / 20).max(3);
    let row = |y: u16, height: u16| Rect::new(screen.x, screen.y + y, screen.width, height);
    let mid = row(1 + map + banner + blast, lists);
    let stock_width = (screen.width * 17 / 50).clamp(24, 64);
    Some(Areas {
        header: row(0, 1),
        map: row(1, map),
        card,
        banner: row(1 + map, banner),
        blast: row(1 + map + banner, blast),
        orders: Rect { width: mid.width - stock_width, ..mid },
        stock: Rect { x: mid.x + mid.width - stock_width, width: stock_width, ..mid },
        events: row(1 + map + banner + blast + lists, below - lists),
        footer: row(screen.height - 1, 1),
    })
}

/// Lines in which the blast radius is said.
pub(crate) const SAID: u16 = 2;
/// From this width on its table has room.
const TABLE: u16 = 112;
/// The lists keep so many rows beside a table.
const LISTS: u16 = 9;

/// The height of the blast radius' table: its borders, what is said, the heads, and its services.
pub(crate) fn blast_table(width: u16, services: u16) -> Option<u16> {
    (width >= TABLE).then_some(2 + SAID + 1 + services)
}

/// A table when the lists keep room to be read beside it, else what is said and two services to a line.
fn blast_height(width: u16, free: u16, services: u16) -> u16 {
    let least = 6;
    match (services, blast_table(width, services)) {
        (0, _) => 0,
        (_, Some(table)) if table + LISTS <= free => table,
        _ => (SAID + services.div_ceil(2)).min(free.saturating_sub(least)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panels_tile_every_screen_that_is_large_enough() {
        for width in [60, 80, 120, 200, 400] {
            for height in 16..90 {
                for consumers in 0..12 {
                    for (faults, blast) in [(0, 0), (0, 4), (1, 4), (2, 6), (5, 12)] {
                        let needs = Needs { consumers, others: 3, faults, blast };
                        let areas = areas(Rect::new(0, 0, width, height), needs).expect("large enough");
                        let Areas { header, map, banner, blast, orders, events, footer, .. } = areas;
                        let rows = [header, map, banner, blast, orders, events, footer];
                        assert_eq!(rows.iter().map(|r| r.height).sum::<u16>(), height);
                        assert!(rows.windows(2).all(|pair| pair[0].bottom() == pair[1].y), "{rows:?}");
                        assert!(areas.orders.height >= 3 && areas.events.height >= 3, "{width}x{height} {needs:?}");
                        assert_eq!(areas.orders.width + areas.stock.width, width);
                    }
                }
            }
        }
    }

    #[test]
    fn a_small_screen_is_refused() {
        let needs = Needs { consumers: 3, others: 3, faults: 0, blast: 0 };
        assert_eq!(areas(Rect::new(0, 0, 59, 40), needs), None);
        assert_eq!(areas(Rect::new(0, 0, 100, 15), needs), None);
    }
}
