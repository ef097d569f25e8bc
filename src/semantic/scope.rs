//! Expressions of an explore for one user and one query: snippets with everything in its place.

use super::{
    error::{Code, Issue, Result},
    expr::{Expr, Moment, Time, TimeAsk, Written},
    filter::values,
    manifest::Json,
    model::{Dimension, Interval, ParameterType},
    request::Request,
    snippet::{Part, Snippet},
    value::{ValueType, Weekday},
};
use chrono_tz::Tz;
use serde_json::Value;

/// What expressions are built from.
pub struct Scope<'a> {
    /// The request.
    pub request: Request<'a>,
    /// Zone of the query.
    pub zone: Tz,
}

impl<'a> Scope<'a> {
    /// The scope of a request.
    pub fn new(request: Request<'a>) -> Result<Self> {
        let zone = match request.query.timezone.as_deref() {
            Some(name) => name.parse::<Tz>().map_err(|_unknown| {
                let message = format!("there is no time zone `{name}`");
                Issue::new(Code::BadValue, "timezone", message)
            })?,
            None => request.timezone,
        };
        Ok(Self { request, zone })
    }

    /// First day of weeks.
    pub fn week_start(&self) -> Weekday {
        let own = self.request.dialect.own_week_start();
        self.request.explore.week_start.unwrap_or(own)
    }

    /// The SQL of a dimension, intervals included.
    pub fn dimension(&self, table: &str, dimension: &Dimension) -> Result<Expr> {
        let base = self.written(table, &dimension.sql)?;
        match &dimension.granularity {
            None => Ok(base),
            Some(granularity) => self.interval(
                base,
                dimension,
                granularity.base_kind,
                &granularity.interval,
            ),
        }
    }

    fn interval(
        &self,
        base: Expr,
        dimension: &Dimension,
        kind: ValueType,
        interval: &Interval,
    ) -> Result<Expr> {
        let moment = self.moment(dimension, kind, dimension.convert_timezone);
        let ask = match interval {
            Interval::Raw => return Ok(base),
            Interval::Truncated(unit) => TimeAsk::Truncate(*unit),
            Interval::Number(part) => TimeAsk::Number(*part),
            Interval::Name(part) => TimeAsk::Name(*part),
            Interval::Custom { sql, kind, .. } => {
                let local = self.time(base, moment, TimeAsk::Local);
                let own = self.over_column(sql, &local)?;
                // What is said to be a day is one, whatever the SQL of the project makes of it.
                return Ok(match kind {
                    ValueType::Date => Expr::ToDate(Box::new(own)),
                    _ => own,
                });
            }
        };
        Ok(self.time(base, moment, ask))
    }

    fn time(&self, of: Expr, moment: Moment, ask: TimeAsk) -> Expr {
        Expr::Time(Box::new(Time {
            of,
            moment,
            ask,
            week_start: self.request.explore.week_start,
        }))
    }

    /// Something of a moment that a dimension holds, seen in the zone of the query.
    pub fn ask(&self, of: Expr, dimension: Moment, ask: TimeAsk) -> Expr {
        self.time(of, dimension, ask)
    }

    /// What kind of moment the base of a dimension is. `shown` says whether it is seen in the query's zone.
    pub fn moment(&self, dimension: &Dimension, base: ValueType, shown: bool) -> Moment {
        let data = self.request.explore.data_timezone;
        match (base, dimension.naive, shown) {
            (ValueType::Date, ..) => Moment::Date,
            (_, true, true) => Moment::Naive(data, self.zone),
            (_, true, false) => Moment::Naive(data, data),
            (_, false, true) => Moment::Aware(self.zone),
            (_, false, false) => Moment::Aware(Tz::UTC),
        }
    }

    /// A snippet of an interval: what stands for its column, and no fields, which would bring their own rights and
    /// references.
    fn over_column(&self, snippet: &Snippet, column: &Expr) -> Result<Expr> {
        let mut parts = Vec::with_capacity(snippet.parts.len());
        for part in &snippet.parts {
            match part {
                Part::Column => in_parentheses(&mut parts, column.clone()),
                Part::Table => {
                    let message = "`${TABLE}` may not be used here";
                    return Err(Issue::new(Code::BadReference, "", message));
                }
                other => parts.push(self.plain_part("", other)?),
            }
        }
        Ok(Expr::Written(parts))
    }

    /// A snippet of a table.
    pub fn written(&self, table: &str, snippet: &Snippet) -> Result<Expr> {
        let mut parts = Vec::with_capacity(snippet.parts.len());
        for part in &snippet.parts {
            match part {
                Part::Field { table, name } => {
                    let owner = table.as_deref().unwrap_or_default();
                    let dimension = self.request.explore.dimension(owner, name);
                    let dimension = dimension.ok_or_else(|| {
                        let message = format!("there is no dimension {owner}.{name}");
                        Issue::new(Code::BadReference, "", message)
                    })?;
                    in_parentheses(&mut parts, self.dimension(owner, dimension)?);
                }
                other => parts.push(self.plain_part(table, other)?),
            }
        }
        Ok(Expr::Written(parts))
    }

    /// A part that is not a field.
    pub fn plain_part(&self, table: &str, part: &Part) -> Result<Written> {
        Ok(match part {
            Part::Text(text) => Written::Text(text.clone()),
            Part::Table => Written::Relation(table.to_owned()),
            Part::Attribute(name) => Written::List(
                self.attribute(name)?
                    .iter()
                    .cloned()
                    .map(Expr::Text)
                    .collect(),
            ),
            Part::Email => Written::Expr(Expr::Text(self.email()?.to_owned())),
            Part::Timezone => Written::Expr(Expr::Text(self.zone.name().to_owned())),
            Part::Parameter(name) => Written::List(self.parameter(name)?),
            Part::Field { name, .. } => {
                let message = format!("`{name}` may not be used here");
                return Err(Issue::new(Code::BadReference, "", message));
            }
            Part::Column => {
                let message = "`${COLUMN}` is for granularities";
                return Err(Issue::new(Code::BadReference, "", message));
            }
        })
    }

    /// The relation of a table. Attribute values become part of a name there: only plain words may.
    pub fn relation(&self, table: &str, snippet: &Snippet) -> Result<Vec<Written>> {
        let parts = snippet.parts.iter().map(|part| match part {
            Part::Attribute(name) => {
                let values = self.attribute(name)?;
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                match values {
                    [value] if !value.is_empty() && value.chars().all(plain) => {
                        Ok(Written::Text(value.clone()))
                    }
                    _ => Err(Issue::new(
                        Code::MissingAttribute,
                        "exploreName",
                        format!("the attribute {name} has no single plain word to name a relation"),
                    )),
                }
            }
            other => self.plain_part(table, other),
        });
        parts.collect()
    }

    /// The user's values of an attribute: at least one, or the query is refused.
    pub fn attribute(&self, name: &str) -> Result<&[String]> {
        let values = self.request.user.attributes.get(name);
        match values.map(Vec::as_slice) {
            Some(values @ [_, ..]) => {
                for value in values {
                    values::check_text(value)?;
                }
                Ok(values)
            }
            _ => Err(Issue::new(
                Code::MissingAttribute,
                "exploreName",
                format!("needs the attribute {name}, for which the user has no value"),
            )),
        }
    }

    /// The user's verified address, or the query is refused.
    pub fn email(&self) -> Result<&str> {
        let user = self.request.user;
        match &user.email {
            Some(email) if user.email_verified => Ok(email),
            _ => Err(Issue::new(
                Code::MissingAttribute,
                "exploreName",
                "needs the user's verified email address",
            )),
        }
    }

    /// The values of a parameter, as literals of its type.
    pub fn parameter(&self, name: &str) -> Result<Vec<Expr>> {
        let path = format!("parameters.{name}");
        let Some(definition) = self.request.explore.parameters.get(name) else {
            let message = format!("there is no parameter `{name}`");
            return Err(Issue::new(Code::BadReference, path, message));
        };
        let bad = |message: String| Issue::new(Code::BadParameter, path.clone(), message);
        let given = self
            .request
            .parameters
            .get(name)
            .filter(|value| !value.is_null());
        let default = definition
            .default
            .as_ref()
            .and_then(|json| json.read::<Value>().ok());
        let value = given.cloned().or(default).filter(|value| !value.is_null());
        let Some(value) = value else {
            let message = format!("the parameter `{name}` has no value");
            return Err(Issue::new(Code::MissingParameter, path, message));
        };
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        if values.is_empty() {
            let message = format!("the parameter `{name}` has no value");
            return Err(Issue::new(Code::MissingParameter, path, message));
        }
        if values.len() > 1 && !definition.multiple {
            return Err(bad(format!("the parameter `{name}` takes one value")));
        }
        let free = definition.allow_custom_values || definition.options_from_dimension.is_some();
        if let Some(options) = definition.options.as_ref().filter(|_| !free) {
            let text = |value: &Json| match value {
                Json::Text(text) => text.clone(),
                Json::Number(number) => number.to_string(),
                Json::Bool(value) => value.to_string(),
                _ => String::new(),
            };
            let options: Vec<String> = options.iter().map(text).collect();
            let unknown = values
                .iter()
                .find(|value| values::as_text(value).is_none_or(|text| !options.contains(&text)));
            if let Some(unknown) = unknown {
                return Err(bad(format!(
                    "{unknown} is not an option of the parameter `{name}`"
                )));
            }
        }
        let literal = |value: &Value| match definition.kind {
            ParameterType::String => values::text(value).map(Expr::Text),
            ParameterType::Number => values::number(value).map(Expr::Number),
            ParameterType::Date => values::date(value).map(Expr::Date),
        };
        let literals = values.iter().map(literal).collect::<Result<Vec<_>>>();
        literals.map_err(|issue| bad(issue.message))
    }
}

/// Adds an expression that binds as one.
pub fn in_parentheses(parts: &mut Vec<Written>, expression: Expr) {
    parts.push(Written::Text("(".to_owned()));
    parts.push(Written::Expr(expression));
    parts.push(Written::Text(")".to_owned()));
}
