//! The five queries, each as both servers are asked it, and what is expected of the ratio.

use crate::{
    dataset::{Persona, World},
    load::{NUMBER, Request},
};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};

/// The statements of the reference.
pub(crate) const REFERENCE: &[(&str, &str)] = &[
    ("q1", include_str!("sql/q1.sql")),
    ("q2", include_str!("sql/q2.sql")),
    ("q3", include_str!("sql/q3.sql")),
    ("q4", include_str!("sql/q4.sql")),
    ("q5", include_str!("sql/q5.sql")),
];

/// One of the five queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// The viewer and the first projects.
    Q1,
    /// A project with its spaces and their charts.
    Q2,
    /// A project with its spaces and who can open them.
    Q3,
    /// A page deep in a list.
    Q4,
    /// A new chart.
    Q5,
}

/// What the ratio to the reference should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    /// Under load, at least.
    pub(crate) must: f64,
    /// Under load, hoped for.
    pub(crate) goal: f64,
    /// The median time of a lone client, at most.
    pub(crate) lone_must: f64,
}

/// How much of a list is asked for; the two differ by 25 times in nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    /// Four of four, or one.
    Small,
    /// Twenty of twenty.
    Full,
}

/// What the lone client may take on every query, in times of the reference.
pub(crate) const LONE_GOAL: f64 = 1.1;

impl Case {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Q1, Self::Q2, Self::Q3, Self::Q4, Self::Q5];

    /// Short name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Q1 => "Q1",
            Self::Q2 => "Q2",
            Self::Q3 => "Q3",
            Self::Q4 => "Q4",
            Self::Q5 => "Q5",
        }
    }

    /// The expectations.
    pub(crate) const fn aim(self) -> Aim {
        let (must, goal, lone_must) = match self {
            Self::Q1 => (0.8, 1.25, 1.5),
            Self::Q2 => (1.3, 2.5, 1.0),
            Self::Q3 => (1.8, 6.0, 1.0),
            Self::Q4 => (0.7, 0.9, 1.5),
            Self::Q5 => (0.6, 0.9, 1.5),
        };
        Aim {
            must,
            goal,
            lone_must,
        }
    }

    /// How long a slice is: short ones cheat servers that take long for an answer.
    pub(crate) const fn slice(self) -> Duration {
        match self {
            Self::Q2 | Self::Q3 => Duration::from_secs(6),
            Self::Q1 | Self::Q4 | Self::Q5 => Duration::from_secs(1),
        }
    }

    /// The query as the reference is asked it.
    pub(crate) fn of_reference(self, address: SocketAddr, world: &World, size: Size) -> Request {
        let project = world.project.uuid().to_string();
        let (spaces, charts) = size.of(self);
        let variables = match self {
            Self::Q1 => vec![world.admin.user.uuid().to_string()],
            Self::Q2 => vec![project, spaces.to_string(), charts.to_string()],
            Self::Q3 => vec![project, spaces.to_string()],
            Self::Q4 => vec![
                project,
                world.behind.0.clone(),
                world.behind.1.uuid().to_string(),
            ],
            Self::Q5 => vec![
                world.admin.user.uuid().to_string(),
                world.space.uuid().to_string(),
                format!("Written {NUMBER}"),
                metric_query().to_string(),
                config().to_string(),
            ],
        };
        let path = format!("/{}", self.name().to_lowercase());
        Request::new(
            address,
            &path,
            None,
            &json!({ "variables": variables }).to_string(),
        )
    }

    /// The query as Chartroom is asked it. `after` is the cursor of the page before, for Q4.
    pub(crate) fn of_chartroom(
        self,
        address: SocketAddr,
        world: &World,
        persona: &Persona,
        size: Size,
        after: Option<&str>,
    ) -> Request {
        let (spaces, charts) = size.of(self);
        let project = world.project.to_string();
        let (query, variables) = match self {
            Self::Q1 => (include_str!("queries/q1.graphql"), json!({})),
            Self::Q2 => (
                include_str!("queries/q2.graphql"),
                json!({ "project": project, "spaces": spaces, "charts": charts }),
            ),
            Self::Q3 => (
                include_str!("queries/q3.graphql"),
                json!({ "project": project, "spaces": spaces }),
            ),
            Self::Q4 => (
                include_str!("queries/q4.graphql"),
                json!({ "project": project, "after": after }),
            ),
            Self::Q5 => (
                include_str!("queries/q5.graphql"),
                json!({ "input": chart(world) }),
            ),
        };
        let body = json!({ "query": query, "variables": variables }).to_string();
        Request::new(address, "/graphql", Some(&persona.token), &body)
    }
}

impl Size {
    const fn of(self, case: Case) -> (u32, u32) {
        match (self, case) {
            (Self::Full, _) => (20, 20),
            (Self::Small, Case::Q3) => (1, 0),
            (Self::Small, _) => (4, 4),
        }
    }
}

/// The pages before that of Q4, whose end is where it starts.
pub(crate) fn pages_before(address: SocketAddr, world: &World) -> Request {
    let query = include_str!("queries/q4.graphql").replace("first: 50", "first: 150");
    let body = json!({ "query": query, "variables": { "project": world.project.to_string() } });
    Request::new(
        address,
        "/graphql",
        Some(&world.admin.token),
        &body.to_string(),
    )
}

fn chart(world: &World) -> Value {
    json!({
        "spaceId": world.space.to_string(),
        "name": format!("Written {NUMBER}"),
        "metricQuery": metric_query(),
        "config": config(),
    })
}

fn metric_query() -> Value {
    json!({
        "exploreName": "orders", "dimensions": ["orders_status"], "metrics": ["orders_count"],
        "filters": {}, "sorts": [], "limit": 100, "tableCalculations": [],
    })
}

fn config() -> Value {
    json!({ "type": "table" })
}
