//! Values made to break out: every operator with thousands of them gives the rows that the value means, or
//! says that the value does not fit. The warehouse stays as it was.

use super::{case::File, warehouse::Warehouse};
use chartroom::semantic::{
    compile,
    dialect::Postgres,
    error::Code,
    manifest::Json,
    model::Explore,
    query::{FilterOperator as Op, MetricQuery},
    request::{Limits, Request, UserFacts},
    sql::Statement,
    underlying,
    underlying::Cell,
};
use chrono_tz::Tz;
use indexmap::IndexMap;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use std::collections::HashSet;

const VALUES: usize = 5_000;

const ATTACKS: [&str; 44] = [
    "'",
    "''",
    "\\'",
    "\\",
    "\\\\'",
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE items; --",
    "'); DELETE FROM items; --",
    "\" OR \"\"=\"",
    "1; SELECT pg_sleep(10)",
    "1 OR 1=1",
    "1)--",
    "/*",
    "*/",
    "--",
    "$$",
    "$1",
    "$2",
    ":p1",
    "@p1",
    "?",
    "{p1:String}",
    "%",
    "_",
    "%%",
    "\\%",
    "!%",
    "!",
    "!!",
    "${TABLE}",
    "${lightdash.user.email}",
    "${ld.parameters.x}",
    "${lightdash.attributes.region}",
    "NULL",
    "\u{0}",
    "\u{2019} OR 1=1",
    "ʼ",
    "\u{202e}",
    "NaN",
    "1e309",
    "0x1F",
    "2024-01-01'; --",
    "E'\\x27'",
];

/// Values: attacks, pieces of them put together, and noise.
fn values(random: &mut StdRng) -> Vec<Value> {
    let mut values: Vec<Value> = ATTACKS.iter().map(|text| json!(text)).collect();
    values.extend([
        json!(null),
        json!(true),
        json!([]),
        json!(["a", "b"]),
        json!({"a": 1}),
        json!(1),
        json!(-2.5),
        json!("3"),
        json!("2024-03-05"),
        json!("2024-03-05T10:00:00Z"),
        json!(1e300),
        json!(u64::MAX),
        json!("x".repeat(20_000)),
        json!(""),
        json!(" "),
    ]);
    while values.len() < VALUES {
        let mut text = String::new();
        for _ in 0..random.random_range(1..5) {
            match random.random_range(0..4) {
                0 => text.push(char::from(random.random_range(32_u8..127))),
                1 => text.push(random.random_range('\u{80}'..'\u{3000}')),
                _ => text.push_str(ATTACKS.choose(random).expect("attacks")),
            }
        }
        values.push(match random.random_range(0..8) {
            0 => json!(random.random_range(-20..20)),
            1 => json!(format!("2024-03-{:02}", random.random_range(0..40))),
            _ => json!(text),
        });
    }
    values
}

/// Rows: some hold the attacks themselves.
fn file() -> File {
    let texts = ATTACKS
        .iter()
        .filter(|text| !text.contains('\0'))
        .enumerate();
    let mut rows: Vec<Value> = texts
        .map(|(n, text)| {
            let day = format!("2024-03-{:02}", n % 28 + 1);
            json!([
                n + 1,
                text,
                n % 7,
                n % 2 == 0,
                day,
                format!("{day}T10:00:00Z")
            ])
        })
        .collect();
    rows.push(json!([1_000, null, null, null, null, null]));
    let columns = "{\"id\": {\"type\": \"integer\"}, \"t\": {\"type\": \"text\"}, \
        \"n\": {\"type\": \"integer\"}, \"b\": {\"type\": \"boolean\"}, \"d\": {\"type\": \"date\"}, \
        \"at\": {\"type\": \"timestamptz\"}}";
    let text = format!(
        "{{\"models\": {{\"items\": {{\"columns\": {columns}}}}}, \"rows\": {{\"items\": {}}}, \"cases\": []}}",
        Value::Array(rows)
    );
    let json: Json = serde_json::from_str(&text).expect("JSON");
    json.read().expect("a file")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_breaks_out() {
    let values = values(&mut StdRng::seed_from_u64(7));
    let file = file();
    let warehouse = Warehouse::create().await;
    warehouse.load(&file.models, &file.rows).await;
    let before = checksum(&warehouse).await;
    let explore = file.explores(&warehouse.schema).remove(0);
    let rows = &file.rows["items"];
    let (mut ran, mut refused, mut checked) = (0_usize, 0_usize, 0_usize);
    for operator in Op::ALL {
        let mut texts: HashSet<String> = HashSet::new();
        for (n, value) in values.iter().enumerate() {
            let field = match operator {
                Op::StartsWith | Op::EndsWith | Op::Include | Op::NotInclude => "t",
                Op::IsNull | Op::NotNull | Op::Equals | Op::NotEquals => {
                    ["t", "t", "n", "d", "at", "b"][n % 6]
                }
                _ => ["n", "d", "at"][n % 3],
            };
            let statement = match ask(&explore, operator, field, value) {
                Ok(statement) => statement,
                Err(codes) => {
                    refused += 1;
                    let known = [
                        Code::BadValue,
                        Code::MissingAttribute,
                        Code::BadReference,
                        Code::BadOperator,
                    ];
                    assert!(
                        codes.iter().all(|code| known.contains(code)),
                        "{operator:?} {field} {value}: {codes:?}"
                    );
                    continue;
                }
            };
            ran += 1;
            if field == "t" && *value != json!("") {
                texts.insert(statement.sql.clone());
            }
            let found = warehouse.run(&statement).await;
            let found = found.unwrap_or_else(|why| panic!("{operator:?} {value}: {why}"));
            let id = |row: &Vec<super::warehouse::Cell>| -> i64 {
                row[0]
                    .1
                    .as_deref()
                    .expect("an id")
                    .parse()
                    .expect("a number")
            };
            let ids: Vec<i64> = found.iter().map(id).collect();
            if let Some(wanted) = wanted(rows, operator, field, value) {
                checked += 1;
                assert_eq!(ids, wanted, "{operator:?} {field} {value}");
            }
        }
        // Whatever the value, the text of the statement is the same.
        assert!(texts.len() <= 1, "{operator:?}: {texts:?}");
    }
    assert_eq!(checksum(&warehouse).await, before);
    warehouse.drop().await;
    println!("{ran} statements ran, {checked} compared, {refused} values were refused");
    assert!(checked > 20_000, "{checked} compared");
    assert_eq!(ran + refused, VALUES * Op::ALL.len());
}

/// A query for the ids of the items.
fn plain(limit: i64) -> MetricQuery {
    let query = json!({"exploreName": "items", "dimensions": ["items_id"], "sorts": [{"fieldId": "items_id"}], "limit": limit});
    serde_json::from_value(query).expect("a query")
}

fn request<'a>(
    explore: &'a Explore,
    query: &'a MetricQuery,
    user: &'a UserFacts,
    parameters: &'a IndexMap<String, Value>,
) -> Request<'a> {
    Request {
        explore,
        query,
        user,
        parameters,
        now: "2024-03-15T10:30:00Z".parse().expect("a moment"),
        timezone: Tz::UTC,
        date_zoom: None,
        dialect: &Postgres,
        limits: Limits::default(),
    }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_breaks_out_of_a_formula() {
    let values = values(&mut StdRng::seed_from_u64(8));
    let file = file();
    let warehouse = Warehouse::create().await;
    warehouse.load(&file.models, &file.rows).await;
    let before = checksum(&warehouse).await;
    let explore = file.explores(&warehouse.schema).remove(0);
    let (user, parameters) = (UserFacts::default(), IndexMap::new());
    let mut texts: HashSet<String> = HashSet::new();
    let (mut compared, mut refused, mut read) = (0_usize, 0_usize, 0_usize);
    for value in &values {
        let text = as_text(value);
        let mut query = plain(1);
        let calculation = |formula: String| {
            let own = json!({"name": "f", "displayName": "F", "formula": formula});
            vec![serde_json::from_value(own).expect("a calculation")]
        };
        let quoted = text.replace('"', "\"\"");
        query.table_calculations = calculation(format!("=LEFT(\"{quoted}\", 10000) & items_id"));
        match compile(request(&explore, &query, &user, &parameters)) {
            Ok(compiled) => {
                texts.insert(compiled.statement.sql.clone());
                let rows = warehouse.run(&compiled.statement).await.expect("rows");
                assert_eq!(rows[0][1].1.as_deref(), Some(format!("{text}1").as_str()));
                compared += 1;
            }
            Err(why) => {
                assert!(
                    text.contains('\0') || text.chars().count() > 9_000,
                    "{text:?}: {why}"
                );
                refused += 1;
            }
        }
        // As a formula it means something or is refused.
        query.table_calculations = calculation(text);
        if let Ok(compiled) = compile(request(&explore, &query, &user, &parameters)) {
            let rows = warehouse.run(&compiled.statement).await;
            assert!(rows.is_ok(), "{rows:?}");
            read += 1;
        }
    }
    assert_eq!(texts.len(), 1);
    assert_eq!(checksum(&warehouse).await, before);
    warehouse.drop().await;
    println!("{compared} texts compared, {refused} refused, {read} were formulas themselves");
    assert_eq!(compared + refused, VALUES);
    assert!(compared > 4_000, "{compared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_row_breaks_out() {
    let values = values(&mut StdRng::seed_from_u64(9));
    let file = file();
    let warehouse = Warehouse::create().await;
    warehouse.load(&file.models, &file.rows).await;
    let before = checksum(&warehouse).await;
    let explore = file.explores(&warehouse.schema).remove(0);
    let (user, parameters) = (UserFacts::default(), IndexMap::new());
    let mut texts: HashSet<String> = HashSet::new();
    let (mut compared, mut refused) = (0_usize, 0_usize);
    for (n, value) in values.iter().enumerate() {
        let field = ["t", "t", "n", "d", "at", "b"][n % 6];
        let mut query = plain(500);
        query.dimensions = vec![format!("items_{field}")];
        query.sorts = Vec::new();
        let row = IndexMap::from([(format!("items_{field}"), value.clone())]);
        let cell = Cell {
            field_id: &query.dimensions[0],
            row: &row,
            pivot: &IndexMap::new(),
        };
        let asked = request(&explore, &query, &user, &parameters);
        let mut behind = match underlying(asked, &cell) {
            Ok(behind) => behind,
            Err(why) => {
                let code = why.issues[0].code;
                assert!(matches!(code, Code::BadValue), "{value}: {why}");
                refused += 1;
                continue;
            }
        };
        behind.dimensions = vec!["items_id".to_owned()];
        let compiled = compile(request(&explore, &behind, &user, &parameters));
        let statement = compiled.expect("a query that compiles").statement;
        if field == "t" && !value.is_null() {
            texts.insert(statement.sql.clone());
        }
        let found = warehouse.run(&statement).await;
        let found = found.unwrap_or_else(|why| panic!("{value}: {why}"));
        let ids: Vec<i64> = found
            .iter()
            .map(|row| row[0].1.as_deref().expect("an id").parse().expect("an id"))
            .collect();
        // What looks like a reference is a text here.
        let wanted = if value.is_null() {
            wanted(&file.rows["items"], Op::IsNull, field, value)
        } else if field == "t" {
            let rows = file.rows["items"].iter();
            let rows = rows.filter(|row| row[1].as_str() == Some(&as_text(value)));
            rows.map(|row| row[0].as_i64()).collect()
        } else {
            wanted(&file.rows["items"], Op::Equals, field, value)
        };
        if let Some(wanted) = wanted {
            assert_eq!(ids, wanted, "{field} {value}");
            compared += 1;
        }
    }
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(checksum(&warehouse).await, before);
    warehouse.drop().await;
    println!("{compared} values compared, {refused} refused");
    assert!(compared > 1_500, "{compared}");
}

fn ask(
    explore: &Explore,
    operator: Op,
    field: &str,
    value: &Value,
) -> Result<Statement, Vec<Code>> {
    let rule = json!({
        "fieldId": format!("items_{field}"), "operator": operator, "values": [value, value],
    });
    let query: MetricQuery = serde_json::from_value(json!({
        "exploreName": "items",
        "dimensions": ["items_id"],
        "filters": {"dimensions": {"and": [{"rule": rule}]}},
    }))
    .expect("a query");
    let compiled = compile(Request {
        explore,
        query: &query,
        user: &UserFacts::default(),
        parameters: &IndexMap::new(),
        now: "2024-03-15T10:30:00Z".parse().expect("a moment"),
        timezone: Tz::UTC,
        date_zoom: None,
        dialect: &Postgres,
        limits: Limits::default(),
    });
    match compiled {
        Ok(compiled) => Ok(compiled.statement),
        Err(refused) => Err(refused.issues.iter().map(|issue| issue.code).collect()),
    }
}

/// Ids of the rows that a value means; none where the reference does not know.
fn wanted(rows: &[Vec<Value>], operator: Op, field: &str, value: &Value) -> Option<Vec<i64>> {
    let column = ["id", "t", "n", "b", "d", "at"]
        .iter()
        .position(|own| *own == field)?;
    let mut ids = Vec::new();
    for row in rows {
        let cell = &row[column];
        let holds = match (operator, field) {
            (Op::IsNull, _) => cell.is_null(),
            (Op::NotNull, _) => !cell.is_null(),
            (_, "t") => text_holds(operator, cell, value)?,
            (_, "n") => number_holds(operator, cell, value)?,
            _ => return None,
        };
        if holds {
            ids.push(row[0].as_i64()?);
        }
    }
    Some(ids)
}

fn text_holds(operator: Op, cell: &Value, value: &Value) -> Option<bool> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.is_empty() && !matches!(operator, Op::Equals | Op::NotEquals) {
        return Some(true);
    }
    let Value::String(cell) = cell else {
        return Some(matches!(operator, Op::NotEquals | Op::NotInclude));
    };
    Some(match operator {
        Op::Equals => *cell == text,
        Op::NotEquals => *cell != text,
        Op::Include => cell.contains(&text),
        Op::NotInclude => !cell.contains(&text),
        Op::StartsWith => cell.starts_with(&text),
        Op::EndsWith => cell.ends_with(&text),
        _ => return None,
    })
}

fn number_holds(operator: Op, cell: &Value, value: &Value) -> Option<bool> {
    let number: f64 = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let Some(cell) = cell.as_f64() else {
        return Some(operator == Op::NotEquals);
    };
    let order = cell.partial_cmp(&number)?;
    Some(match operator {
        Op::Equals | Op::InBetween => order.is_eq(),
        Op::NotEquals | Op::NotInBetween => order.is_ne(),
        Op::LessThan => order.is_lt(),
        Op::LessThanOrEqual => order.is_le(),
        Op::GreaterThan => order.is_gt(),
        Op::GreaterThanOrEqual => order.is_ge(),
        _ => return None,
    })
}

/// Everything that the schema holds.
async fn checksum(warehouse: &Warehouse) -> String {
    let statement = Statement {
        sql: format!(
            "SELECT (SELECT md5(string_agg(items::text, ',' ORDER BY id)) FROM items) || \
             (SELECT count(*) FROM pg_class WHERE relnamespace = '{}'::regnamespace)",
            warehouse.schema
        ),
        values: Vec::new(),
    };
    let rows = warehouse.run(&statement).await.expect("a checksum");
    rows[0][0].1.clone().expect("a checksum")
}
