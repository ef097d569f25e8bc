// What the clients of subscriptions share: where the server is, whole answers, and the story of a job.
import assert from 'node:assert/strict';

export const base = process.env.CHARTROOM_URL;
export const token = process.env.CHARTROOM_TOKEN;
assert.ok(base && token, 'CHARTROOM_URL and CHARTROOM_TOKEN say where and as whom');

/** All results of an operation. */
export async function all(client, operation) {
  const results = [];
  for await (const result of client.iterate(typeof operation === 'string' ? { query: operation } : operation)) {
    results.push(result);
  }
  return results;
}

export const START = 'mutation { runSelftest(input: { steps: 4, stepSeconds: 0.3 }) { job { id } userErrors { message } } }';
export const WATCH = 'subscription ($id: ID!, $after: Int! = 0) { jobUpdated(id: $id, afterVersion: $after) { version status job { id } } }';

/** Versions and the last status of what a subscription gave. */
export function story(results) {
  const updates = results.map(({ data, errors }) => data?.jobUpdated ?? assert.fail(JSON.stringify(errors)));
  const versions = updates.map(({ version }) => version);
  assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b), 'each once and in order');
  return { versions, first: updates[0].status, last: updates.at(-1).status };
}

/** Runs checks by name, one after another; the first that fails ends the program. */
export async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(`ok  ${name}`);
  }
}
