// Opening a panel of the side bar from code. GraphiQL keeps "which panel" in its store, but "is the panel folded
// away" inside a component, and only the side bar's own buttons set both: so press them.
/** Shows the panel with this title, unless it is shown already. */
export function showPanel(title) {
  document.querySelector(`.graphiql-sidebar [aria-label="Show ${title}"]`)?.click();
}
