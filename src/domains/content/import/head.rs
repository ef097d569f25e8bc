//! What every chart and dashboard as code begins with.

use super::{fields::Fields, yaml::Mark};
use crate::kernel::text;
use serde_json::json;

/// Keys every file may have that say nothing about the content.
const BOOKKEEPING: [&str; 3] = ["contentType", "updatedAt", "downloadedAt"];

/// What charts and dashboards begin with.
pub(super) struct Head {
    /// Where the slug stands.
    pub(super) at: Mark,
    /// Name for addresses.
    pub(super) slug: String,
    /// Slugs from the top space down.
    pub(super) space: Vec<String>,
    /// Where the space stands.
    pub(super) space_at: Mark,
    /// Name.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: Option<String>,
}

impl Head {
    /// Reads the keys; `None` if there were errors.
    pub(super) fn read(fields: &Fields<'_>) -> Option<Self> {
        let name = fields.required_text("name").and_then(|name| {
            text::name(name)
                .map_err(|wrong| fields.error("name", &wrong.to_string()))
                .ok()
        });
        let description = match fields.text("description").filter(|text| !text.is_empty()) {
            None => Some(None),
            Some(description) => match text::lines(description, text::DESCRIPTION_MAX) {
                Ok(()) => Some(Some(description.to_owned())),
                Err(wrong) => {
                    fields.error("description", &wrong.to_string());
                    None
                }
            },
        };
        let found = slug(fields, "slug");
        let space = space_path(fields, "spaceSlug");
        Some(Self {
            at: fields.key_at("slug"),
            slug: found?,
            space: space?,
            space_at: fields.key_at("spaceSlug"),
            name: name?,
            description: description?,
        })
    }
}

/// A slug: lower-case letters and digits of ASCII, and hyphens.
pub(super) fn slug(fields: &Fields<'_>, key: &str) -> Option<String> {
    let text = fields.required_text(key)?;
    if is_slug(text) {
        return Some(text.to_owned());
    }
    fields.error(
        key,
        &format!("must be of lower-case letters a-z, digits and hyphens, at most 255; is {text:?}"),
    );
    None
}

/// The slugs of a path such as `finance/payroll`.
pub(super) fn space_path(fields: &Fields<'_>, key: &str) -> Option<Vec<String>> {
    let text = fields.required_text(key)?;
    let path: Vec<String> = text.split('/').map(str::to_owned).collect();
    if path.len() <= SPACE_DEPTH_MAX && path.iter().all(|slug| is_slug(slug)) {
        return Some(path);
    }
    fields.error(
        key,
        &format!(
            "must be at most {SPACE_DEPTH_MAX} slugs joined by `/`, such as finance/payroll; is {text:?}"
        ),
    );
    None
}

/// Deepest nesting of spaces.
const SPACE_DEPTH_MAX: usize = 20;

fn is_slug(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Reads what says nothing about the content, and what of it cannot be kept.
pub(super) fn bookkeeping(fields: &Fields<'_>) {
    fields.skip(&BOOKKEEPING);
    if fields
        .required("version")
        .is_some_and(|version| version.json() != json!(1))
    {
        fields.error(
            "version",
            "must be 1, the version of the format that is read here",
        );
    }
    if fields.boolean("verified") == Some(true) {
        fields.warn(
            "verified",
            "is not taken over: content is not verified here",
        );
    }
    fields.not_taken("verification", "content is not verified here");
}
