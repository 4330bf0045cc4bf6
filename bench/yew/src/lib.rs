//! The least page of Yew: one button, which counts how often it was pressed.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen::prelude::*;
use yew::prelude::*;

#[component]
fn Button() -> Html {
    let pressed = use_state(|| 0_u32);
    let onclick = {
        let pressed = pressed.clone();
        move |_: MouseEvent| pressed.set(*pressed + 1)
    };
    html! { <button {onclick}>{ *pressed }</button> }
}

/// Draws it.
#[wasm_bindgen(start)]
pub fn draw() {
    yew::Renderer::<Button>::new().render();
}
