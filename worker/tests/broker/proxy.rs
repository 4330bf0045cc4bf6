//! A way to the broker that can be cut.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::stage::within;

/// Passes connections on to a broker until they are cut.
pub(crate) struct Proxy {
    port: u16,
    cuts: watch::Sender<()>,
    accepted: watch::Sender<usize>,
}

impl Proxy {
    pub(crate) async fn to(broker_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port is free");
        let port = listener
            .local_addr()
            .expect("a listener has an address")
            .port();
        let cuts = watch::Sender::default();
        let accepted = watch::Sender::default();
        let (cutting, accepting) = (cuts.clone(), accepted.clone());
        tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                let mut cut = cutting.subscribe();
                accepting.send_modify(|count| *count += 1);
                tokio::spawn(async move {
                    let mut outside = TcpStream::connect(("127.0.0.1", broker_port)).await?;
                    tokio::select! {
                        // Both sockets are dropped, and so reset.
                        _ = cut.changed() => Ok(()),
                        ended = copy_bidirectional(&mut inside, &mut outside) => ended.map(|_| ()),
                    }
                });
            }
        });
        Self {
            port,
            cuts,
            accepted,
        }
    }

    /// `url` with the proxy's port in place of the broker's.
    pub(crate) fn instead_of(&self, broker_port: u16, url: &str) -> String {
        url.replace(&format!(":{broker_port}/"), &format!(":{}/", self.port))
    }

    /// Ends every connection that there is; new ones are passed on.
    pub(crate) fn cut(&self) {
        self.cuts.send_replace(());
    }

    /// Waits until that many connections were made, cut ones included.
    pub(crate) async fn until_accepted(&self, count: usize) {
        let mut accepted = self.accepted.subscribe();
        within(
            "somebody connects",
            accepted.wait_for(|accepted| *accepted >= count),
        )
        .await
        .expect("the sender is in self");
    }
}
