//! The browser IDE: the page at `GET /graphql`, its files and its settings under `/graphql/assets/`.
//!
//! Everything is embedded, so that the page works without internet and no foreign script runs in the
//! origin of the API. `playground/ide` builds the files; their names carry a hash of their content,
//! which is why clients may keep them for ever, while the page itself is asked for every time.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use serde::Serialize;

/// What the page may load: its own files, nothing else. Monaco writes inline styles, scripts are never inline.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     font-src 'self' data:; img-src 'self' data:; worker-src 'self'; base-uri 'none'; \
     frame-ancestors 'none'; connect-src 'self'";
/// Policy of the files themselves. Workers take theirs from here, not from the page.
const ASSET_POLICY: &str = "default-src 'none'; script-src 'self'; frame-ancestors 'none'";
/// For files whose names change with their content: a year is the longest that caches honour.
const KEEP: &str = "public, max-age=31536000, immutable";
/// For what can change under the same name.
const REVALIDATE: &str = "no-cache";
/// The built file without a hash in its name, beside the page.
const LICENSES: &str = "licenses.txt";
/// Names the document that finds the values of placeholders; it lies beside the folders of samples.
const LOOKUP: &str = "lookup.graphql";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The built page and its files.
#[derive(RustEmbed)]
#[folder = "playground/dist/"]
struct Dist;

/// The samples as they are in the repository.
#[derive(RustEmbed)]
#[folder = "playground/samples/"]
struct SampleFiles;

/// What the page asks for at its start.
#[derive(Debug, Serialize)]
pub(crate) struct PlaygroundSettings {
    /// Name shown to people.
    product: &'static str,
    /// Version of the server.
    version: &'static str,
    /// Whether the page offers the users of the demo. Only for a server that runs the demo.
    demo: bool,
    /// Document whose operations find the values of placeholders.
    lookup: String,
    /// The samples, by task.
    folders: Vec<SampleFolder>,
}

/// Samples of one task.
#[derive(Debug, Serialize)]
pub(crate) struct SampleFolder {
    /// Name of the folder; its number gives the order.
    name: String,
    /// The name for people.
    title: String,
    /// In the order of their file names.
    samples: Vec<Sample>,
}

/// One operation that shows something.
#[derive(Debug, Serialize)]
pub(crate) struct Sample {
    /// File name without its ending.
    name: String,
    /// First line of the comment on top.
    title: String,
    /// The rest of that comment.
    description: String,
    /// `query`, `mutation` or `subscription`.
    kind: &'static str,
    /// The whole document.
    query: String,
    /// JSON text with `{{placeholders}}`; null where the operation takes no variables.
    variables: Option<String>,
}

impl PlaygroundSettings {
    /// Reads the embedded samples. `demo` offers the users of the demo with their published passwords, so it may be
    /// true only for a server that loaded the demo.
    pub(crate) fn new(demo: bool) -> Self {
        Self {
            product: "Chartroom",
            version: env!("CARGO_PKG_VERSION"),
            demo,
            lookup: sample_text(LOOKUP).unwrap_or_default(),
            folders: sample_folders(),
        }
    }
}

/// Routes below `/graphql/assets/`. The page itself shares its address with the API, so its handler calls [`page`]
/// where [`is_wanted`] says so.
pub(crate) fn router<S>(playground: PlaygroundSettings) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let playground = Arc::new(playground);
    Router::new()
        .route(
            "/graphql/assets/settings.json",
            get(move || {
                let playground = Arc::clone(&playground);
                async move { settings(&playground) }
            }),
        )
        .route("/graphql/assets/{name}", get(asset))
}

/// Whether a `GET /graphql` is a person with a browser: HTML is preferred to JSON, and there is no operation in the
/// address. Such a request is never answered with data.
pub(crate) fn is_wanted(headers: &HeaderMap, query: Option<&str>) -> bool {
    let has_operation = query.unwrap_or_default().split('&').any(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        matches!(name, "query" | "extensions" | "operationName" | "variables")
    });
    let html = quality(headers, &header::ACCEPT, "text/html");
    let data = quality(headers, &header::ACCEPT, "application/json").max(quality(
        headers,
        &header::ACCEPT,
        "application/graphql-response+json",
    ));
    !has_operation && html > data
}

/// The page, for whoever called the server by the name `host`. It depends on the `Accept` header, and says so to
/// caches.
pub(crate) fn page(host: Option<&str>) -> Response {
    let Some(file) = Dist::get("index.html") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let policy = page_policy(host);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, REVALIDATE),
        (header::VARY, "accept"),
        (header::CONTENT_SECURITY_POLICY, &*policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
    ];
    (headers, Body::from(file.data)).into_response()
}

/// The page's policy. Not every browser counts the sockets of the own origin as its own, so they are named.
fn page_policy(host: Option<&str>) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    match host.filter(|host| host.bytes().all(is_plain)) {
        Some(host) => format!("{PAGE_POLICY} ws://{host} wss://{host}"),
        None => PAGE_POLICY.to_owned(),
    }
}

/// One built file; compressed by the build script where the client takes Brotli, else left to the compression layer.
pub(crate) async fn asset(Path(name): Path<String>, request: HeaderMap) -> Response {
    // The page is not served without its policy, and compressed twins have no address of their own.
    let content_type = content_type(&name).filter(|_| name != "index.html");
    let (Some(content_type), Some(plain)) = (content_type, Dist::get(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let compressed = if quality(&request, &header::ACCEPT_ENCODING, "br") > 0 {
        Dist::get(&format!("{name}.br"))
    } else {
        None
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (
            header::CACHE_CONTROL,
            if name == LICENSES { REVALIDATE } else { KEEP },
        ),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, ASSET_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (RESOURCE_POLICY, "same-origin"),
    ];
    match compressed {
        Some(file) => (
            headers,
            [(header::CONTENT_ENCODING, "br")],
            Body::from(file.data),
        )
            .into_response(),
        None => (headers, Body::from(plain.data)).into_response(),
    }
}

/// Samples, version, and whether the demo runs. Nothing here is secret: the page reads it before anyone signs in.
pub(crate) fn settings(playground: &PlaygroundSettings) -> Response {
    let headers = [
        (header::CACHE_CONTROL, REVALIDATE),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Json(playground)).into_response()
}

/// Content types of the kinds of files that the build makes; none for anything else.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "html" => Some("text/html; charset=utf-8"),
        "txt" => Some("text/plain; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "ttf" => Some("font/ttf"),
        "woff2" => Some("font/woff2"),
        _ => None,
    }
}

/// How much an `Accept…` header wants exactly this choice, in thousandths; 0 where it is not named. Wildcards do not
/// count: only who asks for a thing by name prefers it.
fn quality(headers: &HeaderMap, name: &HeaderName, choice: &str) -> u16 {
    let choices = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let wanted = choices
        .flat_map(|value| value.split(','))
        .filter_map(|part| {
            let (token, parameters) = part.split_once(';').unwrap_or((part, ""));
            token
                .trim()
                .eq_ignore_ascii_case(choice)
                .then(|| weight(parameters))
        });
    wanted.max().unwrap_or(0)
}

/// The `q` among parameters, in thousandths; 1000 without one, 0 for one that cannot be read.
fn weight(parameters: &str) -> u16 {
    let given = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(value) = given else { return 1000 };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    match whole {
        "1" => 1000,
        "0" => format!("{fraction:0<3}")
            .parse()
            .map_or(0, |q: u16| q.min(999)),
        _ => 0,
    }
}

fn sample_text(path: &str) -> Option<String> {
    SampleFiles::get(path).and_then(|file| String::from_utf8(file.data.into_owned()).ok())
}

/// All samples in the order of their file names.
fn sample_folders() -> Vec<SampleFolder> {
    let mut paths: Vec<_> = SampleFiles::iter().collect();
    paths.sort_unstable();
    let mut folders: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    for path in paths {
        let Some((folder, file)) = path.split_once('/') else {
            continue;
        };
        let Some(name) = file.strip_suffix(".graphql") else {
            continue;
        };
        let Some(query) = sample_text(&path) else {
            continue;
        };
        let variables = sample_text(&format!("{folder}/{name}.variables.json"));
        folders
            .entry(folder.to_owned())
            .or_default()
            .push(Sample::new(name, query, variables));
    }
    folders
        .into_iter()
        .map(|(name, samples)| SampleFolder {
            title: folder_title(&name),
            name,
            samples,
        })
        .collect()
}

/// `01-start-here` is shown as "Start here".
fn folder_title(name: &str) -> String {
    let words = name
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
        .replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl Sample {
    /// Takes title and paragraph from the comment on top of the document.
    fn new(name: &str, query: String, variables: Option<String>) -> Self {
        let mut comment = query
            .lines()
            .map_while(|line| line.strip_prefix('#'))
            .map(str::trim);
        let title = comment.next().unwrap_or(name).to_owned();
        let description = comment.collect::<Vec<_>>().join(" ");
        let operation = query
            .lines()
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        let kind = match operation.and_then(|line| line.split_whitespace().next()) {
            Some("mutation") => "mutation",
            Some("subscription") => "subscription",
            _ => "query",
        };
        Self {
            name: name.to_owned(),
            title,
            description,
            kind,
            query,
            variables,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, header::HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn the_page_is_for_browsers_without_an_operation() {
        let browser = accept("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assert!(is_wanted(&browser, None));
        assert!(is_wanted(&browser, Some("theme=dark")));
        assert!(!is_wanted(&browser, Some("query=%7Bviewer%7Bid%7D%7D")));
        assert!(!is_wanted(&accept("*/*"), None));
        assert!(!is_wanted(
            &accept("application/json, text/html;q=0.5"),
            None
        ));
        assert!(!is_wanted(&HeaderMap::new(), None));
    }

    #[test]
    fn the_policy_names_the_sockets_of_plain_hosts_only() {
        let policy = page_policy(Some("bi.example.test:8443"));
        assert!(
            policy.ends_with(
                "connect-src 'self' ws://bi.example.test:8443 wss://bi.example.test:8443"
            )
        );
        for host in [None, Some("a.test; script-src *"), Some("*"), Some("a b")] {
            assert_eq!(page_policy(host), PAGE_POLICY);
        }
    }

    #[test]
    fn weights_are_read_as_thousandths() {
        assert_eq!(weight(""), 1000);
        assert_eq!(weight(" q=0.85"), 850);
        assert_eq!(weight("level=1; q=0"), 0);
        assert_eq!(weight("q=nonsense"), 0);
    }

    #[test]
    fn every_sample_has_a_title_and_a_paragraph() {
        let settings = PlaygroundSettings::new(false);
        assert!(!settings.lookup.is_empty());
        assert_eq!(
            settings.folders.first().map(|f| f.title.as_str()),
            Some("Start here")
        );
        for sample in settings.folders.iter().flat_map(|folder| &folder.samples) {
            assert!(!sample.title.is_empty(), "{}", sample.name);
            assert!(!sample.description.is_empty(), "{}", sample.name);
            assert!(sample.query.contains(sample.kind), "{}", sample.name);
        }
    }

    #[test]
    fn the_page_names_files_that_exist() {
        let page = Dist::get("index.html").unwrap();
        let page = String::from_utf8(page.data.into_owned()).unwrap();
        let names: Vec<_> = page
            .split("/graphql/assets/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(!names.is_empty());
        for name in names {
            assert!(Dist::get(name).is_some(), "{name}");
        }
    }
}
