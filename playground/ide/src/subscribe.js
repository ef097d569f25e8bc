// Subscriptions: graphql-transport-ws first, server-sent events where no socket opens (some proxies cut them).
import { createClient } from 'graphql-ws';
import { API_URL, TICKET_URL } from './endpoint.js';
import { requestHeaders } from './http.js';

/** The one socket of the page: it opens with the first subscription and closes after the last. */
let shared = null;

/** Async iterator over the results of a subscription. */
export async function* subscribe(operation, token, headers) {
  const authorization = authorizationIn(headers) ?? (token ? `Bearer ${token}` : null);
  const socket = socketOf(authorization);
  try {
    yield* socket.client.iterate(operation);
  } catch (error) {
    if (socket.opened || isRefusal(error)) yield { errors: explain(error) };
    else yield* serverSentEvents(operation, token, headers);
  }
}

/** What the caller wrote into the headers below the operation counts more than the session of the page. */
function authorizationIn(headers = {}) {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
  return found ? String(found[1]) : null;
}

function socketOf(authorization) {
  if (shared?.authorization === authorization) return shared;
  shared?.client.dispose();
  const url = new URL(API_URL);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = { authorization, opened: false };
  socket.client = createClient({
    url: url.href,
    lazy: true,
    // A socket carries no headers of ours, and a cookie alone does not open one.
    connectionParams: async () => (authorization ? { authorization } : { ticket: await ticket() }),
    shouldRetry: () => socket.opened,
    on: { connected: () => { socket.opened = true; } },
  });
  shared = socket;
  return socket;
}

/** What a session cookie is exchanged for: it opens one socket, soon. */
async function ticket() {
  const response = await fetch(TICKET_URL, {
    method: 'POST',
    headers: requestHeaders(null),
    credentials: 'same-origin',
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.errors?.[0]?.message ?? `status ${response.status}`);
  return answer.ticket;
}

/** Whether the server, or this page, had a reason to end the socket that another transport would not mend. */
function isRefusal(error) {
  return Array.isArray(error) || (error?.code >= 4000 && error.code < 5000);
}

function explain(error) {
  if (Array.isArray(error)) return error;
  if (typeof error?.code === 'number') return [{ message: `The socket was closed: ${error.code} ${error.reason}`.trim() }];
  return [{ message: error?.message ?? String(error) }];
}

async function* serverSentEvents(operation, token, headers) {
  const abort = new AbortController();
  const response = await fetch(API_URL, {
    method: 'POST',
    headers: { ...requestHeaders(token, headers), Accept: 'text/event-stream' },
    body: JSON.stringify(operation),
    credentials: 'same-origin',
    signal: abort.signal,
  });
  if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield { errors: [{ message: `The server opened neither a socket nor an event stream (status ${response.status}).` }] };
    return;
  }
  try {
    let buffer = '';
    for await (const part of textOf(response.body)) {
      buffer += part;
      const events = buffer.split(/\r?\n\r?\n/);
      buffer = events.pop();
      for (const event of events) {
        if (/^event: ?complete/m.test(event)) return;
        const data = [...event.matchAll(/^data: ?(.*)$/gm)].map((m) => m[1]).join('\n');
        if (data) yield JSON.parse(data);
      }
    }
  } finally {
    abort.abort();
  }
}

async function* textOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
