//! The table of `docs/permissions.md`, read as a reader would: no code of the server decides here.

use std::collections::{BTreeMap, BTreeSet};

/// Permissions by name.
pub(super) type Set = BTreeSet<&'static str>;

const TEXT: &str = include_str!("../../../docs/permissions.md");
/// The columns of the table of built-in roles.
const LADDER: [&str; 6] = [
    "member",
    "viewer",
    "interactive_viewer",
    "editor",
    "developer",
    "admin",
];

/// Where a role can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Tenant,
    Organization,
    Project,
    Space,
}

impl Scope {
    /// As in the database.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Tenant => "TENANT",
            Self::Organization => "ORGANIZATION",
            Self::Project => "PROJECT",
            Self::Space => "SPACE",
        }
    }
}

/// The tables.
pub(super) struct Rules {
    /// What a role of a scope can carry.
    pub(super) fitting: BTreeMap<Scope, Set>,
    /// What the built-in roles give.
    pub(super) roles: BTreeMap<(Scope, &'static str), Set>,
}

/// Reads the tables.
pub(super) fn read() -> Rules {
    let mut fitting: BTreeMap<Scope, Set> = BTreeMap::new();
    let mut roles: BTreeMap<(Scope, &'static str), Set> = BTreeMap::new();
    let built_in = TEXT.split("## Built-in roles").nth(1).expect("the section");
    for line in built_in.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells.as_slice() {
            [names, columns @ .., place] if columns.len() == LADDER.len() => {
                if *names != "Permission" {
                    ladder_row(&mut fitting, &mut roles, (names, columns, place));
                }
            }
            ["Space role", _] => {}
            [role, permissions] => space_row(&mut roles, role, permissions),
            other => panic!("a row that is not understood: {other:?}"),
        }
    }
    let everything = fitting[&Scope::Tenant].clone();
    roles.insert((Scope::Tenant, "system_admin"), everything);
    let hub = [
        "PUBLISHED_REPORT_PREVIEW",
        "PUBLISHED_REPORT_DOWNLOAD",
        "PUBLISHED_REPORT_SUBSCRIBE",
    ];
    roles.insert((Scope::Tenant, "hub_user"), hub.into());
    let sentence = built_in
        .split("A custom space role may also carry")
        .nth(1)
        .and_then(|rest| rest.split('.').next())
        .expect("the sentence on custom space roles");
    let mut space = roles[&(Scope::Space, "admin")].clone();
    space.extend(names_in(sentence));
    fitting.insert(Scope::Space, space);
    Rules { fitting, roles }
}

fn names_in(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split([',', ' ', '\n'])
        .map(str::trim)
        .filter(|word| word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn ladder_row(
    fitting: &mut BTreeMap<Scope, Set>,
    roles: &mut BTreeMap<(Scope, &'static str), Set>,
    (names, columns, place): (&'static str, &[&str], &str),
) {
    for name in names_in(names) {
        let tenant_only = place.starts_with("TENANT");
        let in_project = place.starts_with("O P");
        assert!(tenant_only || place.starts_with('O'), "{names}: {place}");
        fitting.entry(Scope::Tenant).or_default().insert(name);
        if !tenant_only {
            fitting.entry(Scope::Organization).or_default().insert(name);
        }
        if in_project {
            fitting.entry(Scope::Project).or_default().insert(name);
        }
        for (role, cell) in LADDER.iter().copied().zip(columns) {
            // "own" is about deliveries that one made oneself, not about everybody's.
            if *cell != "+" {
                continue;
            }
            roles
                .entry((Scope::Organization, role))
                .or_default()
                .insert(name);
            if in_project && role != "member" {
                roles
                    .entry((Scope::Project, role))
                    .or_default()
                    .insert(name);
            }
        }
    }
}

fn space_row(
    roles: &mut BTreeMap<(Scope, &'static str), Set>,
    role: &'static str,
    permissions: &'static str,
) {
    let key = role.split(' ').next().expect("a key");
    let mut set: Set = names_in(permissions).collect();
    if permissions.starts_with("those") {
        let before = if key == "admin" { "editor" } else { "viewer" };
        set.extend(&roles[&(Scope::Space, before)]);
    }
    roles.insert((Scope::Space, key), set);
}

#[test]
fn the_tables_are_understood() {
    let rules = read();
    assert_eq!(rules.roles.len(), 6 + 5 + 3 + 2);
    assert_eq!(rules.roles[&(Scope::Organization, "member")].len(), 3);
    assert!(rules.roles[&(Scope::Project, "admin")].contains("SPACE_VIEW_ALL"));
    assert!(!rules.roles[&(Scope::Project, "admin")].contains("MEMBER_MANAGE"));
    assert!(rules.fitting[&Scope::Tenant].len() > 70);
}
