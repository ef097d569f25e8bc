// Short messages in the corner: a refused sign-in, a copied link. They go by themselves.
import { createStore } from './store.js';

const SHOWN_MS = 6000;
const toasts = createStore([]);
let lastId = 0;

/** Shows a message; `kind` is info or error. */
export function toast(message, kind = 'info') {
  const id = ++lastId;
  toasts.set((all) => [...all.filter((t) => t.message !== message), { id, message, kind }]);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Takes all away, when what they say is over. */
export function clearToasts() {
  toasts.set([]);
}

function dismiss(id) {
  toasts.set((all) => all.filter((t) => t.id !== id));
}

/** The corner that shows them; read out by screen readers as they come. */
export function Toasts() {
  return (
    <div className="cr-toasts" role="status" aria-live="polite">
      {toasts.use().map(({ id, message, kind }) => (
        <div key={id} className={`cr-toast cr-toast-${kind}`}>
          <span>{message}</span>
          <button type="button" aria-label="Dismiss" onClick={() => dismiss(id)}>×</button>
        </div>
      ))}
    </div>
  );
}
