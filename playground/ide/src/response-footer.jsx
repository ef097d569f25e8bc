// Below the answer: status, time, size, request id, cost. Above it, while there is none: what to do.
import { isMacOs, useGraphiQL } from '@graphiql/react';
import { answers } from './answers.js';
import { session } from './session.js';

function time(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function size(bytes) {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}

/** Cost as the server counts it: what was asked for, what it came to, and what is left. */
function Cost({ cost }) {
  if (!cost) return null;
  const spent = cost.actual ?? cost.requested;
  return (
    <span title={`asked for ${cost.requested ?? '?'}, came to ${cost.actual ?? '?'}`}>
      cost <b>{spent}</b>
      {cost.budget != null && <> of {cost.budget}</>}
      {cost.remaining != null && <>, {cost.remaining} left</>}
    </span>
  );
}

function counted(number, what) {
  return number > 0 && `, ${number} ${what}${number === 1 ? '' : 's'}`;
}

function Facts({ facts }) {
  const { status, milliseconds, bytes, requestId, extensions, errors, mistakes } = facts;
  const good = status < 400 && !errors && !mistakes;
  return (
    <>
      <span className={good ? 'cr-good' : 'cr-bad'}>
        {status}
        {counted(errors, 'error')}
        {counted(mistakes, 'mistake')}
      </span>
      <span>{time(milliseconds)}</span>
      <span>{size(bytes)}</span>
      <Cost cost={extensions?.cost} />
      {requestId && (
        <span>
          request <b>{requestId}</b>
        </span>
      )}
    </>
  );
}

function Empty({ status }) {
  return (
    <div className="cr-empty">
      {status === 'anonymous' && <span>Sign in on the left to see the schema and to run operations.</span>}
      {status === 'signed-in' && (
        <>
          <span>The answer will be here.</span>
          <span>
            <kbd>{isMacOs ? '⌘' : 'Ctrl'}</kbd> <kbd>Enter</kbd> runs the operation, <kbd>Ctrl</kbd> <kbd>Space</kbd> shows what fits.
          </span>
        </>
      )}
    </div>
  );
}

/** The footer of GraphiQL's answer pane. */
export function ResponseFooter() {
  const { tab, isFetching } = useGraphiQL(({ tabs, activeTabIndex, isFetching }) => ({ tab: tabs[activeTabIndex], isFetching }));
  const { status } = session.use();
  const facts = answers.use()[tab?.id];
  const idle = isFetching ? 'running …' : tab?.response ? '' : 'no answer yet';
  return (
    <>
      {!tab?.response && !isFetching && <Empty status={status} />}
      <div className="cr-footer">{facts ? <Facts facts={facts} /> : <span>{idle}</span>}</div>
    </>
  );
}
