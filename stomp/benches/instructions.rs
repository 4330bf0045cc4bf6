//! Work of the codec whose instructions `cargo xtask bench --check` counts.
//!
//! It does the work that its argument names, once; without one, it lists all names.

mod frames;

use std::{env, hint::black_box};

use warren_stomp::{Decoder, Frame, Limits, encode};

/// How many bytes TCP mostly brings at once.
const SEGMENT: usize = 1_400;

const NAMES: [&str; 4] = [
    "decode 1,000 replies",
    "decode a body of 1 MiB in segments",
    "decode a megabyte of replies in segments",
    "encode 1,000 requests",
];

#[allow(clippy::print_stdout, reason = "the names are its output")]
fn main() {
    let name = env::args().nth(1).unwrap_or_default();
    match NAMES.iter().position(|known| *known == name) {
        Some(0) => decode(&frames::replies(1_000), usize::MAX),
        Some(1) => decode(
            &frames::stream([frames::reply(0, &vec![b'7'; 1 << 20])]),
            SEGMENT,
        ),
        Some(2) => decode(&frames::mixed(), SEGMENT),
        Some(3) => {
            let requests: Vec<_> = (0..1_000).map(frames::request).collect();
            counted(|| encode_each(&requests));
        }
        _ => println!("{}", NAMES.join("\n")),
    }
}

fn decode(stream: &[u8], chunk_bytes: usize) {
    counted(|| {
        let mut decoder = Decoder::new(Limits::default());
        for mut chunk in stream.chunks(chunk_bytes) {
            while let Some(frame) = decoder.decode(&mut chunk).expect("frames") {
                black_box(frame);
            }
        }
    });
}

fn encode_each(frames: &[Frame]) {
    for frame in frames {
        let mut bytes = Vec::new();
        encode(frame, &mut bytes);
        black_box(bytes);
    }
}

/// Instructions are counted in here alone; the name is how Callgrind finds it.
#[inline(never)]
fn counted(work: impl FnOnce()) {
    work();
}
