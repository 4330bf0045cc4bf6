//! What a worker should say.

/// The n-th Fibonacci number, in no time; n is at most 93.
#[must_use]
pub fn fibonacci(n: u64) -> u64 {
    (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
}
