//! Values that are JSON already.

use super::Allowed;
use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerError, ServerResult, Value,
    parser::types::Field as Selected, registry::Registry,
};
use std::borrow::Cow;

/// A value of the scalar `JSON` that is a text already, such as rows as they are stored: copied into the
/// response, not read and written again.
#[derive(Debug, Clone)]
pub struct Written(bytes::Bytes);

impl From<String> for Written {
    /// The text must be JSON.
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl OutputType for Written {
    fn type_name() -> Cow<'static, str> {
        <serde_json::Value as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <serde_json::Value as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Selected>,
    ) -> ServerResult<Value> {
        if ctx.data_opt::<Allowed>().is_some() {
            return Ok(Value::Binary(self.0.clone()));
        }
        serde_json::from_slice(&self.0)
            .map_err(|error| ServerError::new(error.to_string(), Some(field.pos)))
    }
}
