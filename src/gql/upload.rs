//! Files of multipart requests, and the scalar that stands for one.

use async_graphql::{Context, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use bytes::Bytes;
use std::sync::Arc;

/// How a variable names a file of its request. What follows is its number, and its hash, so that equal
/// variables mean equal files.
const PREFIX: &str = "file:";

/// A file that came with a request.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    /// What the client calls it.
    pub name: Option<String>,
    /// Its bytes.
    pub content: Bytes,
}

/// The files of a request.
#[derive(Debug, Clone, Default)]
pub struct Uploads(Arc<Vec<UploadedFile>>);

impl Uploads {
    /// The files of a request, in its order.
    pub fn new(files: Vec<UploadedFile>) -> Self {
        Self(Arc::new(files))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text that stands for the n-th file in variables.
    pub fn mark(number: usize, hash: &str) -> String {
        format!("{PREFIX}{number}:{hash}")
    }
}

/// A file sent beside the operation, by the GraphQL multipart request specification: the variable is
/// null in `operations`, and `map` says which part of the request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload(usize);

/// A file sent beside the operation, by the GraphQL multipart request specification: the variable is
/// null in `operations`, and `map` says which part of the request it is.
#[Scalar(name = "Upload")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::String(text) => text
                .strip_prefix(PREFIX)
                .and_then(|rest| rest.split_once(':'))
                .and_then(|(number, _)| number.parse().ok()),
            _ => None,
        };
        number.map(Self).ok_or_else(|| {
            InputValueError::custom(
                "expected a file: send the request as multipart/form-data with `operations`, `map` and the file",
            )
        })
    }

    fn to_value(&self) -> Value {
        Value::String(Uploads::mark(self.0, ""))
    }
}

impl Upload {
    /// The file; `None` if the request came without it.
    pub fn file<'a>(&self, ctx: &'a Context<'_>) -> Option<&'a UploadedFile> {
        let files = ctx.data::<Uploads>().ok()?;
        files.0.get(self.0)
    }
}
