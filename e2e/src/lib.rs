//! Warren end to end: a real broker, real workers, the page in a real browser.
