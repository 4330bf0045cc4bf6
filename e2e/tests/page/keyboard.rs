//! The lists of calls and of frames, by the keyboard alone.

use serde_json::Value;
use warren_e2e::{Browser, Key, PATIENCE, Stack};

/// Says where the focus is: the row's n, or its number from the top, and the words of the control.
const HERE: &str = "
    const focused = document.activeElement, row = focused.closest('.call-row, .frame-row');
    if (!row) return focused.className || focused.tagName;
    const name = row.dataset.n ?? [...row.parentElement.children].indexOf(row);
    return name + ' ' + [...row.querySelectorAll('button')].indexOf(focused);
";

/// How many stops the Tab key makes in each list.
const STOPS: &str = "
    return ['calls', 'wire'].map(id => document.querySelector(`[data-testid=${id}]`).parentElement)
        .map(list => [list, ...list.querySelectorAll('*')].filter(it => it.tabIndex >= 0).length)
        .join();
";

#[tokio::test(flavor = "multi_thread")]
async fn each_list_is_one_stop_and_arrow_keys_lead_through_it() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=wire]").await;
    for n in 1..=5 {
        browser.call(&n.to_string()).await;
    }
    browser
        .wait_for_count("[data-testid=call-row][data-state=done]", 5)
        .await;
    stops(&browser).await;

    focus(&browser, "[data-testid=calls-clear]").await;
    for (key, expected) in [
        (Key::Tab, "5 0"),
        (Key::Down, "4 0"),
        (Key::Right, "4 1"),
        (Key::Right, "4 2"),
        (Key::Right, "4 2"),
        (Key::Down, "3 2"),
        (Key::End, "1 2"),
        (Key::Down, "1 2"),
        (Key::Left, "1 1"),
        (Key::Home, "5 1"),
        (Key::Up, "5 1"),
        (Key::Down, "4 1"),
        (Key::Left, "4 0"),
    ] {
        browser.press_here(key).await;
        here(&browser, expected).await;
    }
    stops(&browser).await;
    browser.press_here(Key::Enter).await;
    browser
        .wait_for("[data-testid=call-row][data-n='4'][data-selected=true]")
        .await;
    here(&browser, "4 0").await;

    // The list is left and entered where the keyboard is.
    browser.press_here(Key::Tab).await;
    focus(&browser, "[data-testid=calls-clear]").await;
    browser.press_here(Key::Tab).await;
    here(&browser, "4 0").await;

    focus(&browser, "[data-testid=wire-clear]").await;
    for (key, expected) in [(Key::Tab, "0 0"), (Key::Down, "1 0"), (Key::Right, "1 0")] {
        browser.press_here(key).await;
        here(&browser, expected).await;
    }
    browser.press_here(Key::Enter).await;
    let close = browser
        .wait_for("[data-testid=wire-detail] button:last-of-type")
        .await;
    close
        .send_keys(&Key::Enter.to_string())
        .await
        .expect("it takes keys");
    browser.wait_for_count("[data-testid=wire-detail]", 0).await;
    here(&browser, "1 0").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_stays_in_a_list_that_changes() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=wire]").await;
    for n in 1..=3 {
        browser.call(&n.to_string()).await;
    }
    browser.fill("deadline", "5m").await;
    browser.fill("n", "50").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=running]")
        .await;

    // A row is pushed down, and is repeated from where it is.
    focus(&browser, "[data-n='2'] .acts button:last-child").await;
    browser.press_here(Key::Enter).await;
    browser
        .wait_for_count("[data-testid=call-row][data-n='2']", 2)
        .await;
    here(&browser, "2 2").await;
    // What is given up leaves the pending ones, and the last row follows.
    filter(&browser, 2).await;
    browser.wait_for_count("[data-testid=call-row]", 1).await;
    focus(&browser, "[data-n='50'] .acts button:last-child").await;
    browser.press_here(Key::Enter).await;
    browser.wait_for_count("[data-testid=call-row]", 0).await;
    here(&browser, "rows").await;

    filter(&browser, 0).await;
    browser.wait_for_count("[data-testid=call-row]", 5).await;
    browser.press_here(Key::Down).await;
    focus(&browser, "[data-n='50'] button").await;
    // Of what is done, the row that comes to its place has the keyboard.
    filter(&browser, 3).await;
    browser.wait_for_count("[data-testid=call-row]", 4).await;
    here(&browser, "3 0").await;
    filter(&browser, 0).await;
    browser.wait_for_count("[data-testid=call-row]", 5).await;
    here(&browser, "3 0").await;
    browser
        .run("document.querySelector('[data-testid=calls-clear]').click()")
        .await;
    browser.wait_for_count("[data-testid=call-row]", 0).await;
    here(&browser, "rows").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_lead_to_rows_that_are_not_drawn() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=batch-run]").await;
    browser.wait_until("online").await;
    for (field, text) in [("from", "1"), ("to", "3"), ("count", "300")] {
        browser.fill(&format!("batch-{field}"), text).await;
    }
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended]")
        .await;
    // The list is drawn a moment later.
    let drawn = "return document.querySelector('.calls .count').textContent.trim() === '300'";
    browser.wait_until_true(drawn, PATIENCE).await;
    focus(&browser, "[data-testid=calls-clear]").await;
    browser.press_here(Key::Tab).await;
    let newest = browser.run(HERE).await;
    browser.press_here(Key::End).await;
    here(&browser, "1 0").await;
    let drawn = browser.count("[data-testid=call-row]").await;
    assert!(drawn < 200, "{drawn} rows are drawn");

    // Scrolling away from the row takes the keyboard along.
    let scroll = "document.querySelector('[data-testid=calls]').parentElement.scrollTop = 0";
    browser.run(scroll).await;
    here(&browser, newest.as_str().expect("a text")).await;
    stops(&browser).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_reached_only_while_a_batch_runs() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    let stop = |tab_index: i32| format!("[data-testid=batch-stop][tabindex='{tab_index}']");
    browser.wait_for(&stop(-1)).await;
    for field in ["from", "to"] {
        browser.fill(&format!("batch-{field}"), "50").await;
    }
    browser.click("batch-run").await;
    browser.wait_for(&stop(0)).await;
    browser.press(Key::Enter, "batch-stop").await;
    browser.wait_for(&stop(-1)).await;
    // It does nothing now, and has the keyboard all the same.
    let focused = "return document.activeElement.dataset.testid === 'batch-stop'";
    browser.wait_until_true(focused, PATIENCE).await;
    browser.close().await;
}

/// The keyboard comes to be there.
async fn here(browser: &Browser, expected: &str) {
    let script = format!("return (() => {{ {HERE} }})() === '{expected}'");
    let begin = std::time::Instant::now();
    while begin.elapsed() < PATIENCE {
        if browser.run(&script).await == Value::Bool(true) {
            return;
        }
    }
    panic!(
        "the keyboard is at {} and not at {expected}",
        browser.run(HERE).await
    );
}

async fn stops(browser: &Browser) {
    browser
        .wait_until_true(
            &format!("return (() => {{ {STOPS} }})() === '1,1'"),
            PATIENCE,
        )
        .await;
}

async fn focus(browser: &Browser, css: &str) {
    browser
        .run(&format!("document.querySelector(\"{css}\").focus()"))
        .await;
}

/// Filters the calls without taking the keyboard there.
async fn filter(browser: &Browser, index: usize) {
    let script = format!(
        "const select = document.querySelector('[data-testid=calls-filter]');
         select.selectedIndex = {index};
         select.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    );
    browser.run(&script).await;
}
