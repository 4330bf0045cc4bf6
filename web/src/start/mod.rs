//! What the page is told from outside before it is drawn.

mod config;
mod load;
mod query;
mod urls;

pub(crate) use config::{ConfigProblem, PageConfig, forbidden};
pub(crate) use query::{Query, mode_named, name_of};
pub(crate) use urls::{BadUrls, listed};

use gloo::utils::window;

use crate::hooks::{SETTINGS, stored};

/// Everything that the page knows when it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Start {
    /// The broker, the queue, and the largest n.
    pub(crate) config: PageConfig,
    /// What that was without the settings that were made on the page.
    pub(crate) without_settings: PageConfig,
    /// Why `config.json` does not count, if so.
    pub(crate) config_problem: Option<ConfigProblem>,
    /// What the page's address asks for.
    pub(crate) query: Query,
}

impl Start {
    /// Reads `config.json` and the page's address. Takes some seconds at most.
    pub(crate) async fn read() -> Self {
        let location = window().location();
        // The page's own address can always be read; it would take a detached document to fail.
        let host = location.hostname().unwrap_or_default();
        let secure = is_secure();
        let query = Query::parse(&location.search().unwrap_or_default());

        let own = PageConfig::beside_the_page(secure, &host);
        let (mut config, config_problem) = match load::config(&own).await {
            Ok(config) => (config, None),
            Err(problem) => (own, Some(problem)),
        };
        let without_settings = config.clone();
        // What cannot be read, as an older page may have written it, counts as nothing.
        if let Some(set) = stored(SETTINGS)
            && let Ok(set) = config.overridden_by(&set)
        {
            config = set;
        }
        if let Some(Ok(mode)) = query.mode {
            config = config.in_mode(mode);
        }
        Self {
            config,
            without_settings,
            config_problem,
            query,
        }
    }
}

/// Whether the page came over https.
pub(crate) fn is_secure() -> bool {
    let scheme = window().location().protocol();
    scheme.is_ok_and(|scheme| scheme == "https:")
}
