//! The bare SQL: one connection to the warehouse, every row read.

use anyhow::Context as _;
use chartroom::services::warehouse::DEMO_DATABASE;
use futures_util::TryStreamExt as _;
use tokio::task::JoinSet;
use tokio_postgres::{Client, Config, NoTls};

/// What is compared of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// How many rows it has.
    pub(super) rows: u64,
    /// Number and word of the first row.
    pub(super) first: (i64, String),
    /// Those of the last.
    pub(super) last: (i64, String),
}

impl Answer {
    /// Of so many rows, by their ends.
    pub(super) fn of(
        rows: u64,
        first: Option<(i64, String)>,
        last: Option<(i64, String)>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            rows,
            first: first.context("an answer without rows")?,
            last: last.context("an answer without rows")?,
        })
    }
}

/// A connection to the demo's warehouse, and the task that drives it.
pub(super) struct Bare {
    client: Client,
    /// Ends with this value.
    _driven: JoinSet<Result<(), tokio_postgres::Error>>,
}

impl Bare {
    /// Connects as whoever owns the database: a superset of what the demo's role may.
    pub(super) async fn connect(own: &str) -> anyhow::Result<Self> {
        let mut config: Config = own.parse()?;
        config.dbname(DEMO_DATABASE);
        let (client, connection) = config.connect(NoTls).await?;
        let mut driven = JoinSet::new();
        driven.spawn(connection);
        // The settings that Chartroom's queries run with.
        client
            .batch_execute(
                "SET default_transaction_read_only = on; SET TimeZone = 'UTC'; SET statement_timeout = '300s'; \
                 SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'",
            )
            .await?;
        Ok(Self {
            client,
            _driven: driven,
        })
    }

    /// Runs a statement, which is prepared anew as Chartroom prepares it, and reads all values of all rows.
    pub(super) async fn ask(&self, sql: &str) -> anyhow::Result<Answer> {
        let values: [String; 0] = [];
        let rows = self.client.query_raw(sql, &values).await?;
        let mut rows = std::pin::pin!(rows);
        let (mut count, mut first, mut last) = (0, None, None);
        while let Some(row) = rows.try_next().await? {
            let _: (Option<chrono::NaiveDate>, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
            let ends = (i64::from(row.try_get::<_, i32>(0)?), row.try_get(1)?);
            if first.is_none() {
                first = Some(ends.clone());
            }
            last = Some(ends);
            count += 1;
        }
        Answer::of(count, first, last)
    }
}
