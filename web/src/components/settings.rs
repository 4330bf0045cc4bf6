//! Where the broker is, and who we are there.

use warren_client::{Config, Mode};
use web_sys::{FormData, HtmlFormElement};
use yew::prelude::*;

use super::{prose::prose, section::section};
use crate::{
    hooks::use_settings,
    start::{BadUrls, PageConfig, listed, mode_named, name_of},
    words,
};

/// What the part is for, to somebody who has just read the tutorial.
const HELP: &str = "The tutorial’s programs connect by AMQP. A page cannot: it speaks STOMP over \
    a WebSocket with the broker’s Web-STOMP plugin, which has a port of its own. In the tutorial \
    mode requests go straight into the queue, so that the tutorial’s own server answers.";

/// What became of the last change.
type Told = Option<Result<&'static str, String>>;

#[component]
pub(crate) fn Settings() -> Html {
    let settings = use_settings();
    let told = use_state_eq(|| Told::None);
    let is_trying = use_state_eq(|| false);

    let onsubmit = {
        let (settings, told, is_trying) = (settings.clone(), told.clone(), is_trying.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let form: HtmlFormElement = event.target_unchecked_into();
            if *is_trying {
                return;
            }
            let Some((config, keeps_passcode)) = read(&form, &settings.now) else {
                return;
            };
            let config = match config {
                Ok(config) => config,
                Err(error) => {
                    told.set(Some(Err(words::sentence(&error.to_string()))));
                    return;
                }
            };
            told.set(None);
            is_trying.set(true);
            let (told, is_trying) = (told.clone(), is_trying.clone());
            let tell = Callback::from(move |result| {
                is_trying.set(false);
                told.set(Some(result));
            });
            settings.try_and_take(config, keeps_passcode, tell);
        })
    };
    let forget = {
        let (settings, told) = (settings.clone(), told.clone());
        Callback::from(move |_| {
            settings.forget();
            told.set(Some(Ok("What was set here is forgotten.")));
        })
    };

    let Config {
        urls,
        login,
        vhost,
        queue,
        mode,
        ..
    } = &settings.now.client;
    let (status, alert) = match &*told {
        _ if *is_trying => ("Trying to connect…", None),
        None => ("", None),
        Some(Ok(words)) => (*words, None),
        Some(Err(words)) => ("", Some(words)),
    };
    let modes = [(Mode::Warren, "Warren"), (Mode::Tutorial, "tutorial six")];
    let content = html! {
        <form key={settings.version} class="settings-form" {onsubmit} data-testid="settings">
            { field("url", "Web-STOMP URL, or several", "text", &urls.to_string()) }
            { field("login", "Login", "text", login) }
            { field("passcode", "Passcode", "password", "") }
            { field("vhost", "Virtual host", "text", vhost) }
            { field("queue", "Queue", "text", queue) }
            <div class="field">
                <label for="set-mode">{ "Mode" }</label>
                <select id="set-mode" name="mode" data-testid="settings-mode">
                    { for modes.map(|(it, words)| html! {
                        <option value={name_of(it)} selected={it == *mode}>{ words }</option>
                    }) }
                </select>
            </div>
            <label class="wait">
                <input type="checkbox" name="keep" data-testid="settings-keep" />
                { "Keep the passcode in this browser, where every script of this site can read it" }
            </label>
            <div class="buttons">
                // Not disabled while it is tried, as that would take the focus away.
                <button class="primary" data-testid="settings-save">
                    { "Try and save" }
                </button>
                <button
                    type="button"
                    data-testid="settings-forget"
                    disabled={*is_trying || settings.now == settings.without}
                    onclick={forget}
                >
                    { "Forget" }
                </button>
            </div>
            <div class="told">
                <p role="status" data-testid="settings-status">{ status }</p>
                <div role="alert">
                    if let Some(words) = alert {
                        <p class="failure" data-testid="settings-error">{ prose(words) }</p>
                    }
                </div>
            </div>
        </form>
    };
    section("settings", "Settings", HELP, content)
}

fn field(name: &'static str, label: &'static str, kind: &'static str, value: &str) -> Html {
    let id = format!("set-{name}");
    // As its `value`, it would replace what a person typed whenever the form is drawn anew.
    html! {
        <div class="field">
            <label for={id.clone()}>{ label }</label>
            <input
                {id}
                {name}
                data-testid={format!("settings-{name}")}
                type={kind}
                autocomplete="off"
                spellcheck="false"
                placeholder={(kind == "password").then_some("as it is")}
                ~defaultValue={value}
            />
        </div>
    }
}

/// What the form says, over what is set, and whether to keep the passcode. The form does not show
/// the passcode, so an empty one is the one that is set, as long as the login is the same.
fn read(form: &HtmlFormElement, now: &PageConfig) -> Option<(Result<PageConfig, BadUrls>, bool)> {
    let form = FormData::new_with_form(form).ok()?;
    let text = |name: &str| form.get(name).as_string().unwrap_or_default();
    let trimmed = |name: &str| text(name).trim().to_owned();
    let (login, typed) = (trimmed("login"), text("passcode"));
    let is_unchanged = typed.is_empty() && login == now.client.login;
    let urls = listed(&text("url"));
    let client = Config {
        passcode: if is_unchanged {
            now.client.passcode.clone()
        } else {
            typed.into()
        },
        login,
        vhost: trimmed("vhost"),
        queue: trimmed("queue"),
        ..now.client.clone()
    };
    let mode = mode_named(&text("mode")).ok()?;
    let is_default = |mode: Mode| {
        let (login, passcode) = mode.default_login();
        client.login == login && client.passcode.fixed() == Some(passcode)
    };
    // Each mode has a login of its own, and the other's is of no use to it.
    let client = if is_default(now.client.mode) {
        client.in_mode(mode)
    } else {
        Config { mode, ..client }
    };
    let config = urls.map(|urls| PageConfig {
        client: Config { urls, ..client },
        ..now.clone()
    });
    Some((config, form.has("keep")))
}
