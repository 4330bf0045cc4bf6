//! How the latencies of a batch are spread.

use std::time::Duration;

use yew::prelude::*;

use crate::{
    state::{BatchSummary, MarkPlace, PLOT_HEIGHT, Plot, mark_places},
    words,
};

/// Where the bars begin, below the names of the marks, in pixels.
const TOP: u32 = 66;

/// Where they stand, in pixels.
const GROUND: u32 = 226;

/// Bars on a logarithmic axis, with the ranks marked.
pub(super) fn histogram(summary: &BatchSummary) -> Html {
    let (Some(plot), Some(latency)) = (Plot::of(&summary.histogram), summary.latency) else {
        return Html::default();
    };
    let ranks = [
        ("p50", latency.p50),
        ("p90", latency.p90),
        ("p99", latency.p99),
    ];
    let ranks = ranks.map(|(name, micros)| {
        let took = words::duration(Duration::from_micros(micros.into()));
        (name, plot.permille(micros).unwrap_or(0), took)
    });
    let spoken = ranks
        .each_ref()
        .map(|(name, _, took)| format!("{name} {took}"));
    let label = format!(
        "How long {} calls took, on a logarithmic axis: {}",
        words::count(summary.done.into()),
        spoken.join(", ")
    );
    let places = mark_places(ranks.each_ref().map(|(_, at, _)| *at));
    // All words come after all lines, so that they cover one that they have no room beside.
    let (lines, names): (Vec<_>, Vec<_>) = ranks
        .into_iter()
        .zip(places)
        .map(|((name, at, took), place)| rank(place, name, at, took))
        .unzip();
    let ticks = plot.ticks().into_iter().map(|(micros, at)| {
        let x = percent(at);
        let anchor = match at {
            0..50 => "start",
            50..950 => "middle",
            _ => "end",
        };
        html! {
            <g class="tick">
                <line x1={x.clone()} x2={x.clone()} y1={GROUND.to_string()} y2={(GROUND + 5).to_string()} />
                <text {x} y={(GROUND + 20).to_string()} text-anchor={anchor}>{ round(micros) }</text>
            </g>
        }
    });
    html! {
        <figure class="histogram">
            <svg width="100%" height={(GROUND + 26).to_string()} role="img" aria-label={label}>
                <svg
                    y={TOP.to_string()}
                    width="100%"
                    height={(GROUND - TOP).to_string()}
                    viewBox={format!("0 0 {} {PLOT_HEIGHT}", plot.buckets)}
                    preserveAspectRatio="none"
                >
                    <path class="bars" d={plot.outline.clone()} />
                </svg>
                <line class="ground" x1="0" x2="100%" y1={GROUND.to_string()} y2={GROUND.to_string()} />
                { for ticks }
                { for lines }
                { for names }
            </svg>
            <figcaption>
                { "From making a call to its reply. The highest bar stands for " }
                <b>{ words::count(plot.highest.into()) }</b>
                { if plot.highest == 1 { " call." } else { " calls." } }
            </figcaption>
        </figure>
    }
}

/// The line of a rank, and its words.
fn rank(place: MarkPlace, name: &'static str, at: u32, took: String) -> (Html, Html) {
    let (x, y) = (percent(at), 20 * place.row + 14);
    let (anchor, shift) = if place.is_left {
        ("end", "-5")
    } else {
        ("start", "5")
    };
    let line = html! {
        <line
            class="rank"
            x1={x.clone()}
            x2={x.clone()}
            y1={(y - 12).to_string()}
            y2={GROUND.to_string()}
        />
    };
    let words = html! {
        <text class="rank" {x} y={y.to_string()} dx={shift} text-anchor={anchor}>
            <tspan>{ name }</tspan>{ " " }{ took }
        </text>
    };
    (line, words)
}

fn percent(permille: u32) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}

/// A round number of microseconds in its unit.
fn round(micros: u32) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{} s", micros / 1_000_000),
    }
}
