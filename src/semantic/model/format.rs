//! How values are written: the keys of a model and of a query.

use serde::{Deserialize, Serialize};

/// Format of a field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormatKeys {
    /// A spreadsheet expression or a name such as `usd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Places after the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<i32>,
    /// Unit in which large numbers are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compact: Option<Compact>,
    /// How thousands and decimals are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<Separator>,
    /// Kind of format, where a query says it apart from the format itself.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FormatType>,
    /// Code of the currency, for currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What stands before the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What stands behind the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// A spreadsheet expression, where a query gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<String>,
}

/// A kind of format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatType {
    /// As the type of the value says.
    Default,
    /// A hundred times, with a sign.
    Percent,
    /// With the sign of a currency.
    Currency,
    /// A number.
    Number,
    /// A number without separators.
    Id,
    /// A day.
    Date,
    /// A moment.
    Timestamp,
    /// Bytes, in thousands.
    BytesSi,
    /// Bytes, in steps of 1,024.
    BytesIec,
    /// An interval of time.
    #[serde(rename = "timeInterval")]
    TimeInterval,
    /// A spreadsheet expression.
    Custom,
}

/// Names of formats that are no expressions.
const NAMES: [&str; 6] = ["km", "mi", "percent", "id", "default", "number"];

impl FormatKeys {
    /// The spreadsheet expression, if the format is one.
    pub fn expression(&self) -> Option<&str> {
        if let Some(custom) = &self.custom {
            return Some(custom);
        }
        let format = self.format.as_deref()?;
        let code = format.len() == 3 && format.bytes().all(|b| b.is_ascii_lowercase());
        (!code && !NAMES.contains(&format)).then_some(format)
    }

    /// The kind of format, by its key or by the older names.
    pub fn named_type(&self) -> Option<FormatType> {
        if self.kind.is_some() {
            return self.kind;
        }
        match self.format.as_deref()? {
            "percent" => Some(FormatType::Percent),
            "id" => Some(FormatType::Id),
            "km" | "mi" | "default" | "number" => Some(FormatType::Number),
            code if code.len() == 3 => Some(FormatType::Currency),
            _ => None,
        }
    }

    /// The code of the currency; dollars unless given.
    pub fn currency_code(&self) -> String {
        let code = self.currency.as_deref().or(self.format.as_deref());
        code.unwrap_or("USD").to_uppercase()
    }
}

/// A unit for large numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compact {
    /// 1,000.
    #[serde(alias = "K", alias = "thousand")]
    Thousands,
    /// 1,000,000.
    #[serde(alias = "M", alias = "million")]
    Millions,
    /// 1,000,000,000.
    #[serde(alias = "B", alias = "billion")]
    Billions,
    /// 1,000,000,000,000.
    #[serde(alias = "T", alias = "trillion")]
    Trillions,
    /// 1,000 bytes.
    #[serde(alias = "KB", alias = "kilobyte")]
    Kilobytes,
    /// 1,000 kilobytes.
    #[serde(alias = "MB", alias = "megabyte")]
    Megabytes,
    /// 1,000 megabytes.
    #[serde(alias = "GB", alias = "gigabyte")]
    Gigabytes,
    /// 1,000 gigabytes.
    #[serde(alias = "TB", alias = "terabyte")]
    Terabytes,
    /// 1,000 terabytes.
    #[serde(alias = "PB", alias = "petabyte")]
    Petabytes,
    /// 1,024 bytes.
    #[serde(alias = "KiB", alias = "kibibyte")]
    Kibibytes,
    /// 1,024 kibibytes.
    #[serde(alias = "MiB", alias = "mebibyte")]
    Mebibytes,
    /// 1,024 mebibytes.
    #[serde(alias = "GiB", alias = "gibibyte")]
    Gibibytes,
    /// 1,024 gibibytes.
    #[serde(alias = "TiB", alias = "tebibyte")]
    Tebibytes,
    /// 1,024 tebibytes.
    #[serde(alias = "PiB", alias = "pebibyte")]
    Pebibytes,
    /// Whatever suits the number.
    Auto,
}

/// How thousands and decimals are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Separator {
    /// 1,234.5
    #[default]
    Default,
    /// 1,234.5
    CommaPeriod,
    /// 1 234.5
    SpacePeriod,
    /// 1.234,5
    PeriodComma,
    /// 1234.5
    NoSeparatorPeriod,
    /// 1'234.5
    ApostrophePeriod,
}
