//! The table's columns: which of them fit, and what stands in them.

use ratatui::{layout::Constraint, text::Text};
use warren_contract::ServedProcedure;

use crate::cli::watch::rows::Row;

/// Between two columns.
pub(super) const SPACING: u16 = 2;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Busy,
    ServedRate,
    FailedRate,
    Served,
    Failed,
    Up,
    Version,
    Procedures,
}

/// In the order in which they stand, which is also that of what they are worth.
const ALL: [Column; 9] = [
    Column::Name,
    Column::Busy,
    Column::ServedRate,
    Column::FailedRate,
    Column::Served,
    Column::Failed,
    Column::Up,
    Column::Version,
    Column::Procedures,
];

/// The columns for which `width` has room; always the first.
pub(super) fn fitting(width: u16) -> Vec<Column> {
    let mut left = width;
    ALL.into_iter()
        .enumerate()
        .take_while(|(at, column)| {
            let taken = if *at == 0 { 0 } else { SPACING } + column.least();
            let fits = *at == 0 || taken <= left;
            left = left.saturating_sub(taken);
            fits
        })
        .map(|(_, column)| column)
        .collect()
}

impl Column {
    pub(super) fn heading(self) -> Text<'static> {
        let heading = match self {
            Self::Name => "worker",
            Self::Busy => "busy",
            Self::ServedRate => "served/s",
            Self::FailedRate => "failed/s",
            Self::Served => "served",
            Self::Failed => "failed",
            Self::Up => "up",
            Self::Version => "version",
            Self::Procedures => "procedures",
        };
        self.aligned(Text::from(heading))
    }

    pub(super) const fn width(self) -> Constraint {
        match self {
            Self::Name | Self::Procedures => Constraint::Fill(1),
            _ => Constraint::Length(self.least()),
        }
    }

    /// The least characters that it needs.
    const fn least(self) -> u16 {
        match self {
            Self::Name => 8,
            Self::Busy => 14,
            Self::ServedRate | Self::FailedRate => 8,
            Self::Served | Self::Failed => 7,
            Self::Up => 6,
            Self::Version => 7,
            Self::Procedures => 14,
        }
    }

    pub(super) fn cell(self, row: &Row) -> Text<'_> {
        let pong = &row.pong;
        let rates = |rate: fn(&Row) -> Option<f64>| rate(row).map_or("–".to_owned(), self::rate);
        let text = match self {
            Self::Name => Text::from(pong.name.as_str()),
            Self::Busy if row.gone_since.is_some() => Text::from("gone"),
            Self::Busy => {
                let draining = if pong.draining { " draining" } else { "" };
                Text::from(format!("{}/{}{draining}", pong.busy, pong.concurrency))
            }
            Self::ServedRate => Text::from(rates(|row| Some(row.rates?.served))),
            Self::FailedRate => Text::from(rates(|row| Some(row.rates?.failed))),
            Self::Served => Text::from(count(pong.served)),
            Self::Failed => Text::from(count(pong.failed)),
            Self::Up => Text::from(up(pong.uptime_ms / 1000)),
            Self::Version => Text::from(pong.version.as_str()),
            Self::Procedures => Text::from(procedures(&pong.procedures)),
        };
        self.aligned(text)
    }

    fn aligned(self, text: Text<'_>) -> Text<'_> {
        match self {
            Self::Name | Self::Busy | Self::Version | Self::Procedures => text,
            _ => text.right_aligned(),
        }
    }
}

/// Requests per second, in at most six characters.
pub(super) fn rate(per_second: f64) -> String {
    if per_second < 1000.0 {
        format!("{per_second:.1}")
    } else {
        count(per_second.round() as u64)
    }
}

/// How many there were, in at most six characters up to a billion.
pub(super) fn count(number: u64) -> String {
    match number {
        0..1_000_000 => number.to_string(),
        1_000_000..1_000_000_000 => format!("{:.1}M", number as f64 / 1e6),
        _ => format!("{:.1}G", number as f64 / 1e9),
    }
}

/// A time in its two largest units.
fn up(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days}d{:02}h", hours % 24)
    } else if hours > 0 {
        format!("{hours}h{:02}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m{:02}s", seconds % 60)
    } else {
        format!("{seconds}s")
    }
}

/// Each with what its worker refuses to go beyond.
fn procedures(served: &[ServedProcedure]) -> String {
    let one = |procedure: &ServedProcedure| {
        let limits = procedure.limits.iter();
        let limits: String = limits
            .map(|(name, most)| format!(" {name}={most}"))
            .collect();
        format!("{}{limits}", procedure.name)
    };
    let all: Vec<_> = served.iter().map(one).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short() {
        for (number, expected) in [
            (0, "0"),
            (999_999, "999999"),
            (1_000_000, "1.0M"),
            (12_345_678, "12.3M"),
            (7_000_000_000, "7.0G"),
        ] {
            assert_eq!(count(number), expected);
        }
        for (per_second, expected) in [(0.0, "0.0"), (123.44, "123.4"), (2_700.4, "2700")] {
            assert_eq!(rate(per_second), expected);
        }
        for (seconds, expected) in [
            (0, "0s"),
            (59, "59s"),
            (61, "1m01s"),
            (7_320, "2h02m"),
            (90_000, "1d01h"),
        ] {
            assert_eq!(up(seconds), expected);
        }
    }

    #[test]
    fn columns_give_way_from_the_right() {
        let all = |width| fitting(width).len();
        assert_eq!(all(0), 1);
        assert_eq!(all(24), 2);
        assert_eq!(fitting(60), ALL[..5]);
        assert_eq!(all(120), 9);
    }
}
