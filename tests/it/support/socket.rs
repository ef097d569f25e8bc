//! A client of the protocol `graphql-transport-ws` that also does what it must not.

use super::{Actor, TestApp};
use chartroom::http;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
    },
};

/// Longer than anything in these tests takes.
const PATIENCE: Duration = Duration::from_secs(15);

impl TestApp {
    /// Listens on a port of the loopback address until the server stops.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stopping = self.app.stopping.clone();
        tokio::task::spawn(http::serve(listener, self.front.clone(), stopping));
        address
    }

    /// A socket of a signed-in user, ready for operations.
    pub(crate) async fn socket(&self, address: SocketAddr, actor: Actor) -> Socket {
        let token = self.token(actor).await;
        let mut socket = Socket::open(address, &[]).await;
        socket.greet(json!({ "token": token })).await;
        socket
    }
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// A message.
    Message(Value),
    /// The end: code and reason.
    Close(u16, String),
}

/// A socket.
pub(crate) struct Socket {
    /// The bare connection.
    pub inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Asks for a socket with more headers; the error is the status and code of the refusal.
    pub(crate) async fn ask(
        address: SocketAddr,
        headers: &[(&str, &str)],
    ) -> Result<Self, (u16, String)> {
        let mut request = format!("ws://{address}/graphql")
            .into_client_request()
            .expect("a request");
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            let value = HeaderValue::from_str(value).expect("a value");
            request.headers_mut().insert(name, value);
        }
        match connect_async(request).await {
            Ok((inner, _)) => Ok(Self { inner }),
            Err(Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                let body: Value = serde_json::from_slice(&body).unwrap_or_default();
                let code = body["errors"][0]["extensions"]["code"].as_str();
                Err((
                    response.status().as_u16(),
                    code.unwrap_or_default().to_owned(),
                ))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a socket with the right protocol and more headers.
    pub(crate) async fn open(address: SocketAddr, headers: &[(&str, &str)]) -> Self {
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        let headers = [&protocol[..], headers].concat();
        Self::ask(address, &headers).await.expect("a socket")
    }

    /// Says who the client is, and waits to be let in.
    pub(crate) async fn greet(&mut self, payload: Value) {
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(self.message().await, json!({ "type": "connection_ack" }));
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: Value) {
        self.text(&message.to_string()).await;
    }

    /// Sends any text.
    pub(crate) async fn text(&mut self, text: &str) {
        self.inner
            .send(Message::text(text))
            .await
            .expect("an open socket");
    }

    /// Sends an operation.
    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    /// Whatever comes next.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            let received = timeout(PATIENCE, self.inner.next()).await.expect("silence");
            match received {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Message(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Heard::Close(frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("not expected: {other:?}"),
            }
        }
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn message(&mut self) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            match self.hear().await {
                Heard::Message(message) => message,
                Heard::Close(code, reason) => panic!("closed with {code} {reason} for {caller}"),
            }
        }
    }

    /// Whether nothing comes for a while.
    pub(crate) async fn is_silent(&mut self, for_ms: u64) -> bool {
        timeout(Duration::from_millis(for_ms), self.hear())
            .await
            .is_err()
    }

    /// Code and reason of the end, whatever comes before.
    pub(crate) async fn end(&mut self) -> (u16, String) {
        loop {
            if let Heard::Close(code, reason) = self.hear().await {
                return (code, reason);
            }
        }
    }

    /// Runs one operation to its end: its only result.
    pub(crate) async fn run(&mut self, id: &str, query: &str) -> Value {
        self.subscribe(id, query).await;
        let mut next = self.message().await;
        assert_eq!(
            (&next["type"], &next["id"]),
            (&json!("next"), &json!(id)),
            "{next}"
        );
        assert_eq!(
            self.message().await,
            json!({ "id": id, "type": "complete" })
        );
        next["payload"].take()
    }
}
