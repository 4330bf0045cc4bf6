use proptest::{collection::vec, prelude::*};

use super::*;

/// A frame on channel 1.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it is not that long");
    [&[kind, 0, 1], &length.to_be_bytes()[..], payload, &[0xce]].concat()
}

/// `basic.deliver` with this routing key.
fn deliver(routing_key: &[u8]) -> Vec<u8> {
    let length = routing_key.len().try_into().expect("it is short");
    let payload = [
        b"\0\x3c\0\x3c\x01c\0\0\0\0\0\0\0\x01\0\0",
        &[length][..],
        routing_key,
    ];
    frame(METHOD, &payload.concat())
}

/// A content header with this correlation id.
fn header(correlation_id: &[u8]) -> Vec<u8> {
    let length = correlation_id.len().try_into().expect("it is short");
    let payload = [
        b"\0\x3c\0\0\0\0\0\0\0\0\0\x05\x04\0",
        &[length][..],
        correlation_id,
    ];
    frame(CONTENT_HEADER, &payload.concat())
}

fn heart_beat() -> Vec<u8> {
    frame(8, &[])
}

fn body(bytes: &[u8]) -> Vec<u8> {
    frame(3, bytes)
}

/// Hands on what comes in these pieces, in pieces of at most `out` bytes, as a socket would: with
/// what is passing not going through, if `direct`.
fn hand_on(pieces: &[&[u8]], out: usize, direct: bool) -> Vec<u8> {
    let mut frames = Frames::default();
    let mut handed_on = Vec::new();
    let mut space = vec![0; out];
    for mut piece in pieces.iter().copied() {
        if direct {
            let (passing, rest) = piece.split_at(frames.passing().min(piece.len()));
            frames.passed(passing.len());
            handed_on.extend_from_slice(passing);
            piece = rest;
        }
        frames.receive(piece).expect("nothing is too long");
        loop {
            match frames.take(&mut space) {
                0 => break,
                count => handed_on.extend_from_slice(&space[..count]),
            }
        }
    }
    handed_on
}

#[test]
fn methods_and_headers_are_mended_and_bodies_are_not() {
    let sent = [
        deliver(b"to \xff"),
        header(b"\xfe-1"),
        body(b"\xff\xfe"),
        heart_beat(),
        deliver("zum Hasen \u{1f407}".as_bytes()),
    ];
    let expected = [
        deliver(b"to \x1a"),
        header(b"\x1a-1"),
        body(b"\xff\xfe"),
        heart_beat(),
        deliver("zum Hasen \u{1f407}".as_bytes()),
    ];
    assert_eq!(hand_on(&[&sent.concat()], 1_000, false), expected.concat());
}

#[test]
fn what_need_not_be_mended_is_handed_on_before_it_is_whole() {
    let body = body(b"0123456789");
    assert_eq!(hand_on(&[&body[..12]], 1_000, false), body[..12]);
    let header = header(b"id");
    assert_eq!(hand_on(&[&header[..header.len() - 1]], 1_000, false), b"");
}

#[test]
fn a_header_that_is_too_long_is_an_error() {
    let mut head = frame(CONTENT_HEADER, &[]);
    let length = u32::try_from(LONGEST + 1).expect("it is not that long");
    head[3..7].copy_from_slice(&length.to_be_bytes());
    let refused = Frames::default()
        .receive(&head)
        .expect_err("it is too long");
    assert_eq!(
        refused.to_string(),
        "the broker sent a header of 16777217 bytes; at most 16777216"
    );
}

/// Frames as a broker might send them.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let text = || {
        prop_oneof![
            "\\PC{0,20}".prop_map(String::into_bytes),
            vec(any::<u8>(), 0..20),
        ]
    };
    prop_oneof![
        text().prop_map(|text| deliver(&text)),
        text().prop_map(|text| header(&text)),
        vec(any::<u8>(), 0..100).prop_map(|bytes| body(&bytes)),
        Just(heart_beat()),
    ]
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_bytes(
        frames in vec(any_frame(), 0..10),
        cuts in vec(0..400_usize, 0..10),
        out in 1..50_usize,
        direct in any::<bool>(),
    ) {
        let sent = frames.concat();
        let whole = hand_on(&[&sent], sent.len() + 1, false);
        prop_assert_eq!(whole.len(), sent.len());

        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(sent.len())).collect();
        cuts.extend([0, sent.len()]);
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|cut| &sent[cut[0]..cut[1]]).collect();
        prop_assert_eq!(hand_on(&pieces, out, direct), whole);
    }

    #[test]
    fn arbitrary_bytes_neither_panic_nor_change_their_number(
        pieces in vec(vec(any::<u8>(), 0..60), 0..10),
    ) {
        let mut frames = Frames::default();
        let (mut received, mut taken) = (0, 0);
        for piece in pieces {
            received += piece.len();
            if frames.receive(&piece).is_err() {
                break;
            }
            taken += frames.take(&mut [0; 1_000]);
        }
        prop_assert!(taken <= received);
    }
}
