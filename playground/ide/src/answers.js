// The facts of the latest answer of every tab: status, time, size, request id, cost.
import { createStore } from './store.js';

/** Tab id to facts. */
export const answers = createStore({});
let activeTab = null;

/** Tells which tab the next request belongs to. */
export function setActiveTab(id) {
  activeTab = id;
}

/** Starts a request of the active tab; call the result with the facts when the answer is there. */
export function recordAnswer() {
  const tab = activeTab;
  answers.set((all) => ({ ...all, [tab]: null }));
  return (facts) => answers.set((all) => ({ ...all, [tab]: facts }));
}
