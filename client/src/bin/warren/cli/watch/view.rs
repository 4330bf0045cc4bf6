//! The state, drawn: who we are connected to, all workers together, and a table of them.

mod columns;

use std::time::Duration;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style, Stylize as _},
    text::{Line, Span},
    widgets::{Paragraph, Row as TableRow, Table, Wrap},
};
use warren_client::ConnectionState;

use self::columns::{Column, count, rate};
use super::{
    rows::{self, Row},
    state::State,
};

/// How many lines the reason takes at most why there is no connection.
const REASON_LINES: u16 = 4;

/// What is said by colour is said by words, too.
#[derive(Clone, Copy)]
struct Palette {
    coloured: bool,
}

impl Palette {
    fn paint(self, color: Color) -> Style {
        if self.coloured {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }
}

/// Draws `state` as it is at the time `now`.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, now: Duration, coloured: bool) {
    let palette = Palette { coloured };
    let area = frame.area();
    let words = connection_words(state, now);
    let [title, status, totals, _, table, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(lines(&words, area.width)),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);

    let heading = Line::from(vec![
        Span::from(state.service.as_str()).bold(),
        Span::from(" at "),
        Span::from(place(state)),
    ]);
    frame.render_widget(heading, title);
    let connection = Paragraph::new(words)
        .style(palette.paint(connection_color(state)))
        .wrap(Wrap { trim: true });
    frame.render_widget(connection, status);
    frame.render_widget(all_together(state, area.width), totals);
    draw_table(frame, table, state, palette);
    frame.render_widget(Line::from("q leaves").dim(), keys);
}

/// The address at which the broker answers, or else all that it has.
fn place(state: &State) -> String {
    match &state.connection {
        ConnectionState::Online { url } => url.clone(),
        _ => state.urls.to_string(),
    }
}

const fn connection_color(state: &State) -> Color {
    match state.connection {
        ConnectionState::Online { .. } => Color::Green,
        ConnectionState::Connecting { .. } => Color::Yellow,
        ConnectionState::Offline { .. } | ConnectionState::Closed => Color::Red,
    }
}

fn connection_words(state: &State, now: Duration) -> String {
    match &state.connection {
        ConnectionState::Connecting { url, attempt: 1 } => format!("connecting to {url}"),
        ConnectionState::Connecting { url, attempt } => {
            format!("connecting to {url}, attempt {attempt}")
        }
        ConnectionState::Online { .. } => match state.ping {
            Some(ping) => format!("online, ping {:.1} ms", ping.as_secs_f64() * 1000.0),
            None => "online".to_owned(),
        },
        ConnectionState::Offline { reason, retry_in } => {
            let left = (state.connection_since + *retry_in).saturating_sub(now);
            let seconds = left.as_secs_f64().ceil();
            format!("offline, next attempt in {seconds} s: {reason}")
        }
        ConnectionState::Closed => "closed".to_owned(),
    }
}

/// How many lines `words` take. Where they are wrapped, words that do not fit leave gaps.
fn lines(words: &str, width: u16) -> u16 {
    let full = words.chars().count().div_ceil(usize::from(width.max(1)));
    let lines = if full > 1 { full + 1 } else { 1 };
    u16::try_from(lines).map_or(REASON_LINES, |lines| lines.min(REASON_LINES))
}

fn all_together(state: &State, width: u16) -> Line<'static> {
    let rows::Totals {
        workers,
        busy,
        concurrency,
        served,
        failed,
        rates,
    } = rows::totals(&state.rows);
    if workers == 0 {
        return Line::from(if state.known { "no worker" } else { "" }).bold();
    }
    let many = if workers == 1 { "" } else { "s" };
    let now = format!(
        "{workers} worker{many}, {busy} of {concurrency} busy, {}/s served, {}/s failed",
        rate(rates.served),
        rate(rates.failed),
    );
    let in_all = format!("; {} served, {} failed", count(served), count(failed));
    let both = now.len() + in_all.len() <= usize::from(width);
    let words = if both { now + &in_all } else { now };
    let line = Line::from(words);
    if state.known { line.bold() } else { line.dim() }
}

fn draw_table(frame: &mut Frame<'_>, area: Rect, state: &State, palette: Palette) {
    if state.rows.is_empty() || area.height < 2 {
        return;
    }
    let columns = columns::fitting(area.width);
    let header = TableRow::new(columns.iter().map(|column| column.heading()));
    let room = usize::from(area.height) - 1;
    // The last line tells how many there is no room for.
    let (shown, more) = if state.rows.len() <= room {
        (state.rows.len(), 0)
    } else {
        (room - 1, state.rows.len() - (room - 1))
    };
    let mut lines: Vec<_> = state.rows[..shown]
        .iter()
        .map(|row| table_row(row, &columns, state.known, palette))
        .collect();
    if more > 0 {
        lines.push(TableRow::new([format!("and {more} more")]).dim());
    }
    let widths = columns.iter().map(|column| column.width());
    let table = Table::new(lines, widths)
        .header(header.style(Modifier::UNDERLINED))
        .column_spacing(columns::SPACING);
    frame.render_widget(table, area);
}

fn table_row<'a>(row: &'a Row, columns: &[Column], known: bool, palette: Palette) -> TableRow<'a> {
    let cells = columns.iter().map(|column| column.cell(row));
    let style = if row.gone_since.is_some() {
        palette.paint(Color::Red).add_modifier(Modifier::DIM)
    } else if !known {
        Style::new().add_modifier(Modifier::DIM)
    } else if row.pong.draining {
        palette.paint(Color::Yellow)
    } else {
        Style::new()
    };
    TableRow::new(cells).style(style)
}

#[cfg(test)]
mod tests;
