//! Which media type an answer gets, and which ones a request may come in.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The two media types of GraphQL over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`: the status is 200 wherever the request itself was well-formed.
    Json,
    /// `application/graphql-response+json`: the status tells how the operation went.
    GraphqlResponse,
}

impl MediaType {
    pub(super) const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// The media type that the client likes best; `None` if it takes neither.
///
/// Without `Accept`, and for wildcards, it is `application/json`: old clients know nothing else.
pub(super) fn accepted(headers: &HeaderMap) -> Option<MediaType> {
    if !headers.contains_key(header::ACCEPT) {
        return Some(MediaType::Json);
    }
    let (json, _) = wish(headers, "application/json");
    let (response, by_name) = wish(headers, "application/graphql-response+json");
    match (json, response) {
        (0, 0) => None,
        _ if response > json || (response == json && by_name) => Some(MediaType::GraphqlResponse),
        _ => Some(MediaType::Json),
    }
}

/// Whether answers come as a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Events {
    /// The client does not know them.
    Never,
    /// For subscriptions.
    ForSubscriptions,
    /// For everything.
    Always,
}

/// Whether the client takes `text/event-stream`, which has to be named, and likes it best.
pub(super) fn events(headers: &HeaderMap) -> Events {
    let (stream, by_name) = wish(headers, "text/event-stream");
    if stream == 0 || !by_name {
        return Events::Never;
    }
    let named = |kind| {
        Some(wish(headers, kind))
            .filter(|wish| wish.1)
            .map(|wish| wish.0)
    };
    let (json, response) = (
        named("application/json"),
        named("application/graphql-response+json"),
    );
    if json.max(response).is_some_and(|other| other >= stream) {
        Events::ForSubscriptions
    } else {
        Events::Always
    }
}

/// How much a type is wanted, in thousandths, and whether it was named; the most specific entry
/// that fits decides.
fn wish(headers: &HeaderMap, wanted: &str) -> (u16, bool) {
    let mut best = (0_u8, 0_u16);
    for entry in entries(headers, &header::ACCEPT) {
        let (range, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let specific = match range.trim() {
            "*/*" => 1,
            "application/*" => 2,
            name if name.eq_ignore_ascii_case(wanted) => 3,
            _ => continue,
        };
        if let Some(quality) = quality(parameters)
            && (specific > best.0 || (specific == best.0 && quality > best.1))
        {
            best = (specific, quality);
        }
    }
    (best.1, best.0 == 3)
}

/// The `q` among parameters; `None` if they ask for another charset than UTF-8.
fn quality(parameters: &str) -> Option<u16> {
    let mut quality = 1000;
    for parameter in parameters.split(';') {
        let Some((name, value)) = parameter.split_once('=') else {
            continue;
        };
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("q") {
            let thousandths = value.parse::<f32>().unwrap_or(0.0).clamp(0.0, 1.0) * 1000.0;
            quality = format!("{thousandths:.0}").parse().unwrap_or(0);
        } else if name.trim().eq_ignore_ascii_case("charset") && !is_utf8(value) {
            return None;
        }
    }
    Some(quality)
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyType {
    /// JSON in UTF-8.
    Json,
    /// JSON in another charset.
    OtherCharset,
    /// Anything else, or nothing said.
    Other,
}

/// The type of a request's body.
pub(super) fn body_type(headers: &HeaderMap) -> BodyType {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return BodyType::Other;
    };
    let value = value.to_str().unwrap_or_default();
    let (name, parameters) = value.split_once(';').unwrap_or((value, ""));
    if !name.trim().eq_ignore_ascii_case("application/json") {
        return BodyType::Other;
    }
    let charset = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='));
    let mut charset = charset.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    if charset.all(|(_, value)| is_utf8(value.trim().trim_matches('"'))) {
        BodyType::Json
    } else {
        BodyType::OtherCharset
    }
}

fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        accepted(&headers)
    }

    #[test]
    fn the_clients_wish_decides() {
        use MediaType::{GraphqlResponse, Json};
        assert_eq!(accepted(&HeaderMap::new()), Some(Json));
        for (header, expected) in [
            ("*/*", Some(Json)),
            ("application/*;q=0.1", Some(Json)),
            ("application/json", Some(Json)),
            ("application/graphql-response+json", Some(GraphqlResponse)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(GraphqlResponse),
            ),
            (
                "application/json, application/graphql-response+json",
                Some(GraphqlResponse),
            ),
            (
                "application/json, application/graphql-response+json;q=0.9",
                Some(Json),
            ),
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("text/html, */*;q=0.1", Some(Json)),
            ("application/json; charset=utf-8", Some(Json)),
            ("application/json; charset=latin1", None),
            ("text/event-stream", None),
            ("application/json;q=0", None),
            ("", None),
        ] {
            assert_eq!(accept(header), expected, "{header}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_a_body() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            body_type(&headers)
        };
        assert_eq!(of("application/json"), BodyType::Json);
        assert_eq!(of("Application/JSON; Charset=\"UTF-8\""), BodyType::Json);
        assert_eq!(
            of("application/json; charset=utf-16"),
            BodyType::OtherCharset
        );
        assert_eq!(of("text/plain"), BodyType::Other);
        assert_eq!(of("application/jsonp"), BodyType::Other);
        assert_eq!(body_type(&HeaderMap::new()), BodyType::Other);
    }
}
