//! How the page is looked at: in which size and colours, and with which eyes.

use std::fs;

use fantoccini::Locator;
use serde_json::{Value, json};
use xtask::{Checkout, tools};

use super::Browser;

/// The colours that a user prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// As CSS calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A size of the page's window, in CSS pixels, and the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
    /// The colours.
    pub scheme: Scheme,
}

impl Browser {
    /// Looks at the page in this way from now on.
    pub async fn look(&self, view: View) {
        let size = json!({
            "width": view.width,
            "height": view.height,
            "deviceScaleFactor": 1,
            "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
        let scheme = json!({ "name": "prefers-color-scheme", "value": view.scheme.name() });
        // Without motion, so that what is looked at stands still.
        let motion = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
        let features = json!({ "features": [scheme, motion] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// What the window shows, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        let picture = self.client.screenshot().await;
        picture.expect("the browser takes a picture")
    }

    /// What the first element that matches the CSS selector looks like, as PNG, all of it.
    pub async fn screenshot_of(&self, css: &str) -> Vec<u8> {
        let element = self.client.find(Locator::Css(css)).await;
        let element = element.unwrap_or_else(|error| panic!("{css}: {error}"));
        let picture = element.screenshot().await;
        picture.expect("the browser takes a picture")
    }

    /// What of the page violates the rules of accessibility, in words: all that axe-core knows
    /// and can decide.
    pub async fn violations(&self) -> Vec<String> {
        let script = tools::axe_script(&Checkout::here());
        let axe = fs::read_to_string(&script).unwrap_or_else(|error| {
            panic!("{} ({error}): run `cargo xtask test`", script.display())
        });
        self.run(&axe).await;
        let run = "
            const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(
                found => done(found.violations.flatMap(violation => violation.nodes.map(node =>
                    `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary}`))),
                error => done(['axe-core failed: ' + error]))";
        let found = self.client.execute_async(run, Vec::new()).await;
        let found: Value = found.expect("axe-core ends");
        serde_json::from_value(found).expect("a list of words")
    }
}
