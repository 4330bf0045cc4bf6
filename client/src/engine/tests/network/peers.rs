//! What the broker, the workers and the source of tokens do with what they are sent.

use super::*;

impl Network {
    pub(super) fn give_passcode(&mut self) {
        let answer = match self.fate() {
            Fate::Lost => return,
            Fate::Garbled | Fate::Fatal => Err("the token server is away".to_owned()),
            _ => Ok(Token {
                passcode: "token".to_owned(),
                lifetime: Some(TOKEN_LIFE),
            }),
        };
        self.deliver(1, None, What::Passcode(answer));
    }

    pub(super) fn take(&mut self, frame: &Frame) {
        let id = frame
            .header("correlation-id")
            .and_then(|id| id.parse().ok());
        match frame.command {
            Command::Connect => {
                self.answer(1, connected("10000,20000"));
                self.deliver(10_000, Some(self.connection), What::HeartBeat);
            }
            Command::Subscribe => self.answer(1, subscribed()),
            Command::Begin => {
                let receipt = frame.header("receipt").expect("one is asked for");
                let receipt = Frame::new(Command::Receipt).with_header("receipt-id", receipt);
                self.answer(1, receipt);
            }
            Command::Send => {
                let id: Uuid = id.expect("all that is sent has an id");
                match frame.header("type") {
                    Some("fibonacci") => self.take_request(id, frame),
                    kind => self.take_control(id, kind == Some("ping")),
                }
            }
            _ => {}
        }
    }

    fn take_control(&mut self, id: Uuid, ping: bool) {
        if self.workers == 0 {
            let kind = if ping { "ping" } else { "cancel" };
            let bounce = message(BOUNCE_SUBSCRIPTION, &id.to_string());
            return self.answer(1, bounce.with_header("type", kind));
        }
        for number in 0..self.workers {
            if ping && let Fate::Answered(after) = self.fate() {
                self.answer(after / 4, pong(id, &number.to_string(), false));
            }
        }
    }

    fn take_request(&mut self, id: Uuid, frame: &Frame) {
        if let Some(times) = self.precious.get_mut(&id) {
            *times += 1;
        }
        if self.leaderless && !self.taken {
            return;
        }
        self.taken = true;
        if frame.header("x-progress-ms").is_some() {
            for (kind, body) in [("started", ""), ("progress", r#"{"done":1,"total":2}"#)] {
                self.answer(1, reply(id).with_header("type", kind).with_body(body));
            }
        }
        if self.workers == 0 {
            return;
        }
        let answer = result(id, "832040");
        match self.fate() {
            Fate::Answered(after) => self.answer(after, answer),
            Fate::Lost => {}
            Fate::Doubled(first, then) => {
                self.answer(first, answer.clone());
                self.answer(then, answer);
            }
            // What went astray would tell, falsely, that the queue has a leader.
            Fate::Astray(after) if self.is_cluster() => self.answer(after, answer),
            Fate::Astray(after) => self.deliver(after, None, What::Frame(answer)),
            Fate::Bounced(reason) => {
                let bounce = message(BOUNCE_SUBSCRIPTION, &id.to_string());
                self.answer(1, bounce.with_header("x-first-death-reason", reason));
            }
            Fate::Garbled => self.answer(1, reply(id).with_header("type", "?")),
            Fate::Fatal => self.deliver(1, Some(self.connection), What::Closed),
        }
    }
}
