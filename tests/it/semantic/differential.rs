//! Random data and random queries: PostgreSQL with the compiler's SQL against the reference in memory.

use super::{
    case::File,
    reference::{
        About, COLUMNS, Cell, Condition, Field, Metric, Question, Row, Rule, TABLES, Unit, World,
    },
    warehouse::{Warehouse, agrees, shown},
};
use chartroom::semantic::{
    compile, compile_totals,
    dialect::Postgres,
    manifest::Json,
    query::MetricQuery,
    request::{Limits, Request, UserFacts},
    sql::Statement,
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use indexmap::IndexMap;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

/// Worlds, and questions to each.
const WORLDS: u64 = 25;
const QUESTIONS: usize = 100;

const TEXTS: [&str; 12] = [
    "a", "A", "b", "ab", "aB%", "50%", "x_y", "it's", "\\", "", "a\\_b", "!b",
];

#[tokio::test(flavor = "multi_thread")]
async fn random_queries_agree_with_the_reference() {
    let mut compared = 0;
    let mut rows_seen = 0;
    for seed in 0..WORLDS {
        let mut random = StdRng::seed_from_u64(seed);
        let world = world(&mut random);
        let file = file(&world);
        let warehouse = Warehouse::create().await;
        warehouse.load(&file.models, &file.rows).await;
        let explores = file.explores(&warehouse.schema);
        let explore = explores
            .iter()
            .find(|own| own.name == "orders")
            .expect("the explore");
        assert!(explore.errors.is_empty(), "{:?}", explore.errors);
        for n in 0..QUESTIONS {
            let question = question(&mut random);
            let query: MetricQuery = serde_json::from_value(as_json(&question)).expect("a query");
            let request = Request {
                explore,
                query: &query,
                user: &UserFacts::default(),
                parameters: &IndexMap::new(),
                now: question.now,
                timezone: Tz::UTC,
                date_zoom: None,
                dialect: &Postgres,
                limits: Limits::default(),
            };
            let what = format!("world {seed}, question {n}: {question:?}");
            let compiled = compile(request).unwrap_or_else(|why| panic!("{what}\n{why}"));
            let wanted = world.answer(&question);
            rows_seen += compare(&warehouse, &compiled.statement, &wanted, true, &what).await;
            let by = question.dimensions.len().min(n % 2);
            if by == 0 && question.metrics.is_empty() {
                compared += 1;
                continue;
            }
            let ids: Vec<String> = question
                .dimensions
                .iter()
                .take(by)
                .map(|own| field_id(*own))
                .collect();
            let totals =
                compile_totals(request, &ids).unwrap_or_else(|why| panic!("{what}\n{why}"));
            let wanted = world.totals(&question, by);
            let total = format!("totals by {by} of {what}");
            rows_seen += compare(&warehouse, &totals.statement, &wanted, false, &total).await;
            assert!(
                compiled.warnings.is_empty(),
                "{what}: {:?}",
                compiled.warnings
            );
            compared += 1;
        }
        warehouse.drop().await;
    }
    println!("{compared} queries compared, {rows_seen} rows");
    assert!(compared >= 2_000);
}

/// Runs a statement and compares its rows; gives how many there are.
async fn compare(
    warehouse: &Warehouse,
    statement: &Statement,
    wanted: &[Vec<Cell>],
    ordered: bool,
    what: &str,
) -> usize {
    let rows = warehouse.run(statement).await;
    let rows = rows.unwrap_or_else(|why| panic!("{what}\n{why}"));
    let wanted: Vec<Vec<Value>> = wanted
        .iter()
        .map(|row| row.iter().map(cell_json).collect())
        .collect();
    let same = |row: &Vec<super::warehouse::Cell>, own: &Vec<Value>| {
        row.len() == own.len() && row.iter().zip(own).all(|(cell, value)| agrees(cell, value))
    };
    let equal = rows.len() == wanted.len()
        && if ordered {
            rows.iter().zip(&wanted).all(|(row, own)| same(row, own))
        } else {
            rows.iter()
                .all(|row| wanted.iter().any(|own| same(row, own)))
        };
    assert!(
        equal,
        "{what}\n{}\n{:?}\ngot\n{}\nwanted\n{}",
        statement.sql,
        statement.values,
        lines(rows.iter().map(|row| row.iter().map(shown).collect())),
        lines(wanted.into_iter()),
    );
    rows.len()
}

fn lines(rows: impl Iterator<Item = Vec<Value>>) -> String {
    rows.map(|row| Value::Array(row).to_string())
        .collect::<Vec<_>>()
        .join("\n")
}

fn cell_json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Number(n) => json!(n),
        Cell::Text(text) => json!(text),
        Cell::Bool(value) => json!(value),
        Cell::Day(day) => json!(day.to_string()),
        Cell::Moment(at) => json!(at.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
    }
}

fn world(random: &mut StdRng) -> World {
    let mut world = World::default();
    let sizes = [
        random.random_range(0..14),
        4,
        random.random_range(0..16),
        random.random_range(0..10),
    ];
    for (table, size) in sizes.into_iter().enumerate() {
        // Items and payments belong to orders, orders to customers; some to nobody.
        let owners = if table == 0 { 5 } else { 15 };
        for id in 1..=size {
            let key = random
                .random_bool(0.85)
                .then(|| random.random_range(1..=owners));
            world.tables[table].push(Row {
                id,
                key,
                cells: std::array::from_fn(|column| cell(random, column)),
            });
        }
    }
    world
}

/// A value of a column, or none.
fn cell(random: &mut StdRng, column: usize) -> Cell {
    if random.random_bool(0.2) {
        return Cell::Null;
    }
    match column {
        0 => Cell::Text((*TEXTS.choose(random).expect("texts")).to_owned()),
        1 => Cell::Number(f64::from(random.random_range(-20..20)) / 4.0),
        2 => Cell::Bool(random.random_bool(0.5)),
        3 => Cell::Day(day(random)),
        _ => Cell::Moment(moment(random)),
    }
}

fn day(random: &mut StdRng) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2023, 11, 1).expect("a day");
    first + Days::new(random.random_range(0..200))
}

fn moment(random: &mut StdRng) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2024-03-01T00:00:00Z".parse().expect("a moment");
    first + TimeDelta::minutes(random.random_range(0..60 * 24 * 60) / 15 * 15)
}

fn file(world: &World) -> File {
    let mut models = Vec::new();
    for (table, name) in TABLES.iter().enumerate() {
        let joins = if table == 0 {
            json!([
                {"join": "customers", "sql_on": "${orders.key} = ${customers.id}", "relationship": "many-to-one"},
                {"join": "items", "sql_on": "${orders.id} = ${items.key}", "relationship": "one-to-many"},
                {"join": "payments", "sql_on": "${orders.id} = ${payments.key}", "relationship": "one-to-many"},
            ])
        } else {
            json!([])
        };
        let pair = if table == 0 {
            "${n} * ${n}"
        } else {
            "${n} * ${orders.n}"
        };
        let metrics = json!({
            "cnt": {"type": "count", "sql": "${id}"},
            "cd": {"type": "count_distinct", "sql": "${s}"},
            "sm": {"type": "sum", "sql": "${n}"},
            "av": {"type": "average", "sql": "${n}"},
            "mn": {"type": "min", "sql": "${n}"},
            "mx": {"type": "max", "sql": "${n}"},
            "md": {"type": "median", "sql": "${n}"},
            "p90": {"type": "percentile", "percentile": 90, "sql": "${n}"},
            "fs": {"type": "sum", "sql": "${n}", "filters": [{"b": true}, {"s": "!a"}]},
            "sd": {"type": "sum_distinct", "sql": "${n}", "distinct_keys": ["s"]},
            "ratio": {"type": "number", "sql": "${sm} / NULLIF(${cnt}, 0)"},
            "pair": {"type": "sum", "sql": pair},
        });
        let columns = json!({
            "id": {"type": "integer", "meta": {"dimension": {"type": "number"}}},
            "key": {"type": "integer", "meta": {"dimension": {"type": "number"}}},
            "s": {"type": "text"},
            "n": {"type": "numeric(12,4)"},
            "b": {"type": "boolean"},
            "day": {"type": "date"},
            "at": {"type": "timestamptz"},
        });
        // Columns in the order of the rows, which a sorted map does not keep.
        let order = ["id", "key", "s", "n", "b", "day", "at"];
        let columns: Vec<String> = order
            .iter()
            .map(|key| format!("{}: {}", json!(key), columns[key]))
            .collect();
        models.push(format!(
            "{}: {{\"meta\": {}, \"columns\": {{{}}}}}",
            json!(name),
            json!({"primary_key": "id", "joins": joins, "metrics": metrics}),
            columns.join(", ")
        ));
    }
    let rows: serde_json::Map<String, Value> = TABLES
        .iter()
        .zip(&world.tables)
        .map(|(name, rows)| {
            let rows = rows.iter().map(|row| {
                let cells = row.cells.iter().map(cell_json);
                let ids = [json!(row.id), json!(row.key)];
                Value::Array(ids.into_iter().chain(cells).collect())
            });
            ((*name).to_owned(), rows.collect())
        })
        .collect();
    let text = format!(
        "{{\"models\": {{{}}}, \"rows\": {}, \"cases\": []}}",
        models.join(", "),
        Value::Object(rows)
    );
    let json: Json = serde_json::from_str(&text).expect("JSON");
    json.read().expect("a file")
}

fn field(random: &mut StdRng) -> Field {
    let column = random.random_range(0..=COLUMNS.len());
    let units = [
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::Year,
    ];
    let time = column == 3 || column == 4;
    let unit = (time && random.random_bool(0.7)).then(|| *units.choose(random).expect("units"));
    Field {
        table: random.random_range(0..TABLES.len()),
        column,
        unit,
    }
}

fn question(random: &mut StdRng) -> Question {
    let mut dimensions: Vec<Field> = Vec::new();
    for _ in 0..random.random_range(0..4) {
        let field = field(random);
        if !dimensions.contains(&field) {
            dimensions.push(field);
        }
    }
    let mut metrics: Vec<(usize, Metric)> = Vec::new();
    let least = usize::from(dimensions.is_empty());
    for _ in 0..random.random_range(least..5) {
        let table = random.random_range(0..TABLES.len());
        let metric = (table, Metric::ALL.choose(random).expect("metrics").0);
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    let groups = if metrics.is_empty() || random.random_bool(0.7) {
        Condition::All(Vec::new())
    } else {
        condition(random, 1, &|random| {
            let about = About::Metric(random.random_range(0..metrics.len()));
            rule(random, about, 1)
        })
    };
    let calculated = !metrics.is_empty() && random.random_bool(0.2);
    let calculation = calculated.then(|| random.random_range(0..metrics.len()));
    let columns = dimensions.len() + metrics.len() + usize::from(calculated);
    let mut sorts: Vec<(usize, bool)> = Vec::new();
    for _ in 0..random.random_range(0..3) {
        let column = random.random_range(0..columns);
        if sorts.iter().all(|(own, _)| *own != column) {
            sorts.push((column, random.random_bool(0.5)));
        }
    }
    let zones = [
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Asia__Kolkata,
    ];
    Question {
        rows: condition(random, 2, &|random| {
            let field = field(random);
            let kind = match field.column {
                column if column == COLUMNS.len() => 1,
                4 if field.unit.is_some() => 3,
                column => column,
            };
            rule(random, About::Field(field), kind)
        }),
        dimensions,
        metrics,
        groups,
        calculation,
        sorts,
        limit: *[3, 500].choose(random).expect("limits"),
        zone: *zones.choose(random).expect("zones"),
        now: "2024-04-17T15:30:00Z".parse().expect("a moment"),
    }
}

fn condition(random: &mut StdRng, depth: usize, rule: &dyn Fn(&mut StdRng) -> Rule) -> Condition {
    // Half of the conditions are none, so that groups are left to compare.
    let count = if random.random_bool(0.5) {
        0
    } else {
        random.random_range(1..4)
    };
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(if depth > 0 && random.random_bool(0.3) {
            condition(random, depth - 1, rule)
        } else {
            Condition::Rule(rule(random))
        });
    }
    // A group that holds only empty groups is no condition either.
    items.retain(
        |item| !matches!(item, Condition::All(own) | Condition::Any(own) if own.is_empty()),
    );
    if random.random_bool(0.5) {
        Condition::All(items)
    } else {
        Condition::Any(items)
    }
}

/// A rule that fits a kind of column.
fn rule(random: &mut StdRng, about: About, kind: usize) -> Rule {
    let anywhere = ["IS_NULL", "NOT_NULL", "EQUALS", "NOT_EQUALS"];
    let texts = ["INCLUDE", "NOT_INCLUDE", "STARTS_WITH", "ENDS_WITH"];
    let ordered = [
        "LESS_THAN",
        "LESS_THAN_OR_EQUAL",
        "GREATER_THAN",
        "GREATER_THAN_OR_EQUAL",
        "IN_BETWEEN",
        "NOT_IN_BETWEEN",
    ];
    let relative = [
        "IN_THE_PAST",
        "NOT_IN_THE_PAST",
        "IN_THE_NEXT",
        "IN_THE_CURRENT",
        "NOT_IN_THE_CURRENT",
    ];
    let mut operators: Vec<&'static str> = anywhere.to_vec();
    match kind {
        0 => operators.extend(texts),
        1 => operators.extend(ordered),
        2 => {}
        _ => operators.extend(ordered.into_iter().chain(relative)),
    }
    let operator = *operators.choose(random).expect("operators");
    let count = match operator {
        "IS_NULL" | "NOT_NULL" | "IN_THE_CURRENT" | "NOT_IN_THE_CURRENT" => 0,
        "IN_BETWEEN" | "NOT_IN_BETWEEN" => 2,
        "EQUALS" | "NOT_EQUALS" | "INCLUDE" | "NOT_INCLUDE" | "STARTS_WITH" | "ENDS_WITH" => {
            random.random_range(0..4)
        }
        _ => 1,
    };
    let counted = operator.contains("IN_THE");
    let mut values = Vec::new();
    while values.len() < count {
        if counted {
            values.push(Cell::Number(f64::from(random.random_range(1..6))));
            continue;
        }
        let value = cell(random, kind);
        if value != Cell::Null {
            values.push(value);
        }
    }
    let units = [
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::Year,
    ];
    Rule {
        about,
        operator,
        values,
        unit: *units.choose(random).expect("units"),
        completed: random.random_bool(0.5),
        fold: kind == 0 && random.random_bool(0.3),
        include_null: random.random_bool(0.2),
    }
}

fn field_id(field: Field) -> String {
    let table = TABLES[field.table];
    let column = COLUMNS.get(field.column).unwrap_or(&"id");
    match field.unit {
        Some(unit) => format!("{table}_{column}_{}", unit.name()),
        None => format!("{table}_{column}"),
    }
}

fn metric_id((table, metric): (usize, Metric)) -> String {
    let name = Metric::ALL
        .iter()
        .find(|(own, _)| *own == metric)
        .expect("a name")
        .1;
    format!("{}_{name}", TABLES[table])
}

fn as_json(question: &Question) -> Value {
    let dimensions: Vec<String> = question
        .dimensions
        .iter()
        .map(|own| field_id(*own))
        .collect();
    let metrics: Vec<String> = question.metrics.iter().map(|own| metric_id(*own)).collect();
    let calculations: Vec<Value> = question
        .calculation
        .iter()
        .map(|n| {
            let (table, id) = (TABLES[question.metrics[*n].0], &metrics[*n]);
            let name = id.strip_prefix(table).and_then(|id| id.strip_prefix('_')).expect("a name");
            json!({"name": "calc", "displayName": "calc", "sql": format!("${{{table}.{name}}} * 2 + 1")})
        })
        .collect();
    let mut columns: Vec<&str> = dimensions
        .iter()
        .chain(&metrics)
        .map(String::as_str)
        .collect();
    if !calculations.is_empty() {
        columns.push("calc");
    }
    let sorts: Vec<Value> = question
        .sorts
        .iter()
        .map(|(n, descending)| json!({"fieldId": columns[*n], "descending": descending}))
        .collect();
    json!({
        "exploreName": "orders",
        "dimensions": dimensions,
        "metrics": metrics,
        "tableCalculations": calculations,
        "filters": {
            "dimensions": group_json(&question.rows, &metrics),
            "metrics": group_json(&question.groups, &metrics),
        },
        "sorts": sorts,
        "limit": question.limit,
        "timezone": question.zone.name(),
    })
}

fn group_json(condition: &Condition, metrics: &[String]) -> Value {
    let nodes = |items: &[Condition]| -> Vec<Value> {
        items
            .iter()
            .map(|item| match item {
                Condition::Rule(rule) => json!({"rule": rule_json(rule, metrics)}),
                group => json!({"group": group_json(group, metrics)}),
            })
            .collect()
    };
    match condition {
        Condition::All(items) => json!({"and": nodes(items)}),
        Condition::Any(items) => json!({"or": nodes(items)}),
        Condition::Rule(_) => panic!("a rule is no group"),
    }
}

fn rule_json(rule: &Rule, metrics: &[String]) -> Value {
    let field = match rule.about {
        About::Field(field) => field_id(field),
        About::Metric(n) => metrics[n].clone(),
    };
    json!({
        "fieldId": field,
        "operator": rule.operator,
        "values": rule.values.iter().map(cell_json).collect::<Vec<_>>(),
        "settings": {
            "unitOfTime": format!("{}s", rule.unit.name()),
            "completed": rule.completed,
            "caseSensitive": !rule.fold,
            "includeNull": rule.include_null,
        },
    })
}
