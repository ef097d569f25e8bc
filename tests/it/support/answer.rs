//! What a caller got back.

use serde_json::Value;

/// An answer of the server.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The whole body.
    pub body: Value,
    /// SQL statements sent for the request, by the server's own count.
    pub statements: u64,
}

impl Answer {
    /// The data; panics with the errors if there are any.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert!(
            self.body.get("errors").is_none(),
            "unexpected errors: {:#}",
            self.body
        );
        &self.body["data"]
    }

    /// The value at a JSON pointer below `data`.
    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        let data = self.data();
        data.pointer(pointer)
            .unwrap_or_else(|| panic!("nothing at {pointer} in {data:#}"))
    }

    /// The text at a JSON pointer below `data`.
    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        let value = self.at(pointer);
        value
            .as_str()
            .unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
            .to_owned()
    }

    /// The texts of a field of each element of the list at a pointer.
    #[track_caller]
    pub(crate) fn texts(&self, pointer: &str, field: &str) -> Vec<String> {
        let list = self.at(pointer).as_array().expect("a list");
        list.iter()
            .map(|item| item[field].as_str().expect("a text").to_owned())
            .collect()
    }

    /// `extensions.code` of the first error.
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no error code in {:#}", self.body))
    }

    /// Message of the first error.
    #[track_caller]
    pub(crate) fn message(&self) -> &str {
        self.body["errors"][0]["message"]
            .as_str()
            .unwrap_or_else(|| panic!("no error message in {:#}", self.body))
    }

    /// Codes and paths of the `userErrors` of a mutation, as `CODE path.of.field`.
    #[track_caller]
    pub(crate) fn user_errors(&self, mutation: &str) -> Vec<String> {
        let errors = self
            .at(&format!("/{mutation}/userErrors"))
            .as_array()
            .expect("a list");
        errors
            .iter()
            .map(|error| {
                let path: Vec<_> = error["path"]
                    .as_array()
                    .map(|path| path.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
                format!(
                    "{} {}",
                    error["code"].as_str().unwrap_or("?"),
                    path.join(".")
                )
            })
            .collect()
    }

    /// Asserts that a mutation had no mistakes, and gives its payload.
    #[track_caller]
    pub(crate) fn done(&self, mutation: &str) -> &Value {
        let errors = self.user_errors(mutation);
        assert!(errors.is_empty(), "unexpected mistakes: {:#}", self.body);
        self.at(&format!("/{mutation}"))
    }
}
