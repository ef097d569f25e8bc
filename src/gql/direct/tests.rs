//! What is written directly, and what is left to the engine, on a graph of two types.

use super::{Allowed, Direct, Field, Listed, Verbatim, Written, direct};
use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Object, Request, Response, Schema, Value,
};
use serde::Serialize as _;
use std::future::ready;

struct Author(i32);

#[Object]
impl Author {
    async fn name(&self) -> String {
        format!("Author {}", self.0)
    }

    async fn fails(&self) -> async_graphql::Result<i32> {
        ready(()).await;
        if self.0 == 2 {
            Err("no".into())
        } else {
            Ok(self.0)
        }
    }
}

direct! { Author: plain { name, fails } }

impl Direct for Author {
    const FIELDS: &'static [Field<Self>] = Self::DIRECT;
}

struct Book {
    number: i32,
    heirs: Vec<Author>,
}

impl Book {
    fn new(number: i32) -> Self {
        let heirs = (0..number).map(Author).collect();
        Self { number, heirs }
    }
}

#[Object]
impl Book {
    async fn number(&self) -> i32 {
        self.number
    }

    async fn twice(&self, plus: Option<i32>) -> i32 {
        self.number * 2 + plus.unwrap_or_default()
    }

    async fn editor(&self) -> Author {
        Author(self.number)
    }

    async fn translator(&self) -> Option<Author> {
        (self.number != 1).then_some(Author(self.number))
    }

    async fn heirs(&self) -> &[Author] {
        &self.heirs
    }

    async fn pages(&self) -> Written {
        format!("[{},{{\"a\":null}}]", self.number).into()
    }

    /// Waits once, as for a loader.
    async fn author(&self, _ctx: &Context<'_>) -> Option<Result<Author, async_graphql::Error>> {
        tokio::task::yield_now().await;
        (self.number != 1).then_some(Ok(Author(self.number)))
    }
}

direct! { Book:
    plain { number }
    maybe { author: Author }
    has { editor: Author }
    may_have { translator: Author }
    lists { heirs: Author = |book| &book.heirs }
}

impl Direct for Book {
    const FIELDS: &'static [Field<Self>] = Self::DIRECT;
}

struct Query([Book; 3]);

#[Object]
impl Query {
    async fn books(&self) -> Listed<'_, Book> {
        Listed(self.0.iter().collect())
    }
}

async fn run(document: &str, allowed: bool) -> Response {
    let query = Query([0, 1, 2].map(Book::new));
    let schema = Schema::new(query, EmptyMutation, EmptySubscription);
    let mut request = Request::new(document);
    if allowed {
        request = request.data(Allowed);
    }
    schema.execute(request).await
}

fn text(response: &Response) -> String {
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, Verbatim);
    response.data.serialize(&mut writer).unwrap();
    String::from_utf8(out).unwrap()
}

fn is_direct(response: &Response) -> bool {
    matches!(&response.data, Value::Object(fields) if matches!(fields.values().next(), Some(Value::Binary(_))))
}

#[tokio::test]
async fn declared_fields_are_written_directly() {
    for document in [
        "{ books { number } }",
        "{ books { __typename n: number author { name } } }",
        "{ books { ...B } } fragment B on Book { author { ... { name } ... on Author { a: name } } }",
        "{ books { number number ... on Book { number } } }",
        "{ books { editor { name } translator { name __typename } heirs { name } } }",
    ] {
        let direct = run(document, true).await;
        let engine = run(document, false).await;
        assert!(is_direct(&direct), "{document}");
        assert!(!is_direct(&engine), "{document}");
        assert_eq!(text(&direct), text(&engine), "{document}");
    }
}

#[tokio::test]
async fn the_rest_is_left_to_the_engine() {
    for document in [
        "{ books { number twice } }",
        "{ books { twice(plus: 1) } }",
        "{ books { author { name fails } } }",
        "{ books { heirs { name } twice } }",
        "{ books { pages a: pages pages } }",
    ] {
        let direct = run(document, true).await;
        let engine = run(document, false).await;
        assert!(!is_direct(&direct), "{document}");
        assert_eq!(text(&direct), text(&engine), "{document}");
        let errors = |response: &Response| serde_json::to_string(&response.errors).unwrap();
        assert_eq!(errors(&direct), errors(&engine), "{document}");
    }
    let failed = run("{ books { author { fails } } }", true).await;
    assert_eq!(failed.errors.len(), 1);
    assert_eq!(
        serde_json::to_string(&failed.errors[0].path).unwrap(),
        r#"["books",2,"author","fails"]"#
    );
}
