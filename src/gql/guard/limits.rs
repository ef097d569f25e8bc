//! The ceilings of the guard, in one place, so that a golden test and the documentation can name
//! every one of them and operators can lower any of them.

use std::collections::HashMap;

/// Every ceiling that the guard enforces. The defaults are Chartroom's promises G1 and G2.
///
/// Counts marked *expanded* follow fragment spreads: a fragment with three fields, spread twice,
/// counts six fields. They are computed with memoised fragments, never by expanding.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of the document's text.
    pub document_bytes: usize,
    /// Lexical tokens of the document, without comments, commas and white space.
    pub tokens: usize,
    /// Nesting of `(`, `[` and `{` in the text.
    pub bracket_depth: usize,
    /// Operation definitions in one document.
    pub operations: usize,
    /// Fragment definitions in one document.
    pub fragments: usize,
    /// Expanded selections (fields, spreads and inline fragments) of one operation.
    pub selections: usize,
    /// Expanded selections of all operations of one document together.
    pub document_selections: usize,
    /// Expanded argument values (list items and object fields included) of all operations of one
    /// document together: validation looks at a shared fragment's values once per operation, and a
    /// wrong value may give as many errors as its input type has required fields.
    pub document_values: usize,
    /// Expanded levels of fields of one operation, leaves included.
    pub depth: usize,
    /// Expanded levels of fields below and including `__schema` or `__type`.
    pub introspection_depth: usize,
    /// Nested lists (`fields`, `inputFields`, `interfaces`, `possibleTypes`) of one introspection.
    pub introspection_lists: usize,
    /// Expanded levels of braces: fields, inline fragments and spreads. Guards the stack, so that
    /// chains of fragments cannot do what brackets may not.
    pub nesting: usize,
    /// Aliases of one field in one merged selection set.
    pub aliases_per_field: usize,
    /// Expanded aliases of one operation.
    pub aliases: usize,
    /// Expanded root fields of a query.
    pub query_roots: usize,
    /// Expanded root fields of a mutation.
    pub mutation_roots: usize,
    /// Directives on one field, fragment, operation or variable.
    pub directives_per_node: usize,
    /// Directives written in one document.
    pub directives: usize,
    /// Field visits of the check that overlapping fields merge. Only documents built to make that
    /// check explode come near it.
    pub merge_steps: usize,
    /// Cost points of one request, batch entries summed.
    pub cost: u32,
    /// Bytes of the variables' JSON text.
    pub variables_bytes: usize,
    /// Nesting of `[` and `{` in the variables' JSON text.
    pub variables_depth: usize,
    /// Problems listed in one refusal.
    pub problems: usize,
    /// Approximate bytes of accepted documents kept in memory.
    pub cache_bytes: u64,
    /// Approximate bytes of refusals kept in memory, apart from the accepted documents so that
    /// garbage cannot push those out.
    pub refusal_cache_bytes: u64,
    /// What fields cost.
    pub weights: Weights,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 64 * 1024,
            tokens: 5_000,
            bracket_depth: 32,
            operations: 50,
            fragments: 50,
            selections: 2_000,
            document_selections: 5_000,
            document_values: 5_000,
            depth: 12,
            introspection_depth: 15,
            introspection_lists: 2,
            nesting: 64,
            aliases_per_field: 10,
            aliases: 100,
            query_roots: 20,
            mutation_roots: 10,
            directives_per_node: 10,
            directives: 100,
            merge_steps: 20_000,
            cost: 5_000,
            variables_bytes: 1024 * 1024,
            variables_depth: 32,
            problems: 10,
            cache_bytes: 32 * 1024 * 1024,
            refusal_cache_bytes: 4 * 1024 * 1024,
            weights: Weights::default(),
        }
    }
}

/// Points per kind of field; see [`crate::gql::guard`] for the whole model.
#[derive(Debug, Clone)]
pub struct Weights {
    /// A field that gives an object, interface or union, or one connection.
    pub object: u32,
    /// The `totalCount` of a connection.
    pub total_count: u32,
    /// A root field of a mutation, whatever it gives.
    pub mutation_root: u32,
    /// A root field of a subscription, whatever it gives.
    pub subscription_root: u32,
    /// Page size of a connection that is asked for without `first` or `last`.
    pub page: u32,
    /// Largest page size that counts; the engine itself refuses larger ones.
    pub page_max: u32,
    /// Assumed length of a list of objects that is no connection and has no `ids` argument. Such
    /// lists are part of their parent and come with it, so that a long one is no more work; a
    /// larger figure makes trees of filters dear beyond reason.
    pub list: u32,
    /// How many introspection objects make one point: they come from memory.
    pub introspection_per_point: u32,
    /// Points of single fields by coordinate (`Query.runQuery`), in place of the general rule.
    /// A coordinate that the schema does not have is an error at start, so the table cannot rot.
    pub fields: HashMap<String, u32>,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            object: 1,
            total_count: 5,
            mutation_root: 10,
            subscription_root: 10,
            page: 50,
            page_max: 200,
            list: 2,
            introspection_per_point: 200,
            fields: HashMap::new(),
        }
    }
}

/// Names one ceiling of [`Limits`] in a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each variant is the field of Limits with the same name"
)]
pub enum LimitName {
    DocumentBytes,
    Tokens,
    BracketDepth,
    Operations,
    Fragments,
    Selections,
    DocumentSelections,
    DocumentValues,
    Depth,
    IntrospectionDepth,
    IntrospectionLists,
    Nesting,
    AliasesPerField,
    Aliases,
    QueryRoots,
    MutationRoots,
    DirectivesPerNode,
    Directives,
    MergeSteps,
    Cost,
    VariablesBytes,
    VariablesDepth,
}

impl LimitName {
    /// The stable name for `extensions.limit`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DocumentBytes => "DOCUMENT_BYTES",
            Self::Tokens => "TOKENS",
            Self::BracketDepth => "BRACKET_DEPTH",
            Self::Operations => "OPERATIONS",
            Self::Fragments => "FRAGMENTS",
            Self::Selections => "SELECTIONS",
            Self::DocumentSelections => "DOCUMENT_SELECTIONS",
            Self::DocumentValues => "DOCUMENT_VALUES",
            Self::Depth => "DEPTH",
            Self::IntrospectionDepth => "INTROSPECTION_DEPTH",
            Self::IntrospectionLists => "INTROSPECTION_LISTS",
            Self::Nesting => "NESTING",
            Self::AliasesPerField => "ALIASES_PER_FIELD",
            Self::Aliases => "ALIASES",
            Self::QueryRoots => "QUERY_ROOT_FIELDS",
            Self::MutationRoots => "MUTATION_ROOT_FIELDS",
            Self::DirectivesPerNode => "DIRECTIVES_PER_NODE",
            Self::Directives => "DIRECTIVES",
            Self::MergeSteps => "MERGE_STEPS",
            Self::Cost => "COST",
            Self::VariablesBytes => "VARIABLES_BYTES",
            Self::VariablesDepth => "VARIABLES_DEPTH",
        }
    }

    /// What is counted, in words for the message.
    pub(super) const fn subject(self) -> &'static str {
        match self {
            Self::DocumentBytes => "The document is too large (bytes)",
            Self::Tokens => "The document has too many tokens",
            Self::BracketDepth => "The document nests brackets too deeply",
            Self::Operations => "The document has too many operations",
            Self::Fragments => "The document has too many fragments",
            Self::Selections => "The operation selects too many fields with its fragments expanded",
            Self::DocumentSelections => {
                "The operations of the document together select too many fields"
            }
            Self::DocumentValues => "The operations of the document together hold too many values",
            Self::Depth => "The operation is too deep",
            Self::IntrospectionDepth => "The introspection is too deep",
            Self::IntrospectionLists => "The introspection nests too many lists",
            Self::Nesting => "The operation nests fragments too deeply",
            Self::AliasesPerField => "A field has too many aliases in one selection set",
            Self::Aliases => "The operation has too many aliases",
            Self::QueryRoots => "The query has too many root fields",
            Self::MutationRoots => "The mutation has too many root fields",
            Self::DirectivesPerNode => "Too many directives in one place",
            Self::Directives => "The document has too many directives",
            Self::MergeSteps => "The document has too many overlapping fields",
            Self::Cost => "The request is too expensive",
            Self::VariablesBytes => "The variables are too large (bytes)",
            Self::VariablesDepth => "The variables are nested too deeply",
        }
    }
}
