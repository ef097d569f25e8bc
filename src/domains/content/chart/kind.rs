//! How a chart is drawn, as its configuration says.

use super::ChartKind;
use serde_json::Value;

/// The kind that a configuration stands for: by `type`, and for `cartesian` by the types of its
/// series. What is not known here is drawn by the front end alone: `CUSTOM`.
pub fn kind_of(config: &Value) -> ChartKind {
    let text = |at: &str| config.pointer(at).and_then(Value::as_str);
    match text("/type").unwrap_or_default() {
        "cartesian" => cartesian(config),
        "line" => ChartKind::Line,
        "area" => ChartKind::Area,
        "bar" | "vertical_bar" => ChartKind::VerticalBar,
        "horizontal_bar" => ChartKind::HorizontalBar,
        "scatter" => ChartKind::Scatter,
        "mixed" => ChartKind::Mixed,
        "pie" => ChartKind::Pie,
        "table" => ChartKind::Table,
        "big_number" => ChartKind::BigNumber,
        "funnel" => ChartKind::Funnel,
        _ => ChartKind::Custom,
    }
}

fn cartesian(config: &Value) -> ChartKind {
    let flipped = config
        .pointer("/config/layout/flipAxes")
        .and_then(Value::as_bool)
        == Some(true);
    let bars = if flipped {
        ChartKind::HorizontalBar
    } else {
        ChartKind::VerticalBar
    };
    let series = config
        .pointer("/config/eChartsConfig/series")
        .and_then(Value::as_array);
    let mut kinds = series.into_iter().flatten().map(|series| {
        match series.get("type").and_then(Value::as_str).unwrap_or("bar") {
            "bar" => bars,
            "line"
                if series
                    .get("areaStyle")
                    .is_some_and(|style| !style.is_null()) =>
            {
                ChartKind::Area
            }
            "line" => ChartKind::Line,
            "area" => ChartKind::Area,
            "scatter" => ChartKind::Scatter,
            _ => ChartKind::Mixed,
        }
    });
    let Some(first) = kinds.next() else {
        return bars;
    };
    if kinds.all(|kind| kind == first) {
        first
    } else {
        ChartKind::Mixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_follow_from_types_and_series() {
        let cartesian = |series: Value, flip: bool| {
            kind_of(&json!({ "type": "cartesian", "config": {
                "layout": { "flipAxes": flip }, "eChartsConfig": { "series": series },
            } }))
        };
        assert_eq!(
            cartesian(json!([{ "type": "bar" }]), false),
            ChartKind::VerticalBar
        );
        assert_eq!(
            cartesian(json!([{ "type": "bar" }]), true),
            ChartKind::HorizontalBar
        );
        assert_eq!(
            cartesian(json!([{ "type": "line" }, { "type": "line" }]), false),
            ChartKind::Line
        );
        let area = json!([{ "type": "line", "areaStyle": {} }]);
        assert_eq!(cartesian(area, false), ChartKind::Area);
        assert_eq!(
            cartesian(json!([{ "type": "line" }, { "type": "bar" }]), false),
            ChartKind::Mixed
        );
        assert_eq!(
            cartesian(json!([{ "type": "scatter" }]), false),
            ChartKind::Scatter
        );
        assert_eq!(cartesian(json!([]), false), ChartKind::VerticalBar);
        assert_eq!(
            kind_of(&json!({ "type": "big_number" })),
            ChartKind::BigNumber
        );
        for odd in [
            json!(null),
            json!([]),
            json!({ "type": 1 }),
            json!({ "type": "treemap" }),
            json!({}),
        ] {
            assert_eq!(kind_of(&odd), ChartKind::Custom, "{odd}");
        }
        assert_eq!(cartesian(json!({ "x": 1 }), false), ChartKind::VerticalBar);
        assert_eq!(cartesian(json!([1, null]), false), ChartKind::VerticalBar);
    }
}
