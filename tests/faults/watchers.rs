//! 180 subscriptions over sockets of two servers, each cut off four times, while the connections that
//! listen are killed every second: every status reaches every subscriber.

use crate::{stage::Stage, verdict::Verdict};
use chartroom::{jobs::JobStatus, kernel::entity::JobId};
use futures_util::{SinkExt as _, StreamExt as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};
use tokio_util::sync::CancellationToken;

const JOBS: usize = 30;
/// Each with a socket of its own, fewer than one user may have.
const CLIENTS: usize = 10;
const SUBSCRIPTIONS: usize = 180;
const CUTS: usize = 4;

const FOLLOW: &str = "subscription ($id: ID!, $after: Int!) { \
    jobUpdated(id: $id, afterVersion: $after) { version status attempt } }";

/// What a subscriber saw: version, status, attempt.
type Saw = Vec<(i32, JobStatus, i32)>;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn run(stage: &Stage, random: &mut StdRng, verdict: &mut Verdict) {
    println!("watchers: {SUBSCRIPTIONS} subscriptions on 2 servers, {CUTS} cuts each");
    stage.run("DELETE FROM jobs").await;
    let stopping = CancellationToken::new();
    let servers = [stage.server().await, stage.server().await];
    let nodes = [servers[0].1, servers[1].1];
    let token = stage.token(nodes[0]).await;
    let worker = stage.worker();
    let began = Instant::now();
    let mut jobs = Vec::new();
    for _ in 0..JOBS {
        let id = stage.put(&stage.job(12, 0.3, false)).await.expect("stored");
        jobs.push(id);
    }
    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        let all = jobs.iter().copied().cycle().skip(n * 3);
        let own = all.take(SUBSCRIPTIONS / CLIENTS).map(Followed::new);
        let client = Client {
            nodes,
            token: token.clone(),
            followed: own.collect(),
            random: StdRng::seed_from_u64(random.random()),
        };
        clients.push(tokio::spawn(client.follow()));
    }
    let killer = tokio::spawn({
        let db = stage.db.clone();
        let stopping = stopping.clone();
        async move {
            use diesel_async::RunQueryDsl as _;
            let mut kills = 0;
            while stopping
                .run_until_cancelled(sleep(Duration::from_secs(1)))
                .await
                .is_some()
            {
                if let Ok(conn) = db.get().await {
                    let killed = chartroom::db::sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                         WHERE query LIKE 'LISTEN%' OR (query = 'SELECT 1' AND application_name = '')",
                        [],
                    )
                    .statement::<diesel::sql_types::Bool>()
                    .execute(&mut &*conn)
                    .await;
                    kills += killed.unwrap_or_default();
                }
            }
            kills
        }
    });
    let mut saw: HashMap<JobId, Vec<Saw>> = HashMap::new();
    let mut cuts = 0;
    for client in clients {
        let (followed, cut) = client.await.expect("no panic");
        cuts += cut;
        for one in followed {
            saw.entry(one.job).or_default().push(one.saw);
        }
    }
    stopping.cancel();
    let kills = killer.await.expect("no panic");
    drop(worker);
    drop(servers);
    println!(
        "  {kills} listening connections killed, {cuts} sockets cut, {:?}",
        began.elapsed()
    );
    let (mut missed, mut complete) = (0, 0);
    for (id, all) in saw {
        let conn = stage.db.get().await.expect("a connection");
        let events = chartroom::jobs::history::events(&conn, id, 0)
            .await
            .expect("the events");
        let stored = changes(events.iter().map(|event| (event.status, event.attempt)));
        for one in all {
            let rises = one.windows(2).all(|pair| pair[0].0 < pair[1].0);
            let seen = changes(one.iter().map(|(_, status, attempt)| (*status, *attempt)));
            if rises && seen == stored {
                complete += 1;
            } else {
                missed += 1;
            }
        }
    }
    verdict.check(
        missed == 0 && complete == SUBSCRIPTIONS,
        format!(
            "every subscription saw every status in order, and the end: {complete}, {missed} did not"
        ),
    );
    verdict.check(
        cuts == CLIENTS * CUTS,
        format!("every socket was cut {CUTS} times: {cuts}"),
    );
    verdict.check(kills > 0, "listening connections were killed meanwhile");
    stage.check_quiet(verdict).await;
}

/// Without what repeats the status before.
fn changes(all: impl Iterator<Item = (JobStatus, i32)>) -> Vec<(JobStatus, i32)> {
    let mut changes: Vec<(JobStatus, i32)> = all.collect();
    changes.dedup();
    changes
}

/// A job that a client follows.
struct Followed {
    job: JobId,
    saw: Saw,
    is_over: bool,
}

impl Followed {
    const fn new(job: JobId) -> Self {
        Self {
            job,
            saw: Vec::new(),
            is_over: false,
        }
    }
}

/// A client with one socket at a time.
struct Client {
    nodes: [SocketAddr; 2],
    token: String,
    followed: Vec<Followed>,
    random: StdRng,
}

impl Client {
    /// Follows its jobs to their ends, through all cuts; what it saw, and how often it was cut off.
    async fn follow(mut self) -> (Vec<Followed>, usize) {
        let mut cuts = 0;
        while self.followed.iter().any(|one| !one.is_over) {
            let node = self.nodes[self.random.random_range(0..2_usize)];
            let Some(mut socket) = self.open(node).await else {
                sleep(Duration::from_millis(200)).await;
                continue;
            };
            let left = if cuts < CUTS {
                self.random.random_range(5..40)
            } else {
                usize::MAX
            };
            if self.hear(&mut socket, left).await {
                cuts += 1;
            }
        }
        (self.followed, cuts)
    }

    /// A socket with a subscription for each job that has not ended.
    async fn open(&self, node: SocketAddr) -> Option<Socket> {
        let mut request = format!("ws://{node}/graphql").into_client_request().ok()?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await.ok()?;
        let init = json!({ "type": "connection_init", "payload": { "token": self.token } });
        say(&mut socket, &init).await?;
        if next(&mut socket).await?["type"] != "connection_ack" {
            return None;
        }
        for (n, one) in self.followed.iter().enumerate() {
            if one.is_over {
                continue;
            }
            let after = one.saw.last().map_or(0, |last| last.0);
            let variables = json!({ "id": one.job.to_string(), "after": after });
            let payload = json!({ "query": FOLLOW, "variables": variables });
            let subscribe = json!({ "type": "subscribe", "id": n.to_string(), "payload": payload });
            say(&mut socket, &subscribe).await?;
        }
        Some(socket)
    }

    /// Reads so many messages, or all; whether some were left, so that dropping the socket cuts it off.
    async fn hear(&mut self, socket: &mut Socket, mut left: usize) -> bool {
        while self.followed.iter().any(|one| !one.is_over) {
            if left == 0 {
                return true;
            }
            let Some(message) = next(socket).await else {
                return false;
            };
            let id = message["id"].as_str().and_then(|id| id.parse().ok());
            let Some(one) = id.and_then(|n: usize| self.followed.get_mut(n)) else {
                continue;
            };
            match message["type"].as_str() {
                Some("next") => {
                    one.saw.push(event(&message["payload"]));
                    left -= 1;
                }
                Some("complete") => one.is_over = true,
                _ => panic!("{message}"),
            }
        }
        false
    }
}

fn event(payload: &Value) -> (i32, JobStatus, i32) {
    let update = &payload["data"]["jobUpdated"];
    let number = |name: &str| update[name].as_i64().and_then(|n| i32::try_from(n).ok());
    let status = update["status"].as_str().and_then(JobStatus::from_text);
    let read = (|| Some((number("version")?, status?, number("attempt")?)))();
    read.unwrap_or_else(|| panic!("{payload}"))
}

async fn say(socket: &mut Socket, message: &Value) -> Option<()> {
    let message = Message::text(message.to_string());
    socket.send(message).await.ok()
}

/// The next message; `None` at the end, or after a minute of silence.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        let message = timeout(Duration::from_mins(1), socket.next()).await.ok()?;
        if let Message::Text(text) = message?.ok()? {
            let message: Value = serde_json::from_str(&text).ok()?;
            if message["type"] != "ping" && message["type"] != "pong" {
                return Some(message);
            }
        }
    }
}
