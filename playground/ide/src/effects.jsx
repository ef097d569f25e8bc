// What happens by itself: the order of the side bar, the reaction to sign-in and sign-out, links opened later.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef } from 'react';
import { setActiveTab } from './answers.js';
import { readLink } from './links.js';
import { scrollToTab, showPanel } from './panels.js';
import { findValues } from './placeholders.js';
import { session } from './session.js';
import { allSamples } from './settings.js';
import { useOpenTab } from './tabs.js';
import { clearToasts } from './toast.jsx';

/** Draws nothing. */
export function Effects({ order }) {
  const actions = useGraphiQLActions();
  const { schema, queryEditor, tabs, activeTabIndex } = useGraphiQL(({ schema, queryEditor, tabs, activeTabIndex }) => ({ schema, queryEditor, tabs, activeTabIndex }));
  const { status, epoch } = session.use();
  const openTab = useOpenTab();
  const firstAnswer = useRef(status === 'anonymous');

  useEffect(() => actions.setPlugins(order), [actions, order]);
  useEffect(() => queryEditor?.updateOptions({ wordWrap: 'on' }), [queryEditor]); // the paragraphs of the samples

  const tabId = tabs[activeTabIndex]?.id;
  useEffect(() => setActiveTab(tabId), [tabId]);
  useEffect(() => scrollToTab(activeTabIndex), [tabId, activeTabIndex]);

  useEffect(() => {
    if (status !== 'signed-in') {
      showPanel('Account');
      return;
    }
    clearToasts();
    findValues();
  }, [status, epoch]);

  // One click from the empty page to a first answer: whoever has just signed in and has the welcome sample
  // open, unchanged, sees it run.
  useEffect(() => {
    if (!schema || !queryEditor || !firstAnswer.current) return;
    firstAnswer.current = false;
    showPanel('Samples');
    if (queryEditor.getValue() === allSamples()[0]?.query) actions.run();
  }, [schema, queryEditor, actions]);

  useEffect(() => {
    const open = () => {
      const link = readLink(location.hash);
      if (link) openTab(link);
    };
    window.addEventListener('hashchange', open);
    return () => window.removeEventListener('hashchange', open);
  }, [openTab]);

  return null;
}
