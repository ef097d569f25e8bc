// Subscriptions: graphql-transport-ws first, server-sent events where no socket opens (some proxies cut them).
import { createClient } from 'graphql-ws';
import { API_URL } from './endpoint.js';
import { requestHeaders } from './http.js';

/** Async iterator over the results of a subscription. */
export async function* subscribe(operation, token, headers) {
  const url = new URL(API_URL);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  let opened = false;
  const client = createClient({
    url: url.href,
    lazy: true,
    // A socket carries no headers of ours, and a cookie alone does not open one.
    connectionParams: () => (token ? { authorization: `Bearer ${token}` } : {}),
    shouldRetry: () => opened,
    on: { connected: () => { opened = true; } },
  });
  try {
    yield* client.iterate(operation);
  } catch (error) {
    if (opened) throw error;
    yield* serverSentEvents(operation, token, headers);
  } finally {
    await client.dispose();
  }
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
