// Runs the audits of the package `graphql-http` against a server and fails unless every one passes.
//
//   CHARTROOM_URL=http://127.0.0.1:8080/graphql CHARTROOM_TOKEN=crs_… node audit.mjs
//
// Without a token it signs in to the demo: some audits read the schema, which needs a sign-in.
import { serverAudits } from 'graphql-http';

const url = process.env.CHARTROOM_URL ?? 'http://127.0.0.1:8080/graphql';

async function signIn() {
  const query = `mutation { signIn(input: { login: "admin@demo.test", password: "demo-admin-password" }) { token } }`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const token = (await response.json()).data?.signIn?.token;
  if (!token) throw new Error('signing in to the demo failed: give a CHARTROOM_TOKEN');
  return token;
}

const token = process.env.CHARTROOM_TOKEN ?? (await signIn());

function fetchFn(target, init = {}) {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return fetch(target, { ...init, headers });
}

const counts = { ok: 0, notice: 0, warn: 0, error: 0 };
for (const audit of serverAudits({ url, fetchFn })) {
  const result = await audit.fn();
  counts[result.status] += 1;
  const line = `${result.status.padEnd(6)} ${result.id} ${result.name}`;
  console.log(result.status === 'ok' ? line : `${line}\n       ${result.reason}`);
}
console.log(`\n${Object.entries(counts).map(([status, count]) => `${status}: ${count}`).join(', ')}`);
process.exitCode = counts.notice + counts.warn + counts.error === 0 ? 0 : 1;
