//! Tokens of OAuth 2.0 in place of passwords, which run out.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{task::spawn_blocking, time::sleep};
use warren_client::{CallError, Client, Config, Disconnect, Passcode, PasscodeSource, Token};
use warren_contract::{Code, Fibonacci};
use warren_e2e::Stack;
use warren_rabbitmq::Node;

use crate::{GENEROUS, within};

/// How long a token is good, which RabbitMQ counts in whole seconds.
const LIFE: Duration = Duration::from_secs(8);

/// What the user `web` of `definitions.json` may do, in the plugin's words.
const SCOPE: [&str; 6] = [
    "rabbitmq.configure:*/amq.gen-*",
    "rabbitmq.write:*/rpc_queue",
    "rabbitmq.write:*/rpc_queue.control",
    "rabbitmq.write:*/amq.gen-*",
    "rabbitmq.read:*/amq.gen-*",
    "rabbitmq.read:*/rpc.bounce",
];

/// What a worker needs, and more.
const ALL: [&str; 3] = [
    "rabbitmq.configure:*/*",
    "rabbitmq.write:*/*",
    "rabbitmq.read:*/*",
];

/// Somebody whose tokens a broker takes, and the key by which it knows them.
struct Issuer {
    key: EcdsaKeyPair,
    folder: TempDir,
    issued: AtomicU32,
}

impl Issuer {
    fn new() -> Arc<Self> {
        let pair = rcgen::KeyPair::generate().expect("a key");
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("key.pem"), pair.public_key_pem()).expect("a file");
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, &pair.serialize_der(), &SystemRandom::new());
        Arc::new(Self {
            key: key.expect("it was just made"),
            folder,
            issued: AtomicU32::new(0),
        })
    }

    /// A broker that takes these tokens, besides the users that it has.
    fn node(&self) -> Node {
        let key = self.folder.path().join("key.pem");
        let settings = format!(
            "auth_backends.1 = rabbit_auth_backend_oauth2\n\
             auth_backends.2 = internal\n\
             auth_oauth2.resource_server_id = rabbitmq\n\
             auth_oauth2.default_key = test\n\
             auth_oauth2.signing_keys.test = {}\n",
            key.display()
        );
        Node::temporary_with_plugin("rabbitmq_auth_backend_oauth2", &settings).expect("a broker")
    }

    /// A token of the user `web` that is good until `expires`.
    fn token(&self, expires: SystemTime) -> String {
        self.token_for(&SCOPE, expires)
    }

    /// A token for this scope, as a JWT (RFC 7519) with the signature ES256.
    fn token_for(&self, scope: &[&str], expires: SystemTime) -> String {
        self.issued.fetch_add(1, Ordering::Relaxed);
        let expires = expires
            .duration_since(UNIX_EPOCH)
            .expect("it is after 1970");
        let claims = json!({
            "aud": "rabbitmq",
            "sub": "browser",
            "exp": expires.as_secs(),
            "scope": scope,
        });
        let header = json!({ "alg": "ES256", "kid": "test", "typ": "JWT" });
        let [header, claims] =
            [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.expect("the key signs");
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// Gives tokens that are good for [`LIFE`].
    fn source(self: &Arc<Self>) -> PasscodeSource {
        let issuer = Arc::clone(self);
        PasscodeSource::new(move || {
            let passcode = issuer.token(SystemTime::now() + LIFE);
            // What is left of the second in which it ends does not count.
            let lifetime = Some(LIFE - Duration::from_secs(1));
            async move { Ok::<_, io::Error>(Token { passcode, lifetime }) }
        })
    }
}

/// A client that is known by this passcode alone.
fn client(stack: &Stack, passcode: impl Into<Passcode>) -> Client {
    Client::connect(Config {
        login: "nobody".to_owned(),
        passcode: passcode.into(),
        ..stack.config()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_over_the_lives_of_many_tokens_and_a_restart_of_the_broker() {
    let issuer = Issuer::new();
    let mut node = issuer.node();
    let stack = Stack::of(&node, "/");
    let worker = stack.worker("hare", &[]);
    let client = client(&stack, issuer.source());
    let begin = Instant::now();
    while begin.elapsed() < 3 * LIFE {
        let reply = within(client.call_with::<Fibonacci>(10, GENEROUS)).await;
        assert_eq!(reply.expect("a reply").value, 55);
        sleep(Duration::from_millis(20)).await;
    }
    let connects = client.counters().borrow().connects;
    // Each token is given up half way or later.
    assert!((3..=7).contains(&connects), "{connects}");
    let issued = issuer.issued.load(Ordering::Relaxed);
    assert!(u64::from(issued).abs_diff(connects) <= 1, "{issued} tokens");

    let node = spawn_blocking(move || {
        node.stop().expect("the broker stops");
        node.start_again().expect("the broker starts again");
        node
    });
    let _node = node.await.expect("restarting does not panic");
    let reply = within(client.call_with::<Fibonacci>(20, GENEROUS)).await;
    assert_eq!(reply.expect("a reply").value, 6765);
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_or_forged_token_is_refused_and_brings_no_storm() {
    let issuer = Issuer::new();
    let node = issuer.node();
    let stack = Stack::of(&node, "/");
    let forger = Issuer::new();
    let expired = issuer.token(SystemTime::now() - Duration::from_secs(60));
    let forged = forger.token(SystemTime::now() + Duration::from_secs(600));
    for token in [expired, forged] {
        let asked = Arc::new(AtomicU32::new(0));
        let source = {
            let (asked, token) = (Arc::clone(&asked), token.clone());
            PasscodeSource::new(move || {
                asked.fetch_add(1, Ordering::Relaxed);
                let passcode = token.clone();
                let lifetime = Some(Duration::from_secs(600));
                async move { Ok::<_, io::Error>(Token { passcode, lifetime }) }
            })
        };
        let client = client(&stack, source);
        for _ in 0..100 {
            let error = within(client.call_with::<Fibonacci>(10, GENEROUS)).await;
            let error = error.expect_err("it is refused");
            assert_eq!(error.code(), Code::Unauthenticated, "{error}");
            let refused = CallError::Refused(Disconnect::LoginRefused {
                url: String::new(),
                login: String::new(),
                detail: String::new(),
            });
            assert_eq!(
                std::mem::discriminant(&error),
                std::mem::discriminant(&refused)
            );
            assert!(!format!("{error} {error:?}").contains(&token), "{error}");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_a_file_is_taken_by_warren_and_by_workers() {
    let issuer = Issuer::new();
    let node = issuer.node();
    let stack = Stack::of(&node, "/");
    let in_ten_minutes = SystemTime::now() + Duration::from_secs(600);
    let file = issuer.folder.path().join("token");
    let path = file.to_str().expect("UTF-8");
    let token = issuer.token_for(&ALL, in_ten_minutes);
    fs::write(&file, format!("{token}\n")).expect("it is written");
    let _worker = stack.worker("hare", &["--password-file", path]);
    let call = ["call", "10", "--login", "nobody", "--passcode-file", path];

    let token = issuer.token(in_ten_minutes);
    fs::write(&file, format!("{token}\n")).expect("it is written");
    let output = stack.warren(&call);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "55\n",
        "{output:?}"
    );

    fs::write(&file, "forged\n").expect("it is written");
    let output = stack.warren(&call);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("unauthenticated: "), "{said}");
}
