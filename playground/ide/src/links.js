// Links that carry an operation. It is in the fragment, which browsers do not send, so it stays out of server logs;
// headers are never part of it.
import { API_URL } from './endpoint.js';
import { requestHeaders } from './http.js';

/** Reads `#query=…&variables=…`; null without a query. */
export function readLink(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const query = params.get('query');
  return query ? { query, variables: params.get('variables') ?? undefined } : null;
}

/** Address of this page with the operation in it. */
export function linkTo({ query, variables }) {
  const url = new URL(location.href);
  const params = new URLSearchParams({ query, ...(variables?.trim() ? { variables } : {}) });
  url.search = '';
  url.hash = params.toString();
  return url.href;
}

/** The body of the request; variables that are not JSON yet are left out. */
function body({ query, variables, operationName }) {
  let parsed;
  try {
    parsed = variables?.trim() ? JSON.parse(variables) : undefined;
  } catch {
    parsed = undefined;
  }
  return { query, ...(operationName ? { operationName } : {}), ...(parsed ? { variables: parsed } : {}) };
}

// The token is named, never written out: what is copied ends in chats and repositories.
const TOKEN_VARIABLE = 'CHARTROOM_TOKEN';

/** A command line that sends the operation. */
export function asCurl(operation) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = Object.entries(requestHeaders(null)).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`);
  return [`curl ${quoted(API_URL.href)}`, ...lines, `  -H "Authorization: Bearer $${TOKEN_VARIABLE}"`, `  -d ${quoted(JSON.stringify(body(operation)))}`].join(' \\\n');
}

/** The same in TypeScript. */
export function asTypeScript(operation) {
  const { query, ...rest } = body(operation);
  const escaped = query.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
  const headers = Object.entries(requestHeaders(null)).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  const more = Object.entries(rest).map(([name, value]) => `    ${name}: ${JSON.stringify(value, null, 2).replaceAll('\n', '\n    ')},`);
  return [
    `const query = /* GraphQL */ \`${escaped}\`;`,
    '',
    `const response = await fetch(${JSON.stringify(API_URL.href)}, {`,
    '  method: "POST",',
    '  headers: {',
    ...headers,
    `    Authorization: \`Bearer \${process.env.${TOKEN_VARIABLE}}\`,`,
    '  },',
    '  body: JSON.stringify({',
    '    query,',
    ...more,
    '  }),',
    '});',
    'const { data, errors } = await response.json();',
    '',
  ].join('\n');
}
