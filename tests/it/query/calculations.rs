//! The usual calculations, and metrics of another period: with numbers computed by hand.
//!
//! Orders by month: 30 in January, 28, 31, and 11 in April.

use super::stage::{MANIFEST, Stage};
use serde_json::{Value, json};

const MONTH: &str = "orders_placed_at_month";

fn by_month(fields: Value) -> Value {
    let mut query = json!({ "dimensions": [MONTH], "metrics": ["orders_count"],
        "sorts": [{ "fieldId": MONTH, "descending": false }] });
    for (name, field) in fields.as_object().expect("fields") {
        query[name] = field.clone();
    }
    query
}

fn calculation(name: &str, template: Value) -> Value {
    json!({ "name": name, "displayName": name, "template": template })
}

fn templates() -> Value {
    let order = json!([{ "fieldId": MONTH, "order": "ASC" }]);
    let last_first = json!([{ "fieldId": MONTH, "order": "DESC" }]);
    let of = |kind: &str| json!({ "type": kind, "fieldId": "orders_count", "orderBy": order });
    let two = json!({ "type": "WINDOW_FUNCTION", "windowFunction": "SUM", "fieldId": "orders_count", "orderBy": order,
        "frame": { "frameType": "ROWS", "start": { "type": "PRECEDING", "offset": 1 }, "end": { "type": "CURRENT_ROW" } } });
    json!([
        calculation("so_far", of("RUNNING_TOTAL")),
        calculation(
            "share",
            json!({ "type": "PERCENT_OF_COLUMN_TOTAL", "fieldId": "orders_count" })
        ),
        calculation(
            "rank",
            json!({ "type": "RANK_IN_COLUMN", "fieldId": "orders_count" })
        ),
        calculation("change", of("PERCENT_CHANGE_FROM_PREVIOUS")),
        calculation("ratio", of("PERCENT_OF_PREVIOUS_VALUE")),
        calculation("two", two),
        calculation(
            "from_last",
            json!({ "type": "WINDOW_FUNCTION", "windowFunction": "ROW_NUMBER", "orderBy": last_first })
        ),
    ])
}

/// Numbers with four digits behind the point.
fn rounded(rows: &Value) -> Vec<Vec<Option<f64>>> {
    let number = |value: &Value| {
        let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
        Some((number * 10_000.0).round() / 10_000.0)
    };
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| {
        row.as_array().expect("a row")[2..]
            .iter()
            .map(number)
            .collect()
    })
    .collect()
}

#[tokio::test]
async fn templates_compute_what_their_names_say() {
    let stage = Stage::new().await;
    // They are no SQL of one's own.
    let editor = stage.tenant.user(&stage.app, "eddy", "editor").await;
    let source = stage.query(by_month(json!({ "tableCalculations": templates() })));
    let ran = stage.run(editor, source).await;
    let rows = rounded(&ran.done("runQuery")["queryRun"]["table"]["rows"]);
    let expected = [
        [30.0, 0.3, 3.0, f64::NAN, f64::NAN, 30.0, 4.0],
        [58.0, 0.28, 2.0, -0.0667, 0.9333, 58.0, 3.0],
        [89.0, 0.31, 4.0, 0.1071, 1.1071, 59.0, 2.0],
        [100.0, 0.11, 1.0, -0.6452, 0.3548, 42.0, 1.0],
    ];
    let expected = expected.map(|row| row.map(|n| (!n.is_nan()).then_some(n)).to_vec());
    assert_eq!(rows, expected);
    // Without an order, that of the query; within parts, each for itself.
    let parts = json!({ "type": "WINDOW_FUNCTION", "windowFunction": "COUNT", "fieldId": "orders_count", "partitionBy": ["orders_status"] });
    let fields = json!({ "dimensions": ["orders_status", MONTH], "limit": 3,
        "tableCalculations": [calculation("months", parts)] });
    let ran = stage.run(editor, stage.query(by_month(fields))).await;
    assert_eq!(ran.at("/runQuery/queryRun/table/rows/0/3"), 4);
}

#[tokio::test]
async fn a_metric_shows_another_period() {
    let stage = Stage::new().await;
    let before = |offset: i32, unit: Value| {
        json!({ "name": "before", "table": "orders", "label": "Before", "periodComparison": {
            "baseMetricId": "orders_count", "timeDimensionId": MONTH, "granularity": unit, "periodOffset": offset } })
    };
    let with = |metric: Value| {
        by_month(
            json!({ "metrics": ["orders_count", "orders_before"], "additionalMetrics": [metric] }),
        )
    };
    let run = async |fields: Value| {
        let ran = stage.run(stage.tenant.admin, stage.query(fields)).await;
        ran.done("runQuery")["queryRun"]["table"]["rows"].clone()
    };
    let by_one = json!([
        ["2026-01-01", 30, null],
        ["2026-02-01", 28, 30],
        ["2026-03-01", 31, 28],
        ["2026-04-01", 11, 31]
    ]);
    assert_eq!(run(with(before(1, json!("MONTH")))).await, by_one);
    // By the unit of the dimension, and by one, unless said otherwise.
    let mut shortest = before(1, json!(null));
    shortest["periodComparison"] =
        json!({ "baseMetricId": "orders_count", "timeDimensionId": MONTH });
    assert_eq!(run(with(shortest)).await, by_one);
    let quarter = run(with(before(1, json!("QUARTER")))).await;
    assert_eq!(quarter[3], json!(["2026-04-01", 11, 30]));
    assert_eq!(run(with(before(2, json!("MONTH")))).await[2][2], 30);
    // Filters on the time are those of this period only; the others are of both. The metric that is compared
    // need not be shown.
    let mut filtered = with(before(1, json!("MONTH")));
    filtered["metrics"] = json!(["orders_before"]);
    filtered["filters"] = json!({ "dimensions": { "and": [
        { "rule": { "fieldId": MONTH, "operator": "EQUALS", "values": ["2026-03-01"] } },
        { "rule": { "fieldId": "orders_status", "operator": "EQUALS", "values": ["paid"] } } ] } });
    // The even orders of February: 32 to 58.
    assert_eq!(run(filtered).await, json!([["2026-03-01", 14]]));
}

#[tokio::test]
async fn a_chart_keeps_templates_and_periods() {
    let stage = Stage::new().await;
    let space = stage.space("Shop", false).await;
    let metric = json!({ "name": "before", "table": "orders", "periodComparison": {
        "baseMetricId": "orders_count", "timeDimensionId": MONTH, "granularity": "MONTH", "periodOffset": 1 } });
    let mut calculations = templates();
    calculations[0]["totalMode"] = json!("SUM_OF_ROWS");
    let fields = by_month(
        json!({ "metrics": ["orders_count", "orders_before"], "additionalMetrics": [metric],
        "tableCalculations": calculations }),
    );
    let chart = stage.chart(&space, fields.clone()).await;
    let read = "query ($id: ID!) { chart(id: $id) { versions { totalCount } metricQuery { \
        tableCalculations { name displayName sql formula totalMode template { type fieldId windowFunction partitionBy \
          orderBy { fieldId order } frame { frameType start { type offset } end { type offset } } } } \
        additionalMetrics { name table type sql periodComparison { baseMetricId timeDimensionId granularity periodOffset } } } } }";
    let found = stage
        .app
        .gql(stage.tenant.admin, read, json!({ "id": chart }))
        .await;
    let query = found.at("/chart/metricQuery");
    let expected = &fields["additionalMetrics"][0]["periodComparison"];
    let kept = &query["additionalMetrics"][0];
    assert_eq!(kept["periodComparison"], *expected);
    assert!(kept["type"].is_null() && kept["sql"].is_null());
    let calculations = query["tableCalculations"].as_array().expect("a list");
    for (given, kept) in templates()
        .as_array()
        .expect("a list")
        .iter()
        .zip(calculations)
    {
        for (key, value) in given["template"].as_object().expect("a template") {
            if key == "frame" {
                assert_eq!(
                    kept["template"][key],
                    json!({ "frameType": "ROWS",
                    "start": { "type": "PRECEDING", "offset": 1 }, "end": { "type": "CURRENT_ROW", "offset": null } })
                );
            } else {
                assert_eq!(kept["template"][key], *value, "{key}");
            }
        }
        assert!(kept["sql"].is_null() && kept["formula"].is_null());
    }
    assert_eq!(calculations[0]["totalMode"], "SUM_OF_ROWS");
    assert!(calculations[1]["totalMode"].is_null());
    // Written again as it was read, it is the same.
    let update = "mutation ($input: UpdateChartInput!) { updateChart(input: $input) { chart { versions { totalCount } } userErrors { code path } } }";
    let input = json!({ "id": chart, "metricQuery": stage.query(fields)["metricQuery"]["query"] });
    let same = stage
        .app
        .gql(stage.tenant.admin, update, json!({ "input": input }))
        .await;
    assert_eq!(
        same.done("updateChart")["chart"]["versions"]["totalCount"],
        1
    );
    let ran = stage
        .run(stage.tenant.admin, json!({ "chart": { "chartId": chart } }))
        .await;
    assert_eq!(
        ran.at("/runQuery/queryRun/table/rows/1")
            .as_array()
            .expect("a row")[..4],
        [json!("2026-02-01"), json!(28), json!(30), json!(58)]
    );
    // The catalog knows that the chart uses the metric that it compares.
    let validate = "mutation ($id: ID!) { validateProject(input: { projectId: $id }) { job { id } userErrors { message } } }";
    stage
        .app
        .gql(stage.tenant.admin, validate, json!({ "id": stage.project }))
        .await
        .done("validateProject");
}

#[tokio::test]
async fn totals_of_calculations_are_as_they_say() {
    let stage = Stage::new().await;
    let square = |name: &str, mode: Value| json!({ "name": name, "displayName": name, "formula": "orders_count * orders_count", "totalMode": mode });
    let calculations = json!([
        square("computed", json!(null)),
        square("same", json!("FORMULA")),
        square("summed", json!("SUM_OF_ROWS")),
        square("blank", json!("NONE")),
    ]);
    let totals = "mutation ($input: CalculateTotalsInput!) { calculateTotals(input: $input) { \
        queryRun { totals } userErrors { code message path } } }";
    let source = stage.query(by_month(json!({ "tableCalculations": calculations })));
    let input = json!({ "source": source, "waitSeconds": 20 });
    let answer = stage
        .app
        .gql(stage.tenant.admin, totals, json!({ "input": input }))
        .await;
    let totals = &answer.done("calculateTotals")["queryRun"]["totals"];
    assert_eq!(totals["computed"], 10_000);
    assert_eq!(totals["same"], 10_000);
    assert_eq!(totals["summed"], 30 * 30 + 28 * 28 + 31 * 31 + 11 * 11);
    assert!(totals["blank"].is_null(), "{totals}");
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_its_place() {
    let stage = Stage::new().await;
    let refused = async |fields: Value| {
        let source = stage.query(by_month(fields));
        let answer = stage.run(stage.tenant.admin, source).await;
        let errors = answer.user_errors("runQuery");
        let prefix = "source.metricQuery.query.";
        errors
            .iter()
            .map(|error| error.replace(prefix, ""))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let edge = |kind: &str, offset: Value| json!({ "type": kind, "offset": offset });
    let sum = |frame: Value| json!({ "type": "WINDOW_FUNCTION", "windowFunction": "SUM", "fieldId": "orders_count", "frame": frame });
    let rows =
        |start: Value, end: Value| sum(json!({ "frameType": "ROWS", "start": start, "end": end }));
    let here = edge("CURRENT_ROW", json!(null));
    for (template, mistake) in [
        (json!({ "type": "RUNNING_TOTAL" }), "REQUIRED fieldId"),
        (
            json!({ "type": "RANK_IN_COLUMN", "fieldId": "orders_gone" }),
            "INVALID fieldId",
        ),
        (
            json!({ "type": "RANK_IN_COLUMN", "fieldId": "orders_count", "orderBy": [{ "fieldId": MONTH }] }),
            "INVALID orderBy",
        ),
        (
            json!({ "type": "RUNNING_TOTAL", "fieldId": "orders_count", "partitionBy": [MONTH, "y"] }),
            "INVALID partitionBy.1",
        ),
        (
            json!({ "type": "RUNNING_TOTAL", "fieldId": "orders_count", "orderBy": [{ "fieldId": "y" }] }),
            "INVALID orderBy.0.fieldId",
        ),
        (
            json!({ "type": "RUNNING_TOTAL", "fieldId": "orders_count", "windowFunction": "SUM" }),
            "INVALID windowFunction",
        ),
        (
            json!({ "type": "WINDOW_FUNCTION", "fieldId": "orders_count" }),
            "REQUIRED windowFunction",
        ),
        (
            json!({ "type": "WINDOW_FUNCTION", "windowFunction": "RANK", "fieldId": "orders_count" }),
            "INVALID fieldId",
        ),
        (
            json!({ "type": "WINDOW_FUNCTION", "windowFunction": "MAX" }),
            "REQUIRED fieldId",
        ),
        (
            json!({ "type": "WINDOW_FUNCTION", "windowFunction": "RANK", "frame": { "frameType": "ROWS", "end": here } }),
            "INVALID frame",
        ),
        (
            rows(edge("PRECEDING", json!(null)), here.clone()),
            "REQUIRED frame.start.offset",
        ),
        (
            rows(here.clone(), edge("CURRENT_ROW", json!(1))),
            "INVALID frame.end.offset",
        ),
        (
            rows(edge("PRECEDING", json!(-1)), here.clone()),
            "INVALID frame.start.offset, INVALID frame",
        ),
        (
            rows(here.clone(), edge("PRECEDING", json!(1))),
            "INVALID frame",
        ),
        (
            rows(
                edge("UNBOUNDED_FOLLOWING", json!(null)),
                edge("UNBOUNDED_FOLLOWING", json!(null)),
            ),
            "INVALID frame",
        ),
    ] {
        let place = "tableCalculations.0.template.";
        let fields = json!({ "tableCalculations": [calculation("x", template.clone())] });
        assert_eq!(
            refused(fields).await.replace(place, ""),
            mistake,
            "{template}"
        );
    }
    let both = json!({ "name": "x", "displayName": "x", "formula": "1", "template": { "type": "RANK_IN_COLUMN", "fieldId": "orders_count" } });
    assert_eq!(
        refused(json!({ "tableCalculations": [both] })).await,
        "REQUIRED tableCalculations.0.sql"
    );

    let period = json!({ "baseMetricId": "orders_count", "timeDimensionId": MONTH });
    let changed = |key: &str, value: Value| {
        let mut period = period.clone();
        period[key] = value;
        json!({ "periodComparison": period })
    };
    for (fields, mistake) in [
        (json!({}), "REQUIRED type, REQUIRED sql"),
        (
            json!({ "type": "SUM", "periodComparison": period }),
            "INVALID type",
        ),
        (
            json!({ "sql": "${amount}", "periodComparison": period }),
            "INVALID sql",
        ),
        (
            json!({ "percentile": 50, "periodComparison": period }),
            "INVALID percentile",
        ),
        (
            changed("timeDimensionId", json!("orders_placed_at_day")),
            "INVALID periodComparison.timeDimensionId",
        ),
        (
            changed("baseMetricId", json!("orders_gone")),
            "INVALID periodComparison.baseMetricId",
        ),
        (
            changed("periodOffset", json!(0)),
            "INVALID periodComparison.periodOffset",
        ),
    ] {
        let mut metric = json!({ "name": "before", "table": "orders" });
        for (name, field) in fields.as_object().expect("fields") {
            metric[name] = field.clone();
        }
        let query =
            json!({ "metrics": ["orders_count", "orders_before"], "additionalMetrics": [metric] });
        let found = refused(query).await.replace("additionalMetrics.0.", "");
        assert_eq!(found, mistake, "{fields}");
    }
}

#[tokio::test]
async fn parameters_are_those_of_the_models() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let manifest = MANIFEST.replace(
        r#""meta": { "metrics": {"#,
        r#""meta": { "parameters": { "rate": { "label": "Rate", "type": "number", "allow_custom_values": true } }, "metrics": {
        "scaled": { "type": "sum", "sql": "${amount} * ${ld.parameters.orders.rate}" },"#,
    );
    stage.deploy_models(&manifest).await;
    let run = async |parameters: Value| {
        let fields = json!({ "dimensions": [], "metrics": ["orders_scaled"], "sorts": [] });
        let mut source = stage.query(fields);
        source["metricQuery"]["parameters"] = parameters;
        stage.run(admin, source).await
    };
    let ran = run(json!({ "orders.rate": 2 })).await;
    let rows = &ran.done("runQuery")["queryRun"]["table"]["rows"];
    assert_eq!(*rows, json!([[11_110]]));
    for (parameters, mistake) in [
        (
            json!(null),
            "INVALID source.metricQuery.parameters.orders.rate",
        ),
        (
            json!({ "orders.rate": 2, "rat": 1 }),
            "INVALID source.metricQuery.parameters.rat",
        ),
        (
            json!({ "orders.rate": [1, 2] }),
            "INVALID source.metricQuery.parameters.orders.rate",
        ),
        (json!([1]), "INVALID source.metricQuery.parameters"),
    ] {
        let refused = run(parameters.clone()).await;
        assert_eq!(refused.user_errors("runQuery"), [mistake], "{parameters}");
    }
    let refused = run(json!({ "orders.rate": 2, "rat": 1 })).await;
    let told = refused.text("/runQuery/userErrors/0/message");
    assert_eq!(
        told,
        "there is no parameter `rat`; those of the explore are orders.rate"
    );
    // Beside a chart too, and where nothing runs.
    let space = stage.space("Shop", false).await;
    let fields = json!({ "dimensions": [], "metrics": ["orders_scaled"], "sorts": [] });
    let chart = stage.chart(&space, fields.clone()).await;
    let source =
        json!({ "chart": { "chartId": chart, "parameters": { "rat": 1, "orders.rate": 1 } } });
    let refused = stage.run(admin, source).await;
    assert_eq!(
        refused.user_errors("runQuery"),
        ["INVALID source.chart.parameters.rat"]
    );
    let compile = "query ($id: ID!, $query: MetricQueryInput!, $given: JSON) { \
        compileMetricQuery(projectId: $id, query: $query, parameters: $given) { values } }";
    let query = &stage.query(fields)["metricQuery"]["query"];
    let ask = async |given: Value| {
        let variables = json!({ "id": stage.project, "query": query, "given": given });
        stage.app.gql(admin, compile, variables).await
    };
    let compiled = ask(json!({ "orders.rate": 2 })).await;
    assert!(compiled.at("/compileMetricQuery/values").is_array());
    let refused = ask(json!({ "rat": 1, "orders.rate": 2 })).await;
    assert_eq!(refused.code(), "INVALID");
    assert!(refused.message().contains("no parameter `rat`"));
}
