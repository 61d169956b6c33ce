//! The left side of the map: the API, the functions behind it, and the wire into the bus.

use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{
    pen,
    pen::{Frame, Pen},
    theme::Theme,
    wires::{self, Wire},
};
use crate::app::{Edge, FunctionRole, Model, Service, duration_text};

/// From this width on the API has a box of its own.
const WIDE: u16 = 38;

pub(super) fn draw(model: &Model, theme: Theme, buffer: &mut Buffer, area: Rect, into_bus: u16) {
    let callers = || model.services.list.iter().enumerate().filter(|(_, service)| !service.is_consumer());
    // The function through which orders come: the first that does more than read.
    let main = callers().find(|(_, service)| writes(service)).or_else(|| callers().next());
    let Some((index, service)) = main else { return };
    let others = callers().filter(|(at, _)| *at != index).count() as u16;
    let height = 3.min(area.height);
    let roomy = area.height >= 4 + others;
    let height = if roomy && area.height >= 9 { 4 } else { height };
    // In line with the middle of the bus when the others fit below.
    let y = (area.height.saturating_sub(height) / 2)
        .min(area.height.saturating_sub(height + others.min(area.height - height)));
    let row = Rect { y: area.y + y, height, ..area };
    let wire_row = row.y + (height - 1) / 2;
    let route = route(service);
    if area.width >= WIDE {
        let api = pen::width(&route).clamp(12, 22) + 4;
        let wire = (area.width / 12).max(3);
        let place = Rect { width: api, ..row };
        api_box(model, &route, theme, buffer, place);
        wires::draw(model, theme, buffer, plain(place.right(), wire_row, wire, Edge::Request(index)));
        let x = place.right() + wire;
        let place = Rect { x, width: area.right() - x, ..row };
        function_box(model, service, None, theme, buffer, place);
    } else {
        function_box(model, service, Some(&route), theme, buffer, row);
    }
    wires::draw(model, theme, buffer, plain(area.right(), wire_row, into_bus, Edge::Publish(index)));
    let below = Rect { y: row.bottom(), height: area.bottom() - row.bottom(), ..area };
    let gap = u16::from(below.height > others);
    for (row, (_, service)) in callers().filter(|(at, _)| *at != index).enumerate() {
        other(model, service, theme, Pen::new(buffer, below, gap + row as u16));
    }
}

fn plain(x: u16, y: u16, length: u16, forward: Edge) -> Wire {
    Wire { x, y, length, forward, backward: None, cut: false, queue: 0 }
}

fn writes(service: &Service) -> bool {
    matches!(&service.role, FunctionRole::Api(routes) if routes.iter().any(|route| !route.starts_with("GET ")))
}

fn route(service: &Service) -> String {
    match &service.role {
        FunctionRole::Api(routes) => routes
            .iter()
            .find(|route| !route.starts_with("GET "))
            .or(routes.first())
            .cloned()
            .unwrap_or_else(|| "HTTP API".to_owned()),
        FunctionRole::Scheduled(schedule) => schedule.clone(),
        FunctionRole::Consumer(_) => String::new(),
    }
}

fn api_box(model: &Model, route: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let name = pen::clip(route, area.width.saturating_sub(4)).into_owned();
    let inside =
        Frame::new(theme, theme.muted(), false).title(vec![Span::styled(name, theme.heading())]).draw(buffer, area);
    let rate = pen::rate(model.placed.rate(model.now, 10));
    Pen::new(buffer, inside, 0).skip(1).write(&rate, theme.strong()).write(" orders/s", theme.text());
    let all = model.orders.len() as u64;
    Pen::new(buffer, inside, 1).skip(1).write(&format!("{} orders", pen::count(all)), theme.muted());
}

fn function_box(model: &Model, service: &Service, route: Option<&str>, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let health = service.health(model.now);
    let style = theme.health(health);
    let loud = health.is_bad();
    let title = route.unwrap_or(&service.name);
    let name = pen::clip(title, area.width.saturating_sub(5)).into_owned();
    let inside = Frame::new(theme, if loud { style } else { theme.muted() }, loud)
        .title(vec![Span::styled(name, theme.heading())])
        .draw(buffer, area);
    let mut pen = Pen::new(buffer, inside, 0);
    pen.skip(1).write(health.glyph(theme.0.ascii), style).skip(1);
    if route.is_some() {
        pen.write(&service.name, theme.text());
    } else {
        pen.write(health.word(), style);
    }
    let mut pen = Pen::new(buffer, inside, 1);
    pen.skip(1).write(&format!("{} ok", pen::count(service.ok)), theme.text());
    if service.failed > 0 {
        pen.write(&format!(" {} err", pen::count(service.failed)), theme.bad());
    }
    if let Some(p95) = service.durations.p95 {
        let text = format!(" p95 {}", duration_text(p95));
        if pen.left() > pen::width(&text) {
            pen.write(&text, theme.muted());
        }
    }
}

/// One line for a function beside the main way: what calls it, its name, how it is.
fn other(model: &Model, service: &Service, theme: Theme, mut pen: Pen<'_>) {
    let health = service.health(model.now);
    let style = if health.is_bad() { theme.badge(theme.health(health)) } else { theme.health(health) };
    pen.skip(1).write(health.glyph(theme.0.ascii), style).skip(1).write(&service.name, theme.text());
    if service.ok > 0 {
        pen.write(&format!(" {} ok", pen::count(service.ok)), theme.muted());
    }
    if service.failed > 0 {
        pen.write(&format!(" {} err", pen::count(service.failed)), theme.bad());
    }
    let route = route(service);
    if pen.left() >= pen::width(&route) + 2 {
        pen.write("  ", theme.muted()).write(&route, theme.muted());
    }
}
