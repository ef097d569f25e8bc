// The page: GraphiQL with Chartroom's panels around it.
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useMemo, useState } from 'react';
import { ACCOUNT_PLUGIN } from './account.jsx';
import { Brand } from './brand.jsx';
import { Effects } from './effects.jsx';
import { createFetcher } from './fetcher.js';
import { readLink } from './links.js';
import { ResponseFooter } from './response-footer.jsx';
import { SAMPLES_PLUGIN } from './samples.jsx';
import { session } from './session.js';
import { allSamples } from './settings.js';
import { ShareMenu } from './share-menu.jsx';
import { storage } from './storage.js';
import { Toasts } from './toast.jsx';

const EXPLORER_PLUGIN = explorerPlugin({ showAttribution: false });
const PLUGINS = [HISTORY_PLUGIN, EXPLORER_PLUGIN, SAMPLES_PLUGIN, ACCOUNT_PLUGIN];
/** The side bar from top to bottom: what a newcomer needs comes first. */
const ORDER = [ACCOUNT_PLUGIN, SAMPLES_PLUGIN, DOC_EXPLORER_PLUGIN, EXPLORER_PLUGIN, HISTORY_PLUGIN];
const FIRST_TABS = 2;
const NEW_TAB = '# A new operation. Press Ctrl-Space for what fits here, Ctrl-Enter to run it.\n';

const linked = readLink(location.hash);

/** What the first visit opens; later ones find the tabs of the last. */
function firstTabs() {
  if (linked) return [{ query: linked.query, variables: linked.variables }];
  const samples = allSamples().slice(0, FIRST_TABS);
  return samples.length ? samples.map(({ query, variables }) => ({ query, variables })) : [{ query: NEW_TAB }];
}

/** The whole page. */
export function App() {
  const { status, epoch } = session.use();
  // Another credential may see another schema, and GraphiQL reads it again for a new fetcher.
  const fetcher = useMemo(() => createFetcher(epoch), [epoch]);
  const signedIn = status === 'signed-in';
  // Only for the start: GraphiQL would put its panels back to these whenever they change.
  const [tabs] = useState(firstTabs);
  const [panel] = useState(signedIn ? SAMPLES_PLUGIN : ACCOUNT_PLUGIN);
  return (
    <>
      <GraphiQL
        fetcher={fetcher}
        // Null means "do not ask": anonymous callers may not read the schema and should not see an error about it.
        schema={signedIn ? undefined : null}
        plugins={PLUGINS}
        visiblePlugin={panel}
        defaultTabs={tabs}
        defaultQuery={NEW_TAB}
        initialQuery={linked?.query}
        initialVariables={linked?.variables}
        defaultEditorToolsVisibility="variables"
        inputValueDeprecation
        schemaDescription
        storage={storage}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>
          <Brand />
        </GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <ShareMenu />
            </>
          )}
        </GraphiQL.Toolbar>
        <GraphiQL.Footer>
          <ResponseFooter />
        </GraphiQL.Footer>
        <Effects order={ORDER} />
      </GraphiQL>
      <Toasts />
    </>
  );
}
