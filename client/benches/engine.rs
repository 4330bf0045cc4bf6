//! How long the engine takes: `cargo bench -p warren-client`.

mod online;

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use online::{NOW, answer_ping, calls, drain, online, request, sent};
use warren_client::engine::Request;

criterion_group!(benches, calling, presence, deadlines);
criterion_main!(benches);

fn calling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("calls");
    let some = calls(1_000);
    group.bench_function("a call and its reply", |bencher| {
        let mut engine = online();
        let mut calls = some.iter().cycle();
        bencher.iter(|| {
            let (id, reply) = calls.next().expect("it never ends");
            engine.call(NOW, *id, request());
            drain(&mut engine);
            engine.handle_data(NOW, reply);
            assert_eq!(drain(&mut engine), 1);
        });
    });
    group.throughput(Throughput::Elements(some.len() as u64));
    group.bench_function("1,000 in flight, then their replies", |bencher| {
        bencher.iter_batched_ref(
            online,
            |engine| {
                for (id, _) in &some {
                    engine.call(NOW, *id, request());
                }
                drain(engine);
                let mut settled = 0;
                for (_, reply) in &some {
                    engine.handle_data(NOW, reply);
                    settled += drain(engine);
                }
                assert_eq!(settled, some.len());
            },
            BatchSize::SmallInput,
        );
    });
}

fn presence(criterion: &mut Criterion) {
    criterion.bench_function("presence: a ping and its pong", |bencher| {
        let mut engine = online();
        engine.watch_workers(NOW, true);
        let mut now = NOW;
        bencher.iter(|| {
            // Whatever is due happens, until a ping is.
            let ping = loop {
                now = engine.poll_timeout().expect("pings are wanted");
                engine.handle_timeout(now);
                let ping = sent(&mut engine).pop();
                drain(&mut engine);
                if let Some(ping) = ping {
                    break ping;
                }
            };
            answer_ping(&mut engine, now, &ping);
            drain(&mut engine);
        });
    });
}

fn deadlines(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deadlines");
    let some = calls(1_000);
    let deadline = Duration::from_millis(500);
    group.throughput(Throughput::Elements(some.len() as u64));
    group.bench_function("1,000 calls that pass theirs", |bencher| {
        bencher.iter_batched_ref(
            || {
                let mut engine = online();
                for (id, _) in &some {
                    let request = Request {
                        deadline: Some(deadline),
                        ..request()
                    };
                    engine.call(NOW, *id, request);
                }
                drain(&mut engine);
                engine
            },
            |engine| {
                engine.handle_timeout(NOW + deadline);
                assert_eq!(drain(engine), some.len());
            },
            BatchSize::SmallInput,
        );
    });
}
