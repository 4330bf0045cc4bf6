//! Ids that nobody guesses.

use std::cell::RefCell;

use uuid::{Builder, Uuid};

/// For how many ids randomness is fetched at once. In a browser, fetching it takes longer than all
/// else that a client does for a call.
const AHEAD: usize = 256;

thread_local! {
    static RANDOM: RefCell<Vec<uuid::Bytes>> = const { RefCell::new(Vec::new()) };
}

/// A fresh UUID v4.
///
/// # Panics
/// The system has no source of randomness.
pub(crate) fn random_uuid() -> Uuid {
    let bytes = RANDOM.with_borrow_mut(|random| {
        random.pop().unwrap_or_else(|| {
            let mut fresh = [0; AHEAD * size_of::<uuid::Bytes>()];
            getrandom::fill(&mut fresh).expect("a source of randomness");
            let (ids, _) = fresh.as_chunks();
            random.extend_from_slice(&ids[1..]);
            ids[0]
        })
    });
    Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_id_comes_twice() {
        let made = (0..3 * AHEAD).map(|_| random_uuid());
        let ids: HashSet<Uuid> = made
            .inspect(|id| assert_eq!(id.get_version_num(), 4))
            .collect();
        assert_eq!(ids.len(), 3 * AHEAD);
    }
}
