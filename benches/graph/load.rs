//! A client that costs little: prepared bytes out, as many bytes in as the head announces.

use anyhow::{Context as _, bail, ensure};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

/// Where a number stands in the body, another one in each request, so that names differ.
pub(crate) const NUMBER: &str = "##########";

/// Shared by everything in this process, so that no number comes twice.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A request, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    address: SocketAddr,
    bytes: Vec<u8>,
    number: Option<usize>,
}

/// What one slice gave.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// Answers per second.
    pub(crate) per_second: f64,
    /// The middle of the times to an answer.
    pub(crate) p50: Duration,
}

impl Request {
    /// A `POST` of a JSON body, signed in by a token if there is one.
    pub(crate) fn new(address: SocketAddr, path: &str, token: Option<&str>, body: &str) -> Self {
        let sign_in = token.map_or_else(String::new, |token| {
            format!("authorization: Bearer {token}\r\n")
        });
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             accept: application/json\r\n{sign_in}content-length: {}\r\n\r\n",
            body.len()
        );
        let number = body.find(NUMBER).map(|place| head.len() + place);
        Self {
            address,
            bytes: [head.as_bytes(), body.as_bytes()].concat(),
            number,
        }
    }

    /// Sends it once and returns the body of the answer.
    pub(crate) async fn once(&self) -> anyhow::Result<String> {
        let mut line = Line::open(self).await?;
        let body = line.ask().await?;
        Ok(String::from_utf8(
            line.buffer.get(body).unwrap_or_default().to_vec(),
        )?)
    }

    /// Sends it over and over on so many connections. Every answer must be as good as the first.
    pub(crate) async fn repeat(
        &self,
        connections: usize,
        time: Duration,
    ) -> anyhow::Result<Sample> {
        let shared = Arc::new(self.clone());
        let mut lines = Vec::with_capacity(connections);
        for _ in 0..connections {
            lines.push(Line::open(&shared).await?);
        }
        let start = Instant::now();
        let mut running: JoinSet<_> = lines
            .into_iter()
            .map(|line| line.repeat(start + time))
            .collect();
        let mut times = Vec::new();
        while let Some(done) = running.join_next().await {
            times.extend(done??);
        }
        let elapsed = start.elapsed();
        times.sort_unstable();
        let p50 = times
            .get(times.len() / 2)
            .copied()
            .context("no answer in a whole slice")?;
        let answers = f64::from(u32::try_from(times.len())?);
        Ok(Sample {
            per_second: answers / elapsed.as_secs_f64(),
            p50,
        })
    }
}

/// One connection.
struct Line {
    stream: TcpStream,
    request: Request,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(request: &Request) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(request.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            request: request.clone(),
            buffer: Vec::with_capacity(1 << 16),
        })
    }

    async fn repeat(mut self, until: Instant) -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        let first = self.ask().await?.len();
        let mut now = Instant::now();
        while now < until {
            let length = self.ask().await?.len();
            // Equal questions have answers of equal length; an error would be shorter.
            ensure!(
                length.abs_diff(first) < 64,
                "an answer of {length} bytes after one of {first}: {}",
                self.start()
            );
            let done = Instant::now();
            times.push(done - now);
            now = done;
        }
        Ok(times)
    }

    /// Sends the request and reads the answer; where its body is in the buffer.
    async fn ask(&mut self) -> anyhow::Result<std::ops::Range<usize>> {
        if let Some(place) = self.request.number {
            let number = format!("{:010}", NEXT.fetch_add(1, Ordering::Relaxed));
            if let Some(digits) = self.request.bytes.get_mut(place..place + NUMBER.len()) {
                digits.copy_from_slice(number.as_bytes());
            }
        }
        self.stream.write_all(&self.request.bytes).await?;
        self.buffer.clear();
        let body = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.read().await?;
        };
        let head = std::str::from_utf8(self.buffer.get(..body).unwrap_or_default())?;
        let ok = head.starts_with("HTTP/1.1 200");
        let length = head
            .lines()
            .find_map(|line| {
                line.get(..15)
                    .filter(|name| name.eq_ignore_ascii_case("content-length:"))
                    .and(line.get(15..))
            })
            .context("an answer without content-length")?;
        let end = body + length.trim().parse::<usize>()?;
        while self.buffer.len() < end {
            self.read().await?;
        }
        if !ok {
            bail!("not answered: {}", self.start());
        }
        Ok(body..end)
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        ensure!(
            self.stream.read_buf(&mut self.buffer).await? > 0,
            "the server hung up: {}",
            self.start()
        );
        Ok(())
    }

    /// The start of what was read, for messages.
    fn start(&self) -> String {
        String::from_utf8_lossy(&self.buffer)
            .chars()
            .take(600)
            .collect()
    }
}
