//! SQL of models: references, and expressions that may be used.

use super::{Part, Snippet, SqlFamily, checked_expression};
use crate::semantic::error::Code;

fn parse(sql: &str) -> Result<Snippet, Code> {
    Snippet::parse(sql, false).map_err(|issue| issue.code)
}

#[test]
fn references_are_found_where_code_stands() {
    let snippet =
        parse("${TABLE}.a + ${b} - ${c.d} -- ${gone}\n * 2 /* ${gone /* too */ */").unwrap();
    assert_eq!(snippet.source(), "${TABLE}.a + ${b} - ${c.d}  \n * 2");
    assert_eq!(
        parse("${ld.parameters.a} || ${lightdash.attr.b} || ${lightdash.user.email}")
            .unwrap()
            .parts
            .len(),
        5
    );
    assert_eq!(
        parse("${ld.parameters.orders.a}").unwrap().parts,
        [Part::Parameter("orders.a".to_owned())]
    );
    assert!(parse("'it''s -- not /* a comment' || E'a\\'b' || \"a;b\" || $x$ ; ' $x$").is_ok());
}

#[test]
fn what_could_break_out_is_refused() {
    for sql in [
        "'${a}'", "\"${a}\"", "$$${a}$$", "a; b", "a) OR (b", "(a", "'a", "/* a", "${a", "$x$ a",
        "a\0b",
    ] {
        assert_eq!(parse(sql).unwrap_err(), Code::BadSql, "{sql}");
    }
    for sql in ["${}", "${a.}", "${a.b.c}", "${ld.x}", "", "  -- nothing"] {
        assert_eq!(parse(sql).unwrap_err(), Code::BadReference, "{sql}");
    }
}

#[test]
fn sql_of_a_query_is_one_harmless_expression() {
    let check = |sql: &str| checked_expression(sql, SqlFamily::Postgres, false);
    for (sql, printed) in [
        ("${a}+1", "${a} + 1"),
        (
            "sum(${t.a}) over (order by ${b})",
            "sum(${t.a}) OVER (ORDER BY ${b})",
        ),
        (
            "case when ${a}='it''s' then 1 end",
            "CASE WHEN ${a} = 'it''s' THEN 1 END",
        ),
        ("${TABLE}.\"a b\"", "${TABLE}.\"a b\""),
        (
            "${a}::numeric / nullif(${b}, 0)",
            "${a}::NUMERIC / nullif(${b}, 0)",
        ),
    ] {
        assert_eq!(check(sql).unwrap().source(), printed);
    }
    for sql in [
        "(select 1)",
        "exists (select 1 from users)",
        "${a} in (select id from users)",
        "pg_sleep(10)",
        "query_to_xml('select 1', true, true, '')",
        "pg_read_file('/etc/passwd')",
        "dblink('x', 'y')",
        "lo_export(1, '/tmp/x')",
        "1, 2",
        "1 from users",
        "${a} union select 1",
        "$1",
        "array(select 1)",
        "count(*) filter (where exists (select 1))",
        "set_config('role', 'x', false)",
        "pg_catalog.pg_sleep(1)",
        "E'\\x'",
    ] {
        assert_eq!(check(sql).unwrap_err().code, Code::BadSql, "{sql}");
    }
    let deep = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(check(&deep).unwrap_err().code, Code::BadSql);
}

#[test]
fn chains_of_signs_end_before_the_stack_does() {
    let check = |sql: &str| checked_expression(sql, SqlFamily::Postgres, false);
    for sign in ["+", " AND ", " OR ", "||", "::int::", " IS NULL IS "] {
        let long = format!("a{}", format!("{sign}a").repeat(5_000));
        let issue = check(&long).unwrap_err();
        assert_eq!(issue.code, Code::BadSql, "{sign}");
    }
    let most = format!("1{}", "+1".repeat(500));
    assert!(check(&most).is_ok());
    assert!(check(&format!("{most}+1")).is_err());
    // What does not nest may be long.
    let list = format!("a IN (1{})", ",1".repeat(5_000));
    assert!(check(&list).is_ok());
}
