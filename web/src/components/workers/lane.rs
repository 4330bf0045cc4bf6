//! One worker: what it is doing, and its lane.

use yew::prelude::*;

use crate::{
    state::{BarEnd, LANE_HEIGHT, LANE_WIDTH, LaneView, Standing, Timestamp},
    words,
};

/// How wide the mark is at which a worker is gone, in units of the lane.
const MARK_WIDTH: u32 = 14;

/// The lane of one worker, as it is `now`.
pub(super) fn lane(view: &LaneView, now: Timestamp) -> Html {
    let name = AttrValue::from(view.name.clone());
    let bars = BarEnd::ALL.into_iter().zip(&view.outlines);
    let bars = bars.filter(|(_, outline)| !outline.is_empty());
    let is_gone = matches!(view.standing, Standing::Gone(_));
    html! {
        <li
            key={view.number}
            class="lane"
            data-testid="lane"
            data-worker={name.clone()}
            data-standing={standing(view.standing)}
        >
            <p class="lane-name"><b>{ &name }</b>{ " " }<span>{ doing(view, now) }</span></p>
            <p class="lane-tally">{ tally(view) }</p>
            <svg
                viewBox={format!("0 0 {LANE_WIDTH} {LANE_HEIGHT}")}
                preserveAspectRatio="none"
                role="img"
                aria-label={format!("What {name} computed for this page in the last minute")}
            >
                <rect
                    class="life"
                    x={view.begin.to_string()}
                    width={(view.end - view.begin).to_string()}
                    height={LANE_HEIGHT.to_string()}
                />
                { for bars.map(|(end, outline)| html! {
                    <path class={end.as_str()} d={outline.clone()} />
                }) }
                if is_gone {
                    <rect
                        class="death"
                        x={view.end.saturating_sub(MARK_WIDTH).to_string()}
                        width={MARK_WIDTH.to_string()}
                        height={LANE_HEIGHT.to_string()}
                    />
                }
            </svg>
        </li>
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Serving => "serving",
        Standing::Draining => "draining",
        Standing::Unknown(_) => "unknown",
        Standing::Gone(_) => "gone",
    }
}

fn doing(view: &LaneView, now: Timestamp) -> String {
    match (view.standing, view.tally) {
        (Standing::Gone(at), _) => {
            format!("gone {} ago", words::whole_seconds(now.since(at)))
        }
        (Standing::Unknown(_), _) => "not heard of now".to_owned(),
        (Standing::Draining, _) => "finishing, takes nothing new".to_owned(),
        (Standing::Serving, Some(tally)) if tally.busy > 0 => {
            format!("computing {} of at most {}", tally.busy, tally.concurrency)
        }
        (Standing::Serving, Some(_)) => "idle".to_owned(),
        (Standing::Serving, None) => String::new(),
    }
}

fn tally(view: &LaneView) -> String {
    let here = words::count(view.for_this_page.into());
    match view.tally {
        None => format!("{here} for this page"),
        Some(tally) => format!(
            "{} served, {here} of them for this page; {} failed",
            words::count(tally.served),
            words::count(tally.failed)
        ),
    }
}
