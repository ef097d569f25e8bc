// One POST to the API: the headers that every request needs, and what is worth knowing about the answer.
import { API_URL } from './endpoint.js';

/** The request did not get an answer that is GraphQL: no network, a proxy's error page. */
export class TransportError extends Error {}

/** Headers of a request. The CSRF header makes a cross-site form unable to send it; servers ask for it beside a cookie. */
export function requestHeaders(token, extra = {}) {
  return {
    'Content-Type': 'application/json',
    Accept: 'application/graphql-response+json, application/json;q=0.9',
    'X-Chartroom-CSRF': '1',
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
    ...extra,
  };
}

/** Sends one operation; gives the parsed result and the facts for the line below the answer. */
export async function post(operation, { token, headers, signal } = {}) {
  const started = performance.now();
  let response;
  let text;
  try {
    response = await fetch(API_URL, {
      method: 'POST',
      headers: requestHeaders(token, headers),
      body: JSON.stringify(operation),
      credentials: 'same-origin',
      signal,
    });
    text = await response.text();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new TransportError('The server cannot be reached.', { cause: error });
  }
  const facts = {
    status: response.status,
    milliseconds: performance.now() - started,
    bytes: new Blob([text]).size,
    requestId: response.headers.get('x-request-id'),
  };
  try {
    return { result: JSON.parse(text), facts };
  } catch (cause) {
    throw Object.assign(new TransportError(`The answer is not JSON (status ${response.status}).`, { cause }), { facts });
  }
}
