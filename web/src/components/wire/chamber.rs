//! One chamber in the picture of a call's way.

use yew::prelude::*;

use crate::words;

/// How many characters of a name fit into a chamber.
const NAME_CHARS: usize = 13;

/// How many characters fit below the name.
const DETAIL_CHARS: usize = 17;

/// What the way leads through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chamber {
    Page,
    Queue,
    Worker,
    Replies,
}

/// What is seen of a chamber.
pub(super) struct Sight {
    /// What it is called.
    pub(super) name: String,
    /// What is in it.
    pub(super) detail: String,
    /// How many of them.
    pub(super) count: usize,
    /// The element that explains it while it has the focus.
    pub(super) described_by: &'static str,
}

impl Chamber {
    /// What it is, for somebody who has just read the tutorial.
    pub(super) const fn explanation(self) -> &'static str {
        match self {
            Self::Page => {
                "This page is the tutorial’s client. Each request leaves with a correlation id and the name of the reply queue, and a reply with the same id settles the call."
            }
            Self::Queue => {
                "Requests wait here, each until a worker is free. A request whose worker dies goes to the next one; one that nobody takes in time comes back to the page."
            }
            Self::Worker => {
                "Workers are the tutorial’s server. Each takes a request from the queue, computes, sends the result to the reply queue that the request names, and only then acknowledges."
            }
            Self::Replies => {
                "The broker made this queue for this page’s connection alone: no other page sees these replies. It is gone when the page is."
            }
        }
    }

    /// Its class and its middle, in units of the picture.
    const fn place(self) -> (&'static str, u16, u16) {
        match self {
            Self::Page => ("page", 66, 160),
            Self::Queue => ("queue", 182, 38),
            Self::Worker => ("worker", 298, 160),
            Self::Replies => ("replies", 182, 282),
        }
    }

    /// The chamber, which becomes the one that is explained while it has the focus.
    pub(super) fn draw(self, sight: &Sight, explained: &UseStateHandle<Option<Self>>) -> Html {
        let (class, x, y) = self.place();
        // A queue is a store, and the others are somebody: their corners tell them apart.
        let corner = match self {
            Self::Queue | Self::Replies => "12",
            Self::Page | Self::Worker => "29",
        };
        let set = |chamber| {
            let explained = explained.setter();
            Callback::from(move |_: FocusEvent| explained.set(chamber))
        };
        let Sight { name, detail, .. } = sight;
        html! {
            <g
                class={classes!("chamber", class)}
                data-testid={format!("chamber-{class}")}
                data-count={sight.count.to_string()}
                tabindex="0"
                role="img"
                aria-label={format!("{name}: {detail}")}
                aria-describedby={sight.described_by}
                onfocus={set(Some(self))}
                onblur={set(None)}
            >
                <rect
                    x={(x - 64).to_string()}
                    y={(y - 29).to_string()}
                    width="128"
                    height="58"
                    rx={corner}
                />
                <text class="chamber-name" x={x.to_string()} y={(y - 3).to_string()}>
                    { words::beginning(name, NAME_CHARS) }
                </text>
                <text class="chamber-detail" x={x.to_string()} y={(y + 16).to_string()}>
                    { words::beginning(detail, DETAIL_CHARS) }
                </text>
            </g>
        }
    }
}
