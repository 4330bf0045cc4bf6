//! How long the decoder, the encoder and a session take: `cargo bench -p warren-stomp`.

mod frames;

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use warren_stomp::{
    Command, Decoder, Event, Frame, HeartBeat, Limits, Session, SessionConfig, encode,
};

/// How many bytes TCP mostly brings at once.
const SEGMENT: usize = 1_400;

/// When everything happens.
const NOW: Duration = Duration::ZERO;

criterion_group!(benches, decoding, encoding, session);
criterion_main!(benches);

fn decoding(criterion: &mut Criterion) {
    let reply = frames::replies(1);
    let body = frames::stream([frames::reply(0, &vec![b'7'; 1 << 20])]);
    let mixed = frames::mixed();
    let whole = usize::MAX;
    let cases = [
        ("a reply", &reply, whole),
        ("a reply, byte by byte", &reply, 1),
        ("a body of 1 MiB", &body, whole),
        ("a body of 1 MiB in segments", &body, SEGMENT),
        ("a megabyte of replies in segments", &mixed, SEGMENT),
    ];
    let mut group = criterion.benchmark_group("decode");
    for (name, stream, chunk_bytes) in cases {
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(name, |bencher| {
            let mut decoder = Decoder::new(Limits::default());
            bencher.iter(|| {
                for mut chunk in stream.chunks(chunk_bytes) {
                    while let Some(frame) = decoder.decode(&mut chunk).expect("frames") {
                        black_box(frame);
                    }
                }
            });
        });
    }
}

fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    let escaped = frames::request(0).with_header("x-note", "one:two\nthree\\four");
    let large = frames::request(0).with_body(vec![b'7'; 1 << 20]);
    let cases = [
        ("a request", frames::request(0)),
        ("a request with escapes", escaped),
        ("a body of 1 MiB", large),
    ];
    for (name, frame) in cases {
        let mut bytes = Vec::new();
        encode(&frame, &mut bytes);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                bytes.clear();
                encode(black_box(&frame), &mut bytes);
            });
        });
    }
}

fn session(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    let request = frames::request(0);
    let reply = frames::replies(1);
    group.bench_function("a request and its reply", |bencher| {
        let mut session = connected();
        bencher.iter(|| {
            session.send(NOW, &request).expect("it is connected");
            black_box(session.poll_transmit());
            session.handle_input(NOW, &reply);
            black_box(session.poll_event());
        });
    });
    group.throughput(Throughput::Elements(1_000));
    let replies = frames::replies(1_000);
    group.bench_function("1,000 requests, then their replies", |bencher| {
        bencher.iter_batched_ref(
            connected,
            |session| {
                for _ in 0..1_000 {
                    session.send(NOW, &request).expect("it is connected");
                }
                while let Some(chunk) = session.poll_transmit() {
                    black_box(chunk);
                }
                for chunk in replies.chunks(SEGMENT) {
                    session.handle_input(NOW, chunk);
                    while let Some(event) = session.poll_event() {
                        black_box(event);
                    }
                }
            },
            BatchSize::SmallInput,
        );
    });
}

fn connected() -> Session {
    let mut session = Session::new(
        SessionConfig {
            host: "/".into(),
            login: "web".into(),
            passcode: "web".into(),
            heart_beat: HeartBeat::default(),
            keep_alive: Duration::ZERO,
            connect_timeout: Duration::from_secs(10),
            limits: Limits::default(),
        },
        NOW,
    );
    let connected = Frame::new(Command::Connected).with_header("version", "1.2");
    session.handle_input(NOW, &frames::stream([connected]));
    assert!(matches!(
        session.poll_event(),
        Some(Event::Connected { .. })
    ));
    while session.poll_transmit().is_some() {}
    session
}
