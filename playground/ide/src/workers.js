// Tells Monaco where its workers are. Files of our own, since the content policy forbids blob: and data: workers.
import { ASSETS_URL } from './endpoint.js';

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = WORKER_FILES[label] ?? WORKER_FILES.editor;
    return new Worker(new URL(file, ASSETS_URL), { name: label });
  },
};
