//! The service of RabbitMQ's sixth tutorial: the n-th Fibonacci number, computed naively.

use std::collections::BTreeMap;

use tracing::info;
use warren_contract::{Code, Fault, Fibonacci};

use crate::{Context, Handler};

/// How much of an unreadable request is quoted back, in characters.
const QUOTED_CHARS: usize = 32;

/// The least n whose computation looks whether it is still wanted. Below, it takes some
/// milliseconds at most, and is one step of progress; of the calls that fib(50) makes, one in
/// 500,000 looks.
const LEAST_N_TO_LOOK: u64 = 28;

/// The largest n that takes less time than handing it over to another thread.
const LARGEST_BRIEF_N: u64 = 20;

/// Serves [`Fibonacci`] for n from 0 to a largest n.
#[derive(Clone, Copy, Debug)]
pub struct FibonacciHandler {
    max_n: u64,
}

impl FibonacciHandler {
    /// Serves n from 0 to `max_n`, at most [`Fibonacci::LARGEST_N`]: beyond, the result would not
    /// fit in 64 bits.
    #[must_use]
    pub fn new(max_n: u64) -> Self {
        Self {
            max_n: max_n.min(Fibonacci::LARGEST_N),
        }
    }
}

impl Handler for FibonacciHandler {
    type Procedure = Fibonacci;

    /// Reads n as the tutorials' clients write it, `str(n)`: decimal digits, perhaps with a sign
    /// and white space around. A JSON integer is the same bytes.
    fn read(&self, body: &[u8]) -> Result<u64, Fault> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        let fault = |code| {
            let quoted = quote(text);
            let max_n = self.max_n;
            let message = format!("n is {quoted}; it must be a whole number from 0 to {max_n}");
            Fault::new(code, message)
        };

        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(fault(Code::InvalidArgument));
        }
        match digits.parse() {
            Ok(n) if n <= self.max_n && (n == 0 || !negative) => Ok(n),
            // Digits that do not fit in 64 bits are still a number.
            Ok(_) | Err(_) => Err(fault(Code::OutOfRange)),
        }
    }

    fn limits(&self) -> BTreeMap<String, u64> {
        [(Fibonacci::MAX_N.to_owned(), self.max_n)].into()
    }

    fn is_brief(&self, n: &u64) -> bool {
        *n <= LARGEST_BRIEF_N
    }

    fn handle(&self, n: u64, context: &Context) -> Result<u64, Fault> {
        info!("[.] fib({n})");
        context.expect_steps(subtrees(n));
        fib_while_wanted(n, context)
    }
}

/// The tutorial's function, given up when nobody waits for it any more.
///
/// The recursion is the plain one, call for call; only its upper levels, of which there are few,
/// look whether to go on and tell how far they are.
fn fib_while_wanted(n: u64, context: &Context) -> Result<u64, Fault> {
    if n < LEAST_N_TO_LOOK {
        let value = fib_unfolded(n);
        context.advance(1);
        return Ok(value);
    }
    if context.is_cancelled() {
        return Err(Fault::new(Code::Cancelled, "the caller gave up"));
    }
    Ok(fib_while_wanted(n - 1, context)? + fib_while_wanted(n - 2, context)?)
}

/// How many steps of progress [`fib_while_wanted`] makes: its calls that do not look.
///
/// They are of two sizes, which follow each other so evenly that the steps, too, are even in time.
fn subtrees(n: u64) -> u64 {
    let (mut smaller, mut larger) = (1, 1);
    for _ in LEAST_N_TO_LOOK..=n {
        (smaller, larger) = (larger, smaller + larger);
    }
    larger
}

/// The tutorial's function as gcc compiles it, which rustc does not by itself: the second of two
/// calls goes on in a loop, the calls for 1 and 0 are their values, and some levels of calls are one
/// function. Nothing is computed once that the tutorial's function computes twice.
fn fib_unfolded(n: u64) -> u64 {
    // Inlined elsewhere, it would be another machine code, of another speed.
    #[inline(never)]
    fn of_positive(n: u64) -> u64 {
        level(n, |n| level(n, |n| level(n, |n| level(n, of_positive))))
    }

    #[inline(always)]
    fn level(mut n: u64, fib: impl Fn(u64) -> u64) -> u64 {
        let mut sum = 0;
        while n > 2 {
            sum += fib(n - 1);
            n -= 2;
        }
        sum + 1
    }

    match n {
        0 => 0,
        n => of_positive(n),
    }
}

/// The tutorial's function: exponential in n, on purpose. It is what [`FibonacciHandler`] is to be
/// measured against. From n = 94 on, the result does not fit.
#[inline(never)]
#[must_use]
pub fn fib(n: u64) -> u64 {
    match n {
        0 => 0,
        1 => 1,
        n => fib(n - 1) + fib(n - 2),
    }
}

/// What came, short enough for a message and a log line. A number stands as it is; anything else
/// in quotes, with control characters escaped.
fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTED_CHARS).collect();
    let cut = quoted.len() < text.len();
    if text.parse::<f64>().is_err() {
        quoted = format!("{quoted:?}");
    }
    if cut {
        quoted.push_str(&format!("… ({} bytes)", text.len()));
    }
    quoted
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use warren_contract::Progress;

    use super::*;

    #[test]
    fn small_numbers() {
        let expected = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55];
        for (n, expected) in expected.into_iter().enumerate() {
            assert_eq!(fib(n as u64), expected, "fib({n})");
        }
        for n in 0..LEAST_N_TO_LOOK {
            assert_eq!(fib_unfolded(n), fib(n), "fib({n})");
        }
        assert_eq!(fib(30), 832_040);
    }

    #[test]
    fn looking_changes_no_result() {
        let wanted = Context::default();
        for n in (0..3).chain(LEAST_N_TO_LOOK - 1..LEAST_N_TO_LOOK + 3) {
            assert_eq!(fib_while_wanted(n, &wanted), Ok(fib(n)), "fib({n})");
        }
    }

    #[test]
    fn all_steps_are_done_at_the_end() {
        let cases = [(0, 1), (27, 1), (28, 2), (29, 3), (30, 5), (31, 8)];
        for (n, total) in cases {
            let context = Context::default();
            assert_eq!(context.progress(), None, "fib({n}) has not begun");
            let handled = FibonacciHandler::new(93).handle(n, &context);
            assert_eq!(handled, Ok(fib(n)));
            let done = Progress { done: total, total };
            assert_eq!(context.progress(), Some(done), "fib({n})");
        }
        // The largest n has more steps than can be tried here.
        assert_eq!(subtrees(93), 72_723_460_248_141);
    }

    #[test]
    fn steps_are_even_in_time() {
        /// In calls of the plain function, which are in proportion to its value.
        fn sizes(n: u64, steps: &mut Vec<u64>) {
            if n < LEAST_N_TO_LOOK {
                steps.push([196_418, 121_393][usize::from(n == LEAST_N_TO_LOOK - 2)]);
            } else {
                sizes(n - 1, steps);
                sizes(n - 2, steps);
            }
        }

        let mut steps = Vec::new();
        sizes(45, &mut steps);
        assert_eq!(steps.len() as u64, subtrees(45));
        let step = steps.iter().sum::<u64>() as f64 / steps.len() as f64;
        let mut worked = 0.0;
        for (done, work) in (1..).zip(steps) {
            worked += work as f64;
            let off = (f64::from(done) - worked / step).abs();
            assert!(
                off < 1.0,
                "after {done} steps, the work of {off} steps is missing"
            );
        }
    }

    #[test]
    fn a_computation_that_nobody_wants_any_more_stops() {
        let context = Context::default();
        let watched = context.clone();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            tell.send(None).expect("the test listens");
            // To its end, it takes centuries.
            let stopped = FibonacciHandler::new(93).handle(93, &watched);
            tell.send(Some(stopped)).expect("the test listens");
        });
        let hear = || told.recv_timeout(Duration::from_secs(30));
        assert_eq!(hear(), Ok(None), "it starts");
        // Meanwhile the other gets past its first look.
        assert_eq!(fib(30), 832_040);
        context.cancel();
        let stopped = hear().expect("it stops").expect("it has started before");
        assert_eq!(stopped.map_err(|fault| fault.code), Err(Code::Cancelled));
    }

    #[test]
    fn reads_what_tutorial_clients_send() {
        let handler = FibonacciHandler::new(50);
        let cases: [(&[u8], u64); 9] = [
            (b"30", 30),
            (b"0", 0),
            (b"50", 50),
            (b" 30\r\n", 30),
            (b"+7", 7),
            (b"-0", 0),
            (b"007", 7),
            ("\u{a0}8".as_bytes(), 8),
            (b"\t9 ", 9),
        ];
        for (body, n) in cases {
            assert_eq!(handler.read(body), Ok(n), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn says_what_came_and_what_is_allowed() {
        let handler = FibonacciHandler::new(50);
        let long_text = "x".repeat(1000);
        let long_number = "9".repeat(1000);
        let cases: [(&[u8], Code, &str); 13] = [
            (b"thirty", Code::InvalidArgument, r#"n is "thirty";"#),
            (b"", Code::InvalidArgument, r#"n is "";"#),
            (b"30.5", Code::InvalidArgument, "n is 30.5;"),
            (b"1e2", Code::InvalidArgument, "n is 1e2;"),
            (b"\"30\"", Code::InvalidArgument, r#"n is "\"30\"";"#),
            (b"null", Code::InvalidArgument, r#"n is "null";"#),
            (b"a\nb", Code::InvalidArgument, r#"n is "a\nb";"#),
            (b"\xff", Code::InvalidArgument, "n is \"\u{fffd}\";"),
            (b"-", Code::InvalidArgument, r#"n is "-";"#),
            (b"-1", Code::OutOfRange, "n is -1;"),
            (b"51", Code::OutOfRange, "n is 51;"),
            (
                long_text.as_bytes(),
                Code::InvalidArgument,
                r#"n is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"… (1000 bytes);"#,
            ),
            (
                long_number.as_bytes(),
                Code::OutOfRange,
                "n is 99999999999999999999999999999999… (1000 bytes);",
            ),
        ];
        for (body, code, start) in cases {
            let fault = handler.read(body).expect_err("this is not served");
            let expected = format!("{start} it must be a whole number from 0 to 50");
            assert_eq!(fault, Fault::new(code, expected), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn never_serves_what_would_overflow() {
        let handler = FibonacciHandler::new(u64::MAX);
        assert_eq!(handler.read(b"93"), Ok(93));
        let fault = handler.read(b"94").expect_err("fib(94) needs 65 bits");
        assert_eq!(fault.code, Code::OutOfRange);
        assert!(fault.message.ends_with("from 0 to 93"), "{fault}");
    }
}
