// The package `graphql-ws` against a server; fails on anything that is not as promised.
//
//   CHARTROOM_URL=http://127.0.0.1:8080 CHARTROOM_TOKEN=crs_… CHARTROOM_JOB_STEPS=3 node client.mjs
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { START, WATCH, all, base, run, story, token } from '../jobs.mjs';

const url = `${base.replace(/^http/, 'ws')}/graphql`;

const open = (options = {}) => createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${token}` },
  retryAttempts: 0,
  ...options,
});

const checks = {
  async 'queries and mutations have one result'() {
    const client = open();
    const [who, ...more] = await all(client, '{ viewer { user { username } } }');
    assert.ok(who.data.viewer.user.username);
    assert.deepEqual(more, []);
    const signIn = 'mutation { signIn(input: { login: "nobody", password: "nothing" }) { token userErrors { code } } }';
    const [refused] = await all(client, signIn);
    assert.equal(refused.data.signIn.token, null);
    await client.dispose();
  },
  async 'many operations share a socket'() {
    let sockets = 0;
    const client = open({ on: { opened: () => { sockets += 1; } } });
    const queries = Array.from({ length: 50 }, (_, n) => all(client, `{ a${n}: __typename }`));
    const answers = await Promise.all(queries);
    answers.forEach(([answer], n) => assert.deepEqual(answer.data, { [`a${n}`]: 'Query' }));
    assert.equal(sockets, 1);
    await client.dispose();
  },
  async 'a job is followed from its start to its end'() {
    const client = open();
    const [started] = await all(client, START);
    const { id } = started.data.runSelftest.job;
    const whole = story(await all(client, { query: WATCH, variables: { id } }));
    assert.deepEqual([whole.versions[0], whole.first, whole.last], [1, 'QUEUED', 'SUCCEEDED']);
    const rest = story(await all(client, { query: WATCH, variables: { id, after: whole.versions.at(-2) } }));
    assert.deepEqual(rest.versions, whole.versions.slice(-1));
    await client.dispose();
  },
  async 'errors of a request are an error'() {
    const client = open();
    await assert.rejects(all(client, '{ nope }'), ([error]) => error.extensions.code === 'VALIDATION_FAILED');
    await client.dispose();
  },
  async 'pings are answered'() {
    let pongs = 0;
    const client = open({ lazy: false, keepAlive: 50, on: { pong: (received) => { pongs += received ? 1 : 0; } } });
    await new Promise((resolve) => { setTimeout(resolve, 400); });
    assert.ok(pongs >= 3, `${pongs} pongs`);
    await client.dispose();
  },
  async 'a bad token closes with 4403'() {
    const client = open({ connectionParams: { token: 'crs_nonsense' } });
    await assert.rejects(all(client, '{ __typename }'), (close) => close.code === 4403 && /^Forbidden/.test(close.reason));
  },
  async 'a page with a session cookie opens a socket with a ticket'() {
    const ticket = async () => {
      const response = await fetch(`${base}/graphql/ticket`, {
        method: 'POST',
        headers: { cookie: `chartroom_session=${token}`, 'x-chartroom-csrf': '1' },
      });
      assert.equal(response.status, 201);
      return (await response.json()).ticket;
    };
    const client = open({ connectionParams: async () => ({ ticket: await ticket() }) });
    const [who] = await all(client, '{ viewer { user { username } } }');
    assert.ok(who.data.viewer.user.username);
    await client.dispose();
  },
};

await run(checks);
