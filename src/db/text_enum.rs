//! Enums that are text in PostgreSQL and enum values in GraphQL.

/// Declares an enum stored as the text of its GraphQL value.
///
/// ```text
/// text_enum! {
///     /// What kind of account it is.
///     pub enum UserKind { /// A person who signs in.  User = "USER", /// Gets mail only.  Recipient = "RECIPIENT" }
/// }
/// // → the enum with async-graphql's Enum, ToSql/FromSql for Text, as_str(), ALL
/// ```
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            async_graphql::Enum, serde::Serialize, serde::Deserialize,
            diesel::deserialize::FromSqlRow, diesel::expression::AsExpression)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $vis enum $name { $($(#[$vmeta])* #[graphql(name = $text)] #[serde(rename = $text)] $variant),* }

        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stored text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The value that is stored as `text`.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(self.as_str(), out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = std::str::from_utf8(value.as_bytes())?;
                Self::from_text(text).ok_or_else(|| format!("unknown {}: {text}", stringify!($name)).into())
            }
        }

        impl $crate::gql::direct::Json for $name {
            fn json(&self, out: &mut Vec<u8>) { self.as_str().json(out); }
        }

        impl From<$name> for $crate::db::Bind {
            fn from(value: $name) -> Self { Self::Text(value.as_str().to_owned()) }
        }
    };
}
pub(crate) use text_enum;
