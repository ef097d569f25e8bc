// Opening panels from code. GraphiQL keeps "which panel" in its store, but "is the panel folded
// away" inside a component, and only the side bar's own buttons set both: so press them.
/** Shows the panel with this title, unless it is shown already. */
export function showPanel(title) {
  document.querySelector(`.graphiql-sidebar [aria-label="Show ${title}"]`)?.click();
}

/** Shows the variables below the editor. */
export function showVariables() {
  document.querySelector('.graphiql-editor-tools [data-name="variables"]')?.click();
}

/** Brings a tab into view where there are more than fit. */
export function scrollToTab(index) {
  document.getElementById(`graphiql-session-tab-${index}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}
