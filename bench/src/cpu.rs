//! How much of the processors a process has used.

use std::{fs, time::Duration};

/// How many of the kernel's ticks make a second: what Linux shows to programs is in hundredths of
/// a second on all processors that Rust's standard library runs on.
const TICKS_PER_SECOND: u64 = 100;

/// How long the process and its threads have run so far, in the kernel and outside; without the
/// processes that it started. In steps of 10 ms.
///
/// # Panics
/// There is no such process, or this is not Linux.
#[must_use]
pub fn cpu_time(process: u32) -> Duration {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    // The name before may hold anything, also spaces and parentheses; the rest are numbers.
    let (_, rest) = stat.rsplit_once(") ").expect("the name is in parentheses");
    let fields: Vec<&str> = rest.split(' ').collect();
    // utime and stime, the 14th and 15th of proc(5), of which two come before `rest`.
    let ticks: u64 = [fields[11], fields[12]]
        .iter()
        .map(|field| field.parse::<u64>().expect("a number of ticks"))
        .sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use std::{process, time::Instant};

    use super::*;

    #[test]
    fn a_process_that_computes_uses_time() {
        let before = cpu_time(process::id());
        let begin = Instant::now();
        while cpu_time(process::id()) < before + Duration::from_millis(50) {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "no time is counted"
            );
        }
    }
}
