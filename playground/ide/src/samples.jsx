// The panel with the samples, by task. A click opens one in a tab, with the viewer's own ids filled in.
import { useMemo, useState } from 'react';
import { SamplesIcon } from './icons.jsx';
import { showVariables } from './panels.js';
import { fill } from './placeholders.js';
import { session } from './session.js';
import { settings } from './settings.js';
import { useOpenTab } from './tabs.js';
import { toast } from './toast.jsx';

const matches = (sample, words) => words.every((word) => `${sample.title} ${sample.description} ${sample.query}`.toLowerCase().includes(word));

/** A description: plain text in which `words` between backticks are code. */
const withCode = (text) => text.split('`').map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));

function Sample({ sample, onOpen }) {
  return (
    <button type="button" className="cr-sample" onClick={() => onOpen(sample)}>
      <strong>{sample.title}</strong>
      {sample.kind !== 'query' && <span className="cr-badge">{sample.kind}</span>}
      <p>{withCode(sample.description)}</p>
    </button>
  );
}

function Samples() {
  const [search, setSearch] = useState('');
  const { status } = session.use();
  const openTab = useOpenTab();
  const folders = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return settings.folders
      .map((folder) => ({ ...folder, samples: folder.samples.filter((s) => matches(s, words)) }))
      .filter((folder) => folder.samples.length > 0);
  }, [search]);

  async function open(sample) {
    const { text, missing } = await fill(sample.variables ?? '');
    openTab({ query: sample.query, variables: text });
    if (text) showVariables();
    if (missing.length === 0) return;
    const names = missing.map((name) => `{{${name}}}`).join(', ');
    toast(status === 'signed-in' ? `Nothing of yours fits ${names}: put an id there.` : `Sign in, and ${names} is filled from your data.`);
  }

  return (
    <div className="cr-panel">
      <h2>Samples</h2>
      <input className="cr-input" type="search" placeholder="Search samples" aria-label="Search samples" value={search} onChange={(e) => setSearch(e.target.value)} />
      {folders.length === 0 && <p className="cr-muted">No sample has these words.</p>}
      {folders.map((folder) => (
        <section key={folder.name} className="cr-folder" aria-label={folder.title}>
          <h3>{folder.title}</h3>
          {folder.samples.map((sample) => (
            <Sample key={sample.name} sample={sample} onOpen={open} />
          ))}
        </section>
      ))}
      <small>Ids in the variables are taken from what you may see. A sample marked “mutation” changes data when you run it.</small>
    </div>
  );
}

/** The plugin for GraphiQL. */
export const SAMPLES_PLUGIN = { title: 'Samples', icon: SamplesIcon, content: Samples };
