//! The layers hold: imports go down only, diesel stays in its files, files stay readable.
//!
//! Plain text search over the source, so that the rules need no tool. What they are and why:
//! `docs/ARCHITECTURE.md`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Layers from the lowest up. A file may import modules of its own layer's row and below.
const LAYERS: [&[&str]; 8] = [
    &["kernel"],
    &["semantic"],
    &["config"],
    &["db"],
    &["authz", "services"],
    &["gql", "jobs"],
    &["domains"],
    &["graph"],
];

struct Source {
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut found = Vec::new();
    collect(root, root, &mut found);
    assert!(found.len() > 50, "the source is somewhere else");
    found
}

fn collect(root: &Path, directory: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path: PathBuf = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            found.push(Source { path, text });
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// Top-level modules named by `crate::…`, also inside braces.
fn imports(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut modules = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => modules.push(std::mem::take(&mut name)),
                    _ if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            modules.push(name);
        } else {
            modules.push(rest.to_owned());
        }
    }
    modules
        .iter()
        .map(|module| {
            module
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn imports_go_down_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        let own = source.path.split('/').next().unwrap_or_default().to_owned();
        let Some(own_layer) = layer(&own) else {
            continue;
        };
        for module in imports(&source.text) {
            if layer(&module).is_some_and(|other| other > own_layer)
                || (module == "http" || module == "app")
            {
                wrong.push(format!("src/{} imports crate::{module}", source.path));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports that go up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn diesel_stays_in_rows_policies_lists_and_stores() {
    let mut wrong = Vec::new();
    for source in sources() {
        let file = source.path.rsplit('/').next().unwrap_or_default();
        let folder = source.path.split('/').next().unwrap_or_default();
        if folder != "domains" && folder != "graph" && folder != "http" {
            continue;
        }
        let inside = source.path.contains("/store/");
        if inside || ["store.rs", "policy.rs", "row.rs", "list.rs"].contains(&file) {
            continue;
        }
        for word in ["diesel::", "diesel_async::", "db::schema", "schema::"] {
            let used = source
                .text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .any(|line| line.contains(word));
            if used {
                wrong.push(format!("src/{} uses {word}", source.path));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "diesel outside its files:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn stores_ask_for_a_proof() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| {
        source.path.starts_with("domains/")
            && (source.path.ends_with("/store.rs") || source.path.contains("/store/"))
    }) {
        for (at, _) in source.text.match_indices("\npub") {
            let rest = &source.text[at + 1..];
            let Some((head, body)) = rest
                .split_once('{')
                .filter(|(head, _)| head.contains("fn "))
            else {
                continue;
            };
            if head.lines().count() > 20 || !head.contains("Conn") {
                continue;
            }
            // A proviso is a proof only of a statement that asks its condition.
            let body = body.split("\n}").next().unwrap_or(body);
            let forgotten = head.contains("Proviso<") && !body.contains(".condition()");
            // The last two are enums of grants, for what can be on several kinds of things.
            let proven = [
                "Grant<",
                "Proviso<",
                "Visible<",
                "System",
                "Viewer",
                "ScopeGrant",
                "OwnerGrant",
            ]
            .iter()
            .any(|proof| head.contains(proof));
            if !proven || forgotten {
                let name = head
                    .split("fn ")
                    .nth(1)
                    .and_then(|rest| rest.split(['(', '<']).next());
                wrong.push(format!("src/{}: {}", source.path, name.unwrap_or("?")));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "store functions without Grant, Proviso, Visible or System:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn files_stay_readable() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.path != "db/schema.rs" && source.text.lines().count() > 600)
        .map(|source| format!("src/{}: {} lines", source.path, source.text.lines().count()))
        .collect();
    assert!(
        long.is_empty(),
        "files over 600 lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn every_module_says_why_it_exists() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| format!("src/{}", source.path))
        .collect();
    assert!(
        silent.is_empty(),
        "modules without `//!`:\n{}",
        silent.join("\n")
    );
}

#[test]
fn nothing_is_left_for_later() {
    let mut marks = Vec::new();
    for source in sources() {
        for (n, line) in source.text.lines().enumerate() {
            if ["TODO", "FIXME", "todo!(", "unimplemented!("]
                .iter()
                .any(|mark| line.contains(mark))
            {
                marks.push(format!("src/{}:{}", source.path, n + 1));
            }
        }
    }
    assert!(
        marks.is_empty(),
        "marks of unfinished work:\n{}",
        marks.join("\n")
    );
}
