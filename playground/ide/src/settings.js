// What the server tells the page: its version, whether it runs the demo, and the samples.
import { ASSETS_URL } from './endpoint.js';

/** Filled once by loadSettings, before anything is drawn. */
export const settings = { product: 'Chartroom', version: '', demo: false, lookup: '', folders: [] };

/** Reads settings.json of the server. */
export async function loadSettings() {
  const response = await fetch(new URL('settings.json', ASSETS_URL), { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`its settings answer with status ${response.status}.`);
  Object.assign(settings, await response.json());
  for (const sample of allSamples()) sample.query = withOneLineParagraph(sample);
}

/** The editor wraps by itself, so the paragraph above the operation should not be broken by hand as in the file. */
function withOneLineParagraph({ title, description, query }) {
  const body = query.replace(/^(#.*\n)+/, '');
  return `# ${title}\n# ${description}\n${body}`;
}

/** Every sample, in order. */
export const allSamples = () => settings.folders.flatMap((folder) => folder.samples);
