use proptest::{collection::vec, prelude::*};

use super::*;

/// A short string as it stands in a frame.
fn short(text: &[u8]) -> Vec<u8> {
    let length = text.len().try_into().expect("it is short");
    [&[length], text].concat()
}

/// What has its length in four bytes before it.
fn long(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("it is not that long");
    [&length.to_be_bytes(), bytes].concat()
}

/// The payload of a content header with these properties.
fn content_header(flags: u16, properties: &[u8]) -> Vec<u8> {
    [&[0; 12], &flags.to_be_bytes()[..], properties].concat()
}

fn header_table(table: &[u8]) -> Vec<u8> {
    content_header(0x2000, &long(table))
}

/// So many arrays, one within the other, as a value.
fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(b"V".to_vec(), |inner, _| [b"A", &long(&inner)[..]].concat())
}

#[test]
fn bytes_that_are_not_utf8_become_substitutes_one_by_one() {
    let cases: [(&[u8], &[u8]); 8] = [
        (b"", b""),
        (b"call-1", b"call-1"),
        ("Küche \u{1f407}".as_bytes(), "Küche \u{1f407}".as_bytes()),
        (b"\xff", b"\x1a"),
        (b"a\xffb\xfe\x80c", b"a\x1ab\x1a\x1ac"),
        // A surrogate, an overlong slash, and a character that lacks its last byte.
        (b"\xed\xa0\x80", b"\x1a\x1a\x1a"),
        (b"\xc0\xaf", b"\x1a\x1a"),
        (b"end \xe2\x82", b"end \x1a\x1a"),
    ];
    for (text, expected) in cases {
        let mut payload = content_header(0x0400, &short(text));
        mend_content_header(&mut payload);
        assert_eq!(payload, content_header(0x0400, &short(expected)));
        let mended = str::from_utf8(expected).expect("that is the point");
        assert_eq!(is_damaged(mended), text != expected);
    }
}

#[test]
fn every_property_is_found_behind_all_others() {
    let all = |text: &[u8]| {
        let text = short(text);
        let table = long(&[&text[..], b"V"].concat());
        [
            &text[..],
            &text,
            &table,
            b"\xfd\xfc",
            &text,
            &text,
            &text,
            &text,
            b"\xfd\xfd\xfd\xfd\xfd\xfd\xfd\xfd",
            &text,
            &text,
            &text,
            &text,
        ]
        .concat()
    };
    let mut payload = content_header(0xfffc, &all(b"\xff"));
    mend_content_header(&mut payload);
    assert_eq!(payload, content_header(0xfffc, &all(b"\x1a")));
}

#[test]
fn names_are_mended_at_any_depth_and_behind_values_of_any_type() {
    let values: [&[u8]; 16] = [
        b"t\xff",
        b"b\xff",
        b"B\xff",
        b"s\xff\xff",
        b"U\xff\xff",
        b"u\xff\xff",
        b"I\xff\xff\xff\xff",
        b"i\xff\xff\xff\xff",
        b"f\xff\xff\xff\xff",
        b"D\xff\xff\xff\xff\xff",
        b"l\xff\xff\xff\xff\xff\xff\xff\xff",
        b"d\xff\xff\xff\xff\xff\xff\xff\xff",
        b"T\xff\xff\xff\xff\xff\xff\xff\xff",
        b"S\0\0\0\x02\xff\xfe",
        b"x\0\0\0\x02\xff\xfe",
        b"V",
    ];
    let table = |name: &[u8]| {
        let entries: Vec<_> = values
            .iter()
            .flat_map(|value| [&short(name), *value].concat())
            .collect();
        let within = [b"F", &long(&entries)[..]].concat();
        let array = [b"A", &long(&[&values.concat()[..], &within].concat())[..]].concat();
        [&entries[..], &short(name), &array, &entries].concat()
    };
    let mut payload = header_table(&table(b"\xff"));
    mend_content_header(&mut payload);
    assert_eq!(payload, header_table(&table(b"\x1a")));
}

#[test]
fn what_is_nested_too_deep_becomes_bytes() {
    let mut fine = header_table(&[&short(b"deep"), &nested(DEEPEST)[..]].concat());
    let before = fine.clone();
    mend_content_header(&mut fine);
    assert_eq!(fine, before);

    let mut deeper = header_table(&[&short(b"deep"), &nested(DEEPEST + 1)[..]].concat());
    let before = deeper.clone();
    mend_content_header(&mut deeper);
    let changed: Vec<_> = (0..before.len())
        .filter(|&at| before[at] != deeper[at])
        .map(|at| (before[at], deeper[at]))
        .collect();
    assert_eq!(changed, [(b'A', b'x')]);
}

#[test]
fn methods_are_mended_where_others_have_a_say() {
    let payload_of = |method: [u8; 4], text: &[u8]| {
        let text = short(text);
        let arguments = match method {
            BASIC_RETURN => [b"\xff\xff", &text[..], &text, &text].concat(),
            BASIC_DELIVER => [&text[..], &[0xff; 9], &text, &text].concat(),
            _ => [b"\xff\xff", &text[..], b"\xff\xff\xff\xff"].concat(),
        };
        [&method[..], &arguments].concat()
    };
    for method in [CONNECTION_CLOSE, CHANNEL_CLOSE, BASIC_RETURN, BASIC_DELIVER] {
        let mut payload = payload_of(method, b"\xff");
        mend_method(&mut payload);
        assert_eq!(payload, payload_of(method, b"\x1a"));
    }
    let mut other = payload_of([0, 10, 0, 10], b"\xff");
    let before = other.clone();
    mend_method(&mut other);
    assert_eq!(other, before);
}

/// A text of a short string: UTF-8 more often than not.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "\\PC{0,20}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..20),
    ]
}

/// The entries of a table.
fn entries() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just(b"V".to_vec()),
        any::<[u8; 4]>().prop_map(|value| [b"I", &value[..]].concat()),
        text().prop_map(|text| [b"S", &long(&text)[..]].concat()),
    ];
    let entry = (text(), value).prop_map(|(name, value)| [short(&name), value].concat());
    let leaf = vec(entry, 0..4).prop_map(|entries| entries.concat());
    leaf.prop_recursive(6, 40, 3, |table| {
        vec((text(), table), 0..3).prop_map(|tables| {
            let nested = |(name, table): &(Vec<u8>, Vec<u8>)| {
                [&short(name), &b"F"[..], &long(table)].concat()
            };
            tables.iter().flat_map(nested).collect()
        })
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_neither_panic_nor_change_their_number(
        mut payload in vec(any::<u8>(), 0..300)
    ) {
        let length = payload.len();
        mend_content_header(&mut payload);
        mend_method(&mut payload);
        prop_assert_eq!(payload.len(), length);
    }

    #[test]
    fn mending_makes_every_name_utf8_and_changes_no_other_byte(
        text in text(),
        table in entries(),
    ) {
        let before = content_header(0x2400, &[long(&table), short(&text)].concat());
        let mut payload = before.clone();
        mend_content_header(&mut payload);
        for (&old, &new) in before.iter().zip(&payload) {
            prop_assert!(new == old || (new == SUBSTITUTE && old >= 0x80));
        }
        let id = &payload[payload.len() - text.len()..];
        let expected = str::from_utf8(&text).is_ok();
        prop_assert!(str::from_utf8(id).is_ok());
        prop_assert_eq!(id == text, expected);

        let mut again = payload.clone();
        mend_content_header(&mut again);
        prop_assert_eq!(again, payload);
    }
}
