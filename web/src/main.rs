//! The Warren page.
fn main() {}
