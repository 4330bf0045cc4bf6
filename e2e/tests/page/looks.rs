//! What the page looks like: what can be told apart, pressed, and stays where it is.

use serde_json::Value;
use warren_e2e::{Browser, PATIENCE, Scheme, Stack, View};

/// Everything that can be pressed and is less high than it has to be. What a label is for is
/// pressed on its label.
const TOO_LOW: &str = "
    const pressed = 'a, button, select, summary, label.wait, input:not([type=checkbox])';
    return [...document.querySelectorAll(pressed)].filter(it => it.checkVisibility())
        .map(it => [it.getBoundingClientRect().height, it.outerHTML.slice(0, 80)])
        .filter(([height]) => height < LEAST).map(String);
";

/// The luminances (WCAG 2.2) of the panel, and of what the legend shows for done and for failed.
const LUMINANCES: &str = r"
    const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return ['.workers', '.lanes-legend .done', '.lanes-legend .failed'].map(css => {
        const colour = getComputedStyle(document.querySelector(css)).backgroundColor;
        const [r, g, b] = colour.match(/\d+/g).map(linear);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
";

#[tokio::test(flavor = "multi_thread")]
async fn everything_to_press_is_large_enough_for_a_finger() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("#settings").await;
    browser.call("20").await;
    browser.wait_for("[data-testid=call-row]").await;
    open_a_frame(&browser).await;
    // On a phone as platforms recommend it, and on a desk as WCAG 2.2 demands it.
    for (width, least) in [(390, "44"), (1440, "24")] {
        look(&browser, width, Scheme::Light).await;
        let too_low = browser.run(&TOO_LOW.replace("LEAST", least)).await;
        assert_eq!(too_low, Value::Array(Vec::new()), "{width} wide");
    }
    look(&browser, 390, Scheme::Light).await;
    let tops = "return new Set([...document.querySelectorAll('.calls .tools button')]
        .map(button => button.getBoundingClientRect().top)).size";
    assert_eq!(browser.run(tops).await, 1, "the buttons are in one row");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn done_and_failed_are_told_apart_by_their_lightness_alone() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for(".lanes-legend").await;
    for scheme in Scheme::ALL {
        look(&browser, 1440, scheme).await;
        let luminances = browser.run(LUMINANCES).await;
        let luminances: [f64; 3] = serde_json::from_value(luminances).expect("three numbers");
        let [panel, done, failed] = luminances;
        for colour in [done, failed] {
            let contrast = contrast(panel, colour);
            assert!(contrast >= 4.5, "{scheme:?}: {contrast} to the panel");
        }
        let apart = contrast(done, failed);
        assert!(apart >= 1.5, "{scheme:?}: {apart} between them");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_empty_says_what_it_is_for() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("#settings").await;
    let words = "return ['call', 'calls', 'workers', 'batch'].map(id =>
        document.querySelector(`#${id} .hint, #${id} .batch-words`)?.textContent ?? '')";
    let words = browser.run(words).await;
    let words: Vec<String> = serde_json::from_value(words).expect("texts");
    assert!(words.iter().all(|words| words.ends_with('.')), "{words:?}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_jumps_when_a_frame_or_an_explanation_is_opened() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.wait_for("[data-testid=frame]").await;
    look(&browser, 1440, Scheme::Light).await;
    let place = |css: &str| {
        format!(
            "const it = document.querySelector('{css}').getBoundingClientRect();
             return [it.left, it.top, it.height]"
        )
    };
    let picture = place(".path svg");
    let before = browser.run(&picture).await;
    open_a_frame(&browser).await;
    assert_eq!(browser.run(&picture).await, before);

    for part in ["calls", "wire", "workers", "batch", "settings"] {
        let settings = place("#settings form");
        let before = browser.run(&settings).await;
        let summary = browser.wait_for(&format!("#{part} summary")).await;
        summary.click().await.expect("it can be clicked");
        browser.wait_for(&format!("#{part} .help[open] p")).await;
        assert_eq!(browser.run(&settings).await, before, "{part}");
    }
    let open = browser.count(".help[open]").await;
    assert_eq!(open, 1, "one explanation takes the place of another");
    browser.close().await;
}

fn contrast(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

async fn open_a_frame(browser: &Browser) {
    browser.wait_for("[data-testid=frame] .pick").await;
    // By script, as new frames may move it away from under a pointer.
    browser
        .run("document.querySelector('[data-testid=frame] .pick').click()")
        .await;
    browser.wait_for("[data-testid=wire-detail]").await;
}

async fn look(browser: &Browser, width: u32, scheme: Scheme) {
    let view = View {
        width,
        height: 3_000,
        scheme,
    };
    browser.look(view).await;
    let is_so = format!("return innerWidth === {width}");
    browser.wait_until_true(&is_so, PATIENCE).await;
}
