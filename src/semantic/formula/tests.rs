//! What can be written, what cannot, and where it is told.

use super::parse;

/// The formula with all its parentheses.
fn shown(formula: &str) -> String {
    use super::Ast;
    fn show(ast: &Ast) -> String {
        match ast {
            Ast::Number(digits) => digits.clone(),
            Ast::Text(text) => format!("{text:?}"),
            Ast::Bool(value) => value.to_string(),
            Ast::Column(None, name) => name.clone(),
            Ast::Column(Some(table), name) => format!("{table}.{name}"),
            Ast::Negative(of) => format!("(-{})", show(of)),
            Ast::Not(of) => format!("(NOT {})", show(of)),
            Ast::Binary(sign, a, b) => format!("({} {} {})", show(a), sign.text(), show(b)),
            Ast::Call(name, arguments) => {
                let each: Vec<String> = arguments.iter().map(show).collect();
                format!("{name}({})", each.join(", "))
            }
        }
    }
    match parse(formula) {
        Ok(ast) => show(&ast),
        Err(issue) => format!("! {}", issue.message),
    }
}

#[test]
fn signs_bind_as_in_spreadsheets() {
    for (formula, meaning) in [
        ("=1+2*3", "(1 + (2 * 3))"),
        ("1-2-3", "((1 - 2) - 3)"),
        ("-2^2", "((-2) ^ 2)"),
        ("2^-1", "(2 ^ (-1))"),
        ("2^3^2", "((2 ^ 3) ^ 2)"),
        ("--a", "a"),
        ("a & b = c", "((a & b) = c)"),
        ("a + 1 & b", "((a + 1) & b)"),
        ("NOT a = 1 AND b OR c", "(((NOT (a = 1)) AND b) OR c)"),
        ("not(a) and true", "((NOT a) AND true)"),
        (
            "if(a<>1, \"x\"\"y\", 'it''s')",
            "IF((a <> 1), \"x\\\"y\", \"it's\")",
        ),
        ("AND(a, OR(b; c))", "AND(a, OR(b, c))"),
        ("${orders.revenue} % ${ twice }", "(orders.revenue % twice)"),
        ("orders.revenue / 2", "(orders.revenue / 2)"),
        ("1.5e3 + .5", "(1.5e3 + 0.5)"),
        ("NOW()", "NOW()"),
        ("= \n\ta", "a"),
    ] {
        assert_eq!(shown(formula), meaning, "{formula}");
    }
}

#[test]
fn mistakes_name_their_place() {
    for (formula, message) in [
        ("", "the formula is empty"),
        ("=", "the formula is empty"),
        ("1 +", "the formula ends where a value is expected"),
        (
            "a b",
            "`b` at character 3 comes after the end of the formula",
        ),
        ("(a", "the parenthesis at character 1 is not closed"),
        ("IF(a", "the parenthesis at character 3 is not closed"),
        (
            "f(a b)",
            "`b` at character 5 stands where `)` or `,` is expected",
        ),
        (", a", "`,` at character 1 stands where a value is expected"),
        ("\"a", "the text that begins at character 1 has no end"),
        ("a # b", "`#` at character 3 means nothing"),
        ("a ! b", "`!` at character 3 means nothing"),
        ("1a", "`1a` at character 1 is no number"),
        ("1.2.3", "`1.2.3` at character 1 is no number"),
        ("${a", "the reference that begins at character 1 has no end"),
        ("${a.b.c}", "`a.b.c` is not a column: write `table.field`"),
        (
            "a; DROP TABLE x",
            "`,` at character 2 comes after the end of the formula",
        ),
    ] {
        assert_eq!(shown(formula), format!("! {message}"), "{formula}");
    }
    let deep = format!("{}1{}", "(".repeat(50), ")".repeat(50));
    assert!(shown(&deep).contains("40 deep"));
    assert!(shown(&"-".repeat(20_000)).contains("longer"));
    assert!(shown(&"1+".repeat(2_000)).contains("more than 400"));
}
