//! Data that many components look at, and that changes often.

use std::{
    cell::{Cell, Ref, RefCell},
    rc::Rc,
};

use gloo::timers::callback::Timeout;
use yew::prelude::*;

/// How long changes that follow one another are gathered before they are drawn, in milliseconds:
/// 30 times a second looks alive, and leaves the page its time when thousands of calls are under
/// way. The first change is drawn at once.
const GATHER_MS: u32 = 33;

/// A value that is changed in place. Whoever [looks at it](use_selected) is told of changes,
/// together and a moment later. Clones share the value.
#[derive(Debug)]
pub(crate) struct Store<T>(Rc<Shared<T>>);

struct Shared<T> {
    value: RefCell<T>,
    lookers: RefCell<Vec<Looker>>,
    last_key: Cell<usize>,
    gather_ms: u32,
    /// Whether the lookers are about to be told, or were told just now.
    gathering: Cell<bool>,
    /// Whether there is something to tell them when that is over.
    changed: Cell<bool>,
}

/// Who looks, and the key by which it leaves.
type Looker = (usize, Rc<dyn Fn()>);

impl<T> std::fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<T> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The same store is equal, whatever it holds.
impl<T> PartialEq for Store<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: 'static> Store<T> {
    /// A store that holds `value`.
    pub(crate) fn new(value: T) -> Self {
        Self::gathering(value, GATHER_MS)
    }

    /// A store that holds `value`, and gathers changes for as many milliseconds before they are
    /// drawn: for what costs much to draw, and is not followed by eye.
    pub(crate) fn gathering(value: T, gather_ms: u32) -> Self {
        Self(Rc::new(Shared {
            value: RefCell::new(value),
            lookers: RefCell::default(),
            last_key: Cell::default(),
            gather_ms,
            gathering: Cell::default(),
            changed: Cell::default(),
        }))
    }

    /// The value as it is.
    pub(crate) fn read(&self) -> Ref<'_, T> {
        self.0.value.borrow()
    }

    /// Changes the value.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.0.value.borrow_mut());
        self.0.changed.set(true);
        if !self.0.gathering.replace(true) {
            self.0.tell_in(0);
        }
        result
    }

    /// Calls `look` after changes, until the returned function is called.
    pub(crate) fn look(&self, look: Rc<dyn Fn()>) -> impl FnOnce() + use<T> {
        let key = self.0.last_key.get() + 1;
        self.0.last_key.set(key);
        self.0.lookers.borrow_mut().push((key, look));
        let shared = self.0.clone();
        move || {
            shared
                .lookers
                .borrow_mut()
                .retain(|(looker, _)| *looker != key);
        }
    }
}

impl<T: 'static> Shared<T> {
    fn tell_in(self: &Rc<Self>, wait_ms: u32) {
        let shared = self.clone();
        Timeout::new(wait_ms, move || {
            if shared.changed.replace(false) {
                shared.tell();
                shared.tell_in(shared.gather_ms);
            } else {
                shared.gathering.set(false);
            }
        })
        .forget();
    }

    fn tell(&self) {
        // A looker may come or go as it is told.
        let lookers = self.lookers.borrow().clone();
        for (_, look) in lookers {
            look();
        }
    }
}

/// What `select` makes of the store. The component is drawn anew when that changes.
#[hook]
pub(crate) fn use_selected<T, V, F>(store: &Store<T>, select: F) -> V
where
    T: 'static,
    V: Clone + PartialEq + 'static,
    F: Fn(&T) -> V + 'static,
{
    let redraw = use_force_update();
    let drawn = use_mut_ref(|| None::<(Box<dyn Fn(&T) -> V>, V)>);
    let value = select(&store.read());
    *drawn.borrow_mut() = Some((Box::new(select), value.clone()));
    use_effect_with(store.clone(), move |store| {
        let looked_at = store.clone();
        store.look(Rc::new(move || {
            let changed = drawn
                .borrow()
                .as_ref()
                .is_some_and(|(select, value)| select(&looked_at.read()) != *value);
            if changed {
                redraw.force_update();
            }
        }))
    });
    value
}
