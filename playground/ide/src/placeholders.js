// Samples name things as {{chart}} or {{space}}. The values come from the viewer's own data: the lookup document of
// the samples is run once after sign-in, and every text field of its answer that is called like a placeholder
// fills it; the first one wins. The server's tests fill the samples by the same rule.
import { parse } from 'graphql';
import { post } from './http.js';
import { currentToken, session } from './session.js';
import { settings } from './settings.js';
import { createStore } from './store.js';

const PLACEHOLDER = /\{\{(\w+)\}\}/g;
const DAY_MS = 86_400_000;
const values = createStore({});
let running = Promise.resolve();

/** Runs the lookup for the present viewer. */
export function findValues() {
  running = lookUp();
  return running;
}

async function lookUp() {
  values.set({});
  if (!settings.lookup) return;
  const { epoch } = session.get();
  const names = parse(settings.lookup).definitions.map((d) => d.name.value);
  const answers = await Promise.all(
    // One request per operation: a part that the viewer may not read must not take the others along.
    names.map((operationName) => post({ query: settings.lookup, operationName }, { token: currentToken() }).catch(() => null)),
  );
  if (session.get().epoch !== epoch) return;
  const found = {};
  for (const answer of answers) collect(answer?.result?.data, found);
  values.set(found);
}

function collect(node, found) {
  if (node === null || typeof node !== 'object') return;
  for (const [key, value] of Object.entries(node)) {
    // Samples do things to {{user}}, and nobody should try them on their own account.
    if (typeof value === 'string' && !(key in found) && !(key === 'user' && value === found.me)) found[key] = value;
    else collect(value, found);
  }
}

/** Values that are made, not found; the same ones throughout one text. */
const made = () => ({
  unique: Math.random().toString(36).slice(2, 7),
  nextMonth: `${new Date(Date.now() + 30 * DAY_MS).toISOString().slice(0, 19)}Z`,
});

/** Fills a text; `missing` names the placeholders that have no value. */
export async function fill(text) {
  // Jobs come and go while the page is open, and the newest one is meant.
  if (text.includes('{{job}}')) findValues();
  await running;
  const known = { ...made(), ...values.get() };
  const missing = new Set();
  const filled = text.replace(PLACEHOLDER, (whole, name) => {
    if (!(name in known)) missing.add(name);
    return known[name] ?? whole;
  });
  return { text: filled, missing: [...missing] };
}
