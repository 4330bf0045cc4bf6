//! `cargo xtask screenshots`, once everything is built: pictures of all that the page can look
//! like, made in the folder that it is given.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use warren_e2e::{Browser, PATIENCE, Scheme, Stack, View};
use xtask::page::PageConfig;

/// A size of window: its name, width and height, in CSS pixels.
type Size = (&'static str, u32, u32);

/// The sizes in which everything is seen.
const USUAL: [Size; 2] = [("desktop", 1440, 900), ("phone", 390, 844)];

/// The least and the largest size, in which only the whole is seen.
const EXTREME: [Size; 2] = [("narrow", 360, 800), ("4k", 3840, 2160)];

/// The parts of the page, by the ids of their sections.
const PARTS: [&str; 6] = ["call", "calls", "wire", "workers", "batch", "settings"];

/// Where nothing listens.
const NOWHERE: &str = "ws://127.0.0.1:1/ws";

#[tokio::main]
async fn main() {
    let folder = env::args().nth(1).expect("the folder for the pictures");
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).expect("a folder");
    let stack = Stack::shared();
    let _workers =
        ["hare", "rabbit"].map(|name| stack.worker(name, &["--concurrency", "1", "--max-n", "49"]));
    for size in USUAL {
        online(
            &stack,
            Camera {
                folder: &folder,
                size,
            },
        )
        .await;
        offline(
            &stack,
            Camera {
                folder: &folder,
                size,
            },
        )
        .await;
    }
    for size in EXTREME {
        let page = stack.page();
        let browser = open(&page.url(), size).await;
        make_calls(&browser).await;
        Camera {
            folder: &folder,
            size,
        }
        .whole(&browser, "after-calls")
        .await;
        browser.close().await;
    }
}

/// The page from its opening to the end of a batch.
async fn online(stack: &Stack, camera: Camera<'_>) {
    let page = stack.page();
    let browser = open(&page.url(), camera.size).await;
    browser.wait_until("online").await;
    camera.whole(&browser, "opened").await;

    make_calls(&browser).await;
    camera.whole(&browser, "after-calls").await;
    for part in PARTS {
        camera.part(&browser, part, part).await;
    }

    browser.fill("n", "49").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=running]")
        .await;
    camera.part(&browser, "call", "call-running").await;
    browser.click("cancel").await;
    browser
        .wait_for("[data-testid=call-row][data-state=cancelled]")
        .await;

    browser.fill("n", "50").await;
    browser.click("call").await;
    browser.wait_for_error("out_of_range").await;
    camera.part(&browser, "call", "call-failed").await;

    for (field, text) in [("from", "15"), ("to", "25"), ("count", "3000")] {
        browser.fill(&format!("batch-{field}"), text).await;
    }
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary]:not([data-done='0'])")
        .await;
    camera.part(&browser, "batch", "batch-running").await;
    let ended =
        "return document.querySelector('[data-testid=batch-summary][data-state=ended]') !== null";
    browser.wait_until_true(ended, PATIENCE * 5).await;
    camera.part(&browser, "batch", "batch-done").await;
    camera
        .part(&browser, "workers", "workers-after-batch")
        .await;
    camera.part(&browser, "wire", "wire-after-batch").await;
    camera.whole(&browser, "after-batch").await;
    browser.close().await;
}

/// The page while there is no broker.
async fn offline(stack: &Stack, camera: Camera<'_>) {
    let page = stack.page_with(PageConfig::new(NOWHERE));
    let browser = open(&page.url(), camera.size).await;
    browser.wait_until("offline").await;
    camera.whole(&browser, "offline").await;
    browser.close().await;
}

async fn open(url: &str, (_, width, height): Size) -> Browser {
    let browser = Browser::open(url).await;
    let scheme = Scheme::Light;
    browser
        .look(View {
            width,
            height,
            scheme,
        })
        .await;
    browser.wait_for("#settings").await;
    browser
}

async fn make_calls(browser: &Browser) {
    for n in ["7", "33", "24", "12", "30"] {
        browser.call(n).await;
    }
}

/// Takes pictures in one size of window, each in light and in dark.
#[derive(Clone, Copy)]
struct Camera<'a> {
    folder: &'a Path,
    size: Size,
}

impl Camera<'_> {
    /// All of the page.
    async fn whole(&self, browser: &Browser, what: &str) {
        for scheme in Scheme::ALL {
            self.stretch(browser, scheme).await;
            self.keep(what, scheme, &browser.screenshot().await);
        }
    }

    /// One part of the page.
    async fn part(&self, browser: &Browser, part: &str, what: &str) {
        for scheme in Scheme::ALL {
            self.stretch(browser, scheme).await;
            let picture = browser.screenshot_of(&format!("#{part}")).await;
            self.keep(what, scheme, &picture);
        }
    }

    /// Makes the window as high as the page, as no more than the window gets into a picture.
    async fn stretch(&self, browser: &Browser, scheme: Scheme) {
        let (_, width, height) = self.size;
        let look = async |height| {
            let view = View {
                width,
                height,
                scheme,
            };
            browser.look(view).await;
        };
        look(height).await;
        let content = browser
            .run("scrollTo(0, 0); return document.documentElement.scrollHeight")
            .await;
        let content = content
            .as_u64()
            .and_then(|height| u32::try_from(height).ok());
        look(content.expect("a page has a height").max(height)).await;
    }

    fn keep(&self, what: &str, scheme: Scheme, picture: &[u8]) {
        let name = format!("{what}-{}-{}.png", self.size.0, scheme.name());
        let file = self.folder.join(name);
        fs::write(&file, picture).expect("the picture can be kept");
        // Whoever closed the output does not want to know.
        let _ = writeln!(io::stdout(), "{}", file.display());
    }
}
