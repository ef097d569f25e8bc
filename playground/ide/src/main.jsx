// Start: settings and session first, since both decide what the first screen shows.
import './workers.js';
import { createRoot } from 'react-dom/client';
import { App } from './app.jsx';
import { resume } from './session.js';
import { loadSettings } from './settings.js';

const root = document.getElementById('app');
try {
  await Promise.all([loadSettings(), resume()]);
  root.className = '';
  createRoot(root).render(<App />);
} catch (error) {
  root.textContent = `The playground cannot start: ${error.message}`;
}
