// The smallest store that React can follow: the state of sign-in, toasts and answers lives outside of GraphiQL's own.
import { useSyncExternalStore } from 'react';

/** A value with listeners; `use` is its React hook. */
export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  const store = {
    get: () => state,
    set(next) {
      state = typeof next === 'function' ? next(state) : next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    use: () => useSyncExternalStore(store.subscribe, store.get),
  };
  return store;
}
