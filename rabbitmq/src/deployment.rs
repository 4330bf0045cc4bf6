//! Definitions for a broker that others can reach: `definitions.json` with passwords of its own.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::definitions::{DEFINITIONS, in_vhost, set_password};
use crate::password::Password;

/// The service that `definitions.json` is made for.
const SERVICE: &str = "rpc_queue";

/// The exchange that all services share.
const BOUNCE: &str = "rpc.bounce";

/// The user whose passcode is in the page, and the passcode.
const PAGE_USER: &str = "web";

/// The user of the workers.
const WORKER: &str = "worker";

/// The user that RabbitMQ has by default, who may do everything.
const GUEST: &str = "guest";

/// The longest name of an exchange or queue, in bytes (AMQP 0-9-1, short string).
const LONGEST_NAME: usize = 255;

/// The permissions of a user, in the order of `rabbitmqctl set_permissions`.
const PERMISSIONS: [&str; 3] = ["configure", "write", "read"];

/// What definitions for a broker of one's own are made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The virtual host, which the import creates where it is missing.
    pub vhost: String,
    /// The services that workers serve and pages call there. Their names consist of letters,
    /// digits, `_`, `-` and `.`.
    pub services: Vec<String>,
    /// The name of a user who may do everything, if there is to be one.
    pub administrator: Option<String>,
}

/// What [`Deployment::definitions`] made.
#[derive(Debug)]
pub struct Definitions {
    /// What RabbitMQ is to import. It has no password but hashed ones.
    pub json: String,
    /// The password of the user `worker`.
    pub worker: Password,
    /// The password of the administrator, if there is one.
    pub administrator: Option<Password>,
}

/// Why there can be no definitions for a [`Deployment`].
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// There is nothing to serve.
    #[error("there is no service; name at least one")]
    NoService,

    /// No exchange or queue can have the name, or the permissions could not tell it from others.
    #[error(
        "{name:?} is no name for a service: it must have 1 to {most} letters, digits, “_”, “-” and “.”, and not begin with “amq.”",
        most = longest_service()
    )]
    Service {
        /// The name.
        name: String,
    },

    /// Two services, or a service and what all services share, would have the same exchange.
    #[error("two things would be called {name:?} on the broker; give the services other names")]
    Taken {
        /// The name of the exchange.
        name: String,
    },

    /// The virtual host's name is empty or too long.
    #[error(
        "the name of the virtual host has {length} bytes, but must have from 1 to {LONGEST_NAME}"
    )]
    Vhost {
        /// The length of the name, in bytes.
        length: usize,
    },

    /// The administrator has a name that another user has, or none.
    #[error("the administrator cannot be called {name:?}; give another name")]
    Administrator {
        /// The name.
        name: String,
    },

    /// `definitions.json` is not as it is expected to be.
    #[error("definitions.json: {0}")]
    Template(#[from] serde_json::Error),
}

impl Default for Deployment {
    /// As `definitions.json` has it: the service `rpc_queue` in the virtual host `/`.
    fn default() -> Self {
        Self {
            vhost: "/".to_owned(),
            services: vec![SERVICE.to_owned()],
            administrator: None,
        }
    }
}

impl Deployment {
    /// Makes definitions with new passwords, except for `web`'s, which everybody can read in the
    /// page. There is no `guest` among the users.
    ///
    /// # Errors
    /// See [`DeploymentError`].
    pub fn definitions(&self) -> Result<Definitions, DeploymentError> {
        self.check()?;
        let template: Value = serde_json::from_str(DEFINITIONS)?;
        let mut sections = Map::new();
        if let Value::Object(template) = template {
            for (section, objects) in template {
                let objects = match objects {
                    Value::Array(objects) => {
                        objects.iter().flat_map(|one| self.each(one)).collect()
                    }
                    other => other,
                };
                sections.insert(section, objects);
            }
        }
        let mut definitions = Value::Object(sections);
        // Last, as its name may be what the template calls its service.
        in_vhost(&mut definitions, &self.vhost);
        for section in ["users", "permissions"] {
            if let Some(of_users) = definitions[section].as_array_mut() {
                of_users.retain(|one| one["name"] != GUEST && one["user"] != GUEST);
            }
        }
        let worker = Password::random();
        set_password(&mut definitions, WORKER, &worker);
        set_password(&mut definitions, PAGE_USER, &Password::public(PAGE_USER));
        let administrator = self.add_administrator(&mut definitions);
        Ok(Definitions {
            json: format!("{definitions:#}\n"),
            worker,
            administrator,
        })
    }

    fn check(&self) -> Result<(), DeploymentError> {
        if self.services.is_empty() {
            return Err(DeploymentError::NoService);
        }
        let mut names = BTreeSet::from([BOUNCE.to_owned()]);
        for service in &self.services {
            if !is_name(service) {
                let name = service.clone();
                return Err(DeploymentError::Service { name });
            }
            for name in [service.clone(), format!("{service}.control")] {
                if !names.insert(name.clone()) {
                    return Err(DeploymentError::Taken { name });
                }
            }
        }
        let length = self.vhost.len();
        if !(1..=LONGEST_NAME).contains(&length) {
            return Err(DeploymentError::Vhost { length });
        }
        match self.administrator.as_deref() {
            Some(name @ ("" | GUEST | WORKER | PAGE_USER)) => Err(DeploymentError::Administrator {
                name: name.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// `object` once for each service if it is of one, and as it is otherwise. A user's permissions
    /// are for all services at once.
    fn each(&self, object: &Value) -> Vec<Value> {
        if object.get("user").is_some() {
            let mut object = object.clone();
            for permission in PERMISSIONS {
                if let Some(pattern) = object[permission].as_str() {
                    object[permission] = self.widen(pattern).into();
                }
            }
            return vec![object];
        }
        if !object.to_string().contains(SERVICE) {
            return vec![object.clone()];
        }
        let of = |service| of_service(object, service);
        self.services.iter().map(|service| of(service)).collect()
    }

    /// A pattern of the form `^(one|other)$` with what it says of the template's service said of
    /// all services. Others say nothing of it.
    fn widen(&self, pattern: &str) -> String {
        let alternatives = pattern
            .strip_prefix("^(")
            .and_then(|rest| rest.strip_suffix(")$"));
        let Some(alternatives) = alternatives else {
            return pattern.to_owned();
        };
        let mut widened = Vec::new();
        for alternative in alternatives.split('|') {
            if alternative.contains(SERVICE) {
                let of = |service: &String| alternative.replace(SERVICE, &escape(service));
                widened.extend(self.services.iter().map(of));
            } else {
                widened.push(alternative.to_owned());
            }
        }
        format!("^({})$", widened.join("|"))
    }

    fn add_administrator(&self, definitions: &mut Value) -> Option<Password> {
        let name = self.administrator.as_ref()?;
        let password = Password::random();
        if let Some(users) = definitions["users"].as_array_mut() {
            users.push(json!({ "name": name, "tags": "administrator" }));
        }
        if let Some(permissions) = definitions["permissions"].as_array_mut() {
            permissions.push(json!({
                "user": name, "vhost": self.vhost,
                "configure": ".*", "write": ".*", "read": ".*",
            }));
        }
        set_password(definitions, name, &password);
        Some(password)
    }
}

/// `value` with another service's name in all that it says.
fn of_service(value: &Value, service: &str) -> Value {
    match value {
        Value::String(text) => text.replace(SERVICE, service).into(),
        Value::Array(values) => values.iter().map(|one| of_service(one, service)).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("pattern", Value::String(pattern)) => {
                        pattern.replace(SERVICE, &escape(service)).into()
                    }
                    _ => of_service(value, service),
                };
                (key.clone(), value)
            })
            .collect(),
        other => other.clone(),
    }
}

/// A service's name in a pattern, where the point alone of its characters means something else.
fn escape(service: &str) -> String {
    service.replace('.', r"\.")
}

fn is_name(service: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=longest_service()).contains(&service.len())
        && service.bytes().all(is_allowed)
        && !service.starts_with("amq.")
}

/// The exchange for what is said to all workers has the longest name.
fn longest_service() -> usize {
    LONGEST_NAME - ".control".len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::HASHING_ALGORITHM;

    fn made(deployment: &Deployment) -> Value {
        let definitions = deployment.definitions().expect("definitions");
        serde_json::from_str(&definitions.json).expect("JSON")
    }

    /// The values of a field in a section.
    fn all<'a>(definitions: &'a Value, section: &str, field: &str) -> Vec<&'a str> {
        let objects = definitions[section].as_array().expect(section);
        objects
            .iter()
            .filter_map(|one| one[field].as_str())
            .collect()
    }

    #[test]
    fn there_is_no_guest_and_no_password_that_is_not_hashed() {
        let definitions = made(&Deployment::default());
        assert_eq!(all(&definitions, "users", "name"), ["web", "worker"]);
        assert_eq!(all(&definitions, "permissions", "user"), ["web", "worker"]);
        for user in definitions["users"].as_array().expect("users") {
            assert_eq!(user.get("password"), None);
            assert_eq!(user["hashing_algorithm"], HASHING_ALGORITHM);
            assert_eq!(user["password_hash"].as_str().expect("a hash").len(), 48);
        }
    }

    #[test]
    fn passwords_are_new_each_time() {
        let [one, other] = [(); 2].map(|()| Deployment::default().definitions().expect("made"));
        assert_ne!(one.worker, other.worker);
        assert!(!one.json.contains(one.worker.reveal()));
        assert!(one.administrator.is_none());
    }

    #[test]
    fn each_service_has_its_own_and_users_may_use_all() {
        let definitions = made(&Deployment {
            vhost: "calls".into(),
            services: vec!["a.b".into(), "c".into()],
            administrator: Some("ada".into()),
        });
        assert_eq!(all(&definitions, "queues", "name"), ["a.b", "c"]);
        assert_eq!(
            all(&definitions, "exchanges", "name"),
            ["rpc.bounce", "a.b", "c", "a.b.control", "c.control"]
        );
        let policies = all(&definitions, "policies", "pattern");
        let temporary = r"^(amq|stomp)\.gen-";
        assert_eq!(policies, [r"^a\.b$", "^c$", r"^a\.b$", "^c$", temporary]);
        assert_eq!(
            all(&definitions, "permissions", "write"),
            [
                r"^(a\.b|c|a\.b\.control|c\.control|amq\.gen-.*)$",
                r"^(amq\.default|a\.b|c|rpc\.bounce|amq\.gen-.*)$",
                ".*",
            ]
        );
        assert_eq!(all(&definitions, "vhosts", "name"), ["calls"]);
        let text = definitions.to_string();
        assert!(!text.contains(r#""vhost":"/""#), "{text}");
        assert!(!text.contains(SERVICE), "{text}");
        assert_eq!(definitions["users"][2]["tags"], "administrator");
    }

    #[test]
    fn the_virtual_host_may_be_called_as_the_template_calls_its_service() {
        let definitions = made(&Deployment {
            vhost: SERVICE.into(),
            services: vec!["orders".into()],
            administrator: None,
        });
        assert_eq!(all(&definitions, "vhosts", "name"), [SERVICE]);
        assert_eq!(all(&definitions, "queues", "vhost"), [SERVICE]);
        assert_eq!(all(&definitions, "queues", "name"), ["orders"]);
    }

    #[test]
    fn what_cannot_be_is_said() {
        let services = |services: &[&str]| Deployment {
            services: services.iter().map(|&name| name.to_owned()).collect(),
            ..Deployment::default()
        };
        let administrator = |name: &str| Deployment {
            administrator: Some(name.to_owned()),
            ..Deployment::default()
        };
        let vhost = Deployment {
            vhost: String::new(),
            ..Deployment::default()
        };
        let cases = [
            (services(&[]), "there is no service"),
            (services(&["a b"]), r#""a b" is no name for a service"#),
            (services(&["amq.x"]), r#""amq.x" is no name"#),
            (services(&[&"x".repeat(248)]), "must have 1 to 247 letters"),
            (services(&["rpc.bounce"]), r#"called "rpc.bounce""#),
            (services(&["a", "a"]), r#"called "a""#),
            (services(&["a", "a.control"]), r#"called "a.control""#),
            (administrator("guest"), r#"cannot be called "guest""#),
            (vhost, "has 0 bytes"),
        ];
        for (deployment, expected) in cases {
            let error = deployment.definitions().expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
