//! Every id that an argument or an input takes, fed with what the caller may not know.
//!
//! The places are found in the schema, so that a new one is probed or fails the test. Per place: an
//! id of the other tenant and one that was never given out must get the same answer, byte for byte
//! but for the id itself; nothing of the other tenant shows; nothing at all changes; and an id of
//! another kind is named as such.

use super::{
    operations::{Operation, document, fill, operations},
    personas::{CANARY, never_issued},
    schema::{arguments, input, schema},
    stage::Stage,
};
use apollo_compiler::schema::{ExtendedType, InputObjectType, Type};
use serde_json::{Map, Value, json};

/// Kinds of ids, the more particular names first.
const KINDS: [&str; 17] = [
    "validationerror",
    "queryrun",
    "deployment",
    "attribute",
    "tag",
    "job",
    "credentials",
    "apikey",
    "session",
    "chart",
    "dashboard",
    "space",
    "project",
    "group",
    "role",
    "user",
    "organization",
];
/// Places whose name does not tell the kind.
const NAMED: &[(&str, &[&str])] = &[
    ("CreateOrganizationInput.parentId", &["organization"]),
    ("OrganizationFilter.parentId", &["organization"]),
    ("CreateSpaceInput.parentId", &["space"]),
    ("UpdateSpaceInput.parentId", &["space"]),
    ("SpaceFilter.parentId", &["space"]),
    ("versionId", &["chartversion"]),
    ("scopeId", &["organization", "project", "space"]),
    ("DashboardContextInput.tileId", &["tile"]),
    ("catalogItemId", &["table", "dimension", "metric"]),
    ("memberIds", &["user"]),
    ("createdById", &["user"]),
    ("UserRef.id", &["user"]),
    ("GroupRef.id", &["group"]),
    ("RoleRef.id", &["role"]),
];
/// Ids that name parts within the same value, as their author likes; they refer to nothing stored.
const LOCAL: [&str; 7] = [
    "CustomBinDimensionInput.id",
    "CustomSqlDimensionInput.id",
    "DashboardFilterRuleInput.id",
    "DashboardTabInput.id",
    "DashboardTileInput.id",
    "DashboardTileInput.tabId",
    "FilterRuleInput.id",
];
/// Places beside which the rest of the input must be left out.
const ALONE: [&str; 2] = ["RevokeSessionsInput.ids", "DeleteUsersInput.usernames"];

/// What stands for each kind among the slots of a tenant.
const EXAMPLES: &[(&str, &str)] = &[
    ("deployment", "deployment"),
    ("table", "table"),
    ("dimension", "dimension"),
    ("metric", "metric"),
    ("tag", "tag"),
    ("attribute", "attribute"),
    ("apikey", "apikey"),
    ("session", "session"),
    ("credentials", "credentials"),
    ("chart", "chart.open"),
    ("chartversion", "chartversion.open"),
    ("dashboard", "dashboard.open"),
    ("space", "space.open"),
    ("project", "project.main"),
    ("group", "group"),
    ("role", "role.spare"),
    ("user", "user.colleague"),
    ("organization", "organization"),
    ("grant", "grant.on_open"),
    ("membership", "membership"),
    ("audit", "audit"),
    ("job", "job.ended"),
    ("tile", "tile.open"),
    ("queryrun", "queryrun"),
    ("validationerror", "validationerror"),
];
/// Names in texts, by which inputs name things too: place and column of the other tenant's.
const TEXTS: [(&str, &str); 6] = [
    ("DeleteUsersInput.usernames", "user.colleague"),
    ("UserRef.username", "user.colleague"),
    ("UserRef.email", "user.colleague"),
    ("UserRef.externalId", "user.colleague"),
    ("GroupRef.key", "group"),
    ("RoleRef.key", "role.spare"),
];

/// A step from a value to one inside.
#[derive(Debug, Clone)]
struct Step {
    field: String,
    /// The value around holds only one field at a time.
    alone: bool,
    /// The value inside is a list.
    list: bool,
    /// The input type of the value around, if it is one.
    around: Option<String>,
}

#[derive(Debug, Clone)]
struct Place {
    steps: Vec<Step>,
    /// Type and field, such as `CreateSpaceInput.parentId`.
    name: String,
    is_text: bool,
}

impl Place {
    fn path(&self) -> String {
        let fields: Vec<_> = self.steps.iter().map(|step| step.field.as_str()).collect();
        fields.join(".")
    }
}

/// Every place of a root field that takes an id, or the name of something.
fn places(root: &str, field: &str) -> Vec<Place> {
    let mut found = Vec::new();
    for (argument, ty) in arguments(root, field) {
        let step = Step {
            field: argument.clone(),
            alone: false,
            list: ty.is_list(),
            around: None,
        };
        walk(
            &ty,
            vec![step],
            format!("{field}.{argument}"),
            &mut Vec::new(),
            &mut found,
        );
    }
    found
}

fn walk(
    ty: &Type,
    steps: Vec<Step>,
    name: String,
    above: &mut Vec<String>,
    found: &mut Vec<Place>,
) {
    let inner = ty.inner_named_type().as_str();
    let is_text = TEXTS.iter().any(|(place, _)| *place == name);
    if LOCAL.contains(&name.as_str()) {
        return;
    }
    if inner == "ID" || is_text {
        found.push(Place {
            steps,
            name,
            is_text,
        });
        return;
    }
    let Some(input) = input(inner) else { return };
    if above.iter().any(|name| name == inner) {
        return;
    }
    above.push(inner.to_owned());
    for (field, definition) in &input.fields {
        let mut steps = steps.clone();
        steps.push(Step {
            field: field.to_string(),
            alone: is_one_of(input) || ALONE.contains(&format!("{inner}.{field}").as_str()),
            list: definition.ty.is_list(),
            around: Some(inner.to_owned()),
        });
        // Operators on an id are about the field that they are in.
        let name = if inner == "IDFilter" {
            name.clone()
        } else {
            format!("{inner}.{field}")
        };
        walk(&definition.ty, steps, name, above, found);
    }
    above.pop();
}

fn is_one_of(input: &InputObjectType) -> bool {
    input
        .directives
        .iter()
        .any(|directive| directive.name.as_str() == "oneOf")
}

/// Which kinds of ids a place takes.
fn kinds(field: &str, place: &Place) -> Vec<&'static str> {
    if matches!(field, "node" | "nodes") {
        return EXAMPLES.iter().map(|(kind, _)| *kind).collect();
    }
    let last = place.name.rsplit('.').next().expect("a name");
    let named = NAMED
        .iter()
        .find(|(name, _)| *name == place.name || *name == last);
    if let Some((_, kinds)) = named {
        return kinds.to_vec();
    }
    let text = if matches!(last, "id" | "ids") {
        field
    } else {
        last
    };
    let text = text.to_lowercase();
    let kind = KINDS.iter().find(|kind| text.contains(*kind));
    vec![*kind.unwrap_or_else(|| panic!("{field}: which kind of id does {} take?", place.name))]
}

/// The value with `leaf` put at the place; what is needed around is filled in.
fn put(value: &Value, steps: &[Step], leaf: &Value) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return leaf.clone();
    };
    let mut fields = match value {
        Value::Object(fields) if !step.alone => fields.clone(),
        _ if step.alone => Map::new(),
        _ => step.around.as_deref().map(required).unwrap_or_default(),
    };
    let old = fields.get(&step.field).cloned().unwrap_or(Value::Null);
    let old = if step.list {
        old.get(0).cloned().unwrap_or(Value::Null)
    } else {
        old
    };
    let old = match rest.first() {
        Some(next) if old.is_null() && !next.alone => {
            Value::Object(next.around.as_deref().map(required).unwrap_or_default())
        }
        _ => old,
    };
    let new = put(&old, rest, leaf);
    let new = if step.list { json!([new]) } else { new };
    fields.insert(step.field.clone(), new);
    Value::Object(fields)
}

/// The required fields of an input, with something valid in each.
fn required(name: &str) -> Map<String, Value> {
    let input = input(name).expect("an input");
    let needed = input.fields.iter().filter(|(_, field)| field.is_required());
    needed
        .map(|(name, field)| (name.to_string(), example(&field.ty)))
        .collect()
}

fn example(ty: &Type) -> Value {
    let one = match ty.inner_named_type().as_str() {
        "UserRef" => json!({ "id": "$user.colleague" }),
        "GroupRef" => json!({ "id": "$group" }),
        "RoleRef" => json!({ "key": "viewer" }),
        "PrincipalRef" => json!({ "user": { "id": "$user.colleague" } }),
        "String" => json!("text"),
        "Boolean" => json!(false),
        "Int" => json!(1),
        other => match &schema().types[other] {
            ExtendedType::Enum(values) => {
                json!(values.values.keys().next().expect("a value").as_str())
            }
            ExtendedType::InputObject(_) => Value::Object(required(other)),
            _ => json!("text"),
        },
    };
    if ty.is_list() { json!([one]) } else { one }
}

struct Probe<'a> {
    stage: &'a Stage,
    operation: &'a Operation,
    place: &'a Place,
    wrong: Vec<String>,
    sent: usize,
}

impl Probe<'_> {
    /// The answer as text, with the probed id and the request's own taken out.
    async fn send(&mut self, leaf: &str) -> (Value, String) {
        self.sent += 1;
        let document = document(self.operation.root, self.operation.field, 1);
        let variables = put(&self.operation.variables, &self.place.steps, &json!(leaf));
        let variables = fill(&variables, &self.stage.ours);
        let mut answer = self.stage.call("admin", &document, &variables).await;
        for error in answer["errors"].as_array_mut().into_iter().flatten() {
            if let Some(extensions) = error["extensions"].as_object_mut() {
                extensions.remove("requestId");
            }
        }
        let text = answer.to_string().replace(leaf, "<id>");
        (answer, text)
    }

    fn complain(&mut self, what: &str) {
        let Operation { root, field, .. } = self.operation;
        let path = self.place.path();
        self.wrong.push(format!("{root}.{field}({path}): {what}"));
    }

    /// The other tenant's against one that was never given out.
    async fn unknown(&mut self, foreign: &str, never: &str) {
        let before = self.stage.digest().await;
        let (answer, theirs) = self.send(foreign).await;
        let (_, nobodys) = self.send(never).await;
        if theirs != nobodys {
            self.complain(&format!(
                "tells a foreign id from none:\n    {theirs}\n    {nobodys}"
            ));
        }
        if theirs.contains(CANARY) {
            self.complain(&format!("shows the other tenant: {theirs}"));
        }
        let ids = self.stage.theirs.slots.values();
        if let Some(id) = ids
            .filter(|id| *id != foreign)
            .find(|id| theirs.contains(*id))
        {
            let id = id.clone();
            self.complain(&format!("shows the id {id} of the other tenant: {theirs}"));
        }
        if answer["errors"][0]["extensions"]["code"] == "INTERNAL"
            || answer["errors"][0]["extensions"]["code"] == "VALIDATION_FAILED"
        {
            self.complain(&format!("is not answered properly: {theirs}"));
        }
        let mistakes = &answer["data"][self.operation.field]["userErrors"];
        if self.operation.root == "Mutation" && mistakes.as_array().is_some_and(Vec::is_empty) {
            self.complain(&format!("takes a foreign id: {theirs}"));
        }
        if self.stage.digest().await != before {
            self.complain("changed something");
            self.stage.reset().await;
        }
    }

    /// A well-formed id of something else.
    async fn wrong_kind(&mut self, kinds: &[&str]) {
        let other = if kinds.contains(&"session") {
            "tab_01h455vb4pex5vsknk084sn02q".to_owned()
        } else {
            self.stage.ours.slots["session"].clone()
        };
        let before = self.stage.digest().await;
        let (answer, text) = self.send(&other).await;
        let mistake = &answer["data"][self.operation.field]["userErrors"][0];
        let error = &answer["errors"][0];
        let is_invalid = mistake["code"] == "INVALID" || error["extensions"]["code"] == "INVALID";
        let names = kinds.iter().any(|kind| text.contains(&format!("{kind}_")));
        if !is_invalid || !names {
            self.complain(&format!(
                "an id of another kind is not named as such: {text}"
            ));
        }
        if self.stage.digest().await != before {
            self.complain("changed something by an id of another kind");
            self.stage.reset().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_others_are_as_good_as_none() {
    let stage = Stage::new().await;
    let mut wrong = Vec::new();
    let (mut slots, mut sent) = (0, 0);
    for operation in operations() {
        for place in places(operation.root, operation.field) {
            slots += 1;
            let mut probe = Probe {
                stage: &stage,
                operation: &operation,
                place: &place,
                wrong: Vec::new(),
                sent: 0,
            };
            if place.is_text {
                let (_, slot) = TEXTS
                    .iter()
                    .find(|(name, _)| *name == place.name)
                    .expect("it");
                let foreign = match place.name.as_str() {
                    "GroupRef.key" => format!("{CANARY}-g"),
                    "UserRef.email" => {
                        format!("{CANARY}-{}@{CANARY}.test", stage.theirs.uuid(slot))
                    }
                    _ => format!("{CANARY}-{}", stage.theirs.uuid(slot)),
                };
                probe.unknown(&foreign, "never-given-to-anybody").await;
            } else {
                let kinds = kinds(operation.field, &place);
                for kind in &kinds {
                    let (_, slot) = EXAMPLES
                        .iter()
                        .find(|(k, _)| k == kind)
                        .expect("an example");
                    let foreign = stage.theirs.slots[slot].clone();
                    probe.unknown(&foreign, &never_issued(kind)).await;
                }
                probe.wrong_kind(&kinds).await;
            }
            sent += probe.sent;
            wrong.extend(probe.wrong);
        }
    }
    println!("{slots} places, {sent} probes");
    assert!(slots > 60, "the walk misses most places: {slots}");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
