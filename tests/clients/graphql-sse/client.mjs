// The package `graphql-sse` against a server; fails on anything that is not as promised.
//
//   CHARTROOM_URL=http://127.0.0.1:8080 CHARTROOM_TOKEN=crs_… node client.mjs
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { START, WATCH, all, base, run, story, token } from '../jobs.mjs';

const open = (options = {}) => createClient({
  url: `${base}/graphql`,
  singleConnection: false,
  headers: { authorization: `Bearer ${token}` },
  retryAttempts: 0,
  ...options,
});

const checks = {
  async 'queries have one result'() {
    const client = open();
    const [who, ...more] = await all(client, '{ viewer { user { username } } }');
    assert.ok(who.data.viewer.user.username);
    assert.deepEqual(more, []);
    client.dispose();
  },
  async 'many operations run side by side'() {
    const client = open();
    const queries = Array.from({ length: 20 }, (_, n) => all(client, `{ a${n}: __typename }`));
    (await Promise.all(queries)).forEach(([answer], n) => assert.deepEqual(answer.data, { [`a${n}`]: 'Query' }));
    client.dispose();
  },
  async 'a job is followed from its start to its end'() {
    const client = open();
    const [started] = await all(client, START);
    const { id } = started.data.runSelftest.job;
    const whole = story(await all(client, { query: WATCH, variables: { id } }));
    assert.deepEqual([whole.versions[0], whole.first, whole.last], [1, 'QUEUED', 'SUCCEEDED']);
    const rest = story(await all(client, { query: WATCH, variables: { id, after: whole.versions.at(-2) } }));
    assert.deepEqual(rest.versions, whole.versions.slice(-1));
    client.dispose();
  },
  async 'errors of a request are a result'() {
    const client = open();
    const [refused, ...more] = await all(client, '{ nope }');
    assert.equal(refused.errors[0].extensions.code, 'VALIDATION_FAILED');
    assert.deepEqual(more, []);
    client.dispose();
  },
  async 'a bad token is refused'() {
    const client = open({ headers: { authorization: 'Bearer nonsense' } });
    await assert.rejects(all(client, '{ __typename }'), (error) => error.response?.status === 401);
    client.dispose();
  },
};

await run(checks);
