// The panel for signing in and out, and for "who am I".
import { useEffect, useState } from 'react';
import { SDL_URL } from './endpoint.js';
import { post } from './http.js';
import { AccountIcon } from './icons.jsx';
import { currentToken, Refused, resume, session, signIn, signOut, useKey } from './session.js';
import { settings } from './settings.js';
import { toast } from './toast.jsx';

/** The users of the demo; the server tells whether it runs one, and then only on a loopback address. */
const DEMO_USERS = [
  { label: 'Sign in as admin', login: 'admin@demo.test', password: 'demo-admin-password' },
  { label: 'Sign in as viewer', login: 'viewer@demo.test', password: 'demo-viewer-password' },
];

const PERMISSIONS = 'query MyPermissions($scope: ID) { viewer { permissions(scopeId: $scope) } }';

/** Runs something that signs in; shows a refusal beside the form and as a toast. */
function useAttempt() {
  const [state, setState] = useState({ busy: false, problem: null });
  async function attempt(action) {
    setState({ busy: true, problem: null });
    try {
      await action();
    } catch (error) {
      const problem = error instanceof Refused ? error.message : `That did not work: ${error.message}`;
      setState({ busy: false, problem });
      toast(problem, 'error');
    }
  }
  return { ...state, attempt };
}

function Demo({ busy, attempt }) {
  return (
    <div className="cr-card cr-card-accent">
      <h3>Look around in the demo</h3>
      <p>
        <em>Jaffle House</em> is a small company with projects, spaces, charts and dashboards. One click signs you in and shows a first answer.
      </p>
      <div className="cr-row">
        {DEMO_USERS.map(({ label, login, password }, index) => (
          <button key={login} type="button" className={`cr-button ${index === 0 ? 'cr-button-primary' : ''}`} disabled={busy} onClick={() => attempt(() => signIn(login, password))}>
            {label}
          </button>
        ))}
      </div>
      <small>The admin may do everything; the viewer shows how the same graph looks with few rights.</small>
    </div>
  );
}

function PasswordForm({ busy, attempt, problem }) {
  function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    attempt(() => signIn(form.get('login'), form.get('password')));
  }
  return (
    <form className="cr-form cr-card" onSubmit={submit}>
      <h3>Sign in</h3>
      <label>
        Username or email
        <input className="cr-input" name="login" autoComplete="username" required />
      </label>
      <label>
        Password
        <input className="cr-input" name="password" type="password" autoComplete="current-password" required />
      </label>
      {problem && (
        <p className="cr-error" role="alert">
          {problem}
        </p>
      )}
      <button className="cr-button" disabled={busy}>
        {busy ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}

function KeyForm({ busy, attempt }) {
  function submit(event) {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get('key').trim();
    attempt(() => useKey(key));
  }
  return (
    <details className="cr-card">
      <summary>Use an API key</summary>
      <form className="cr-form" onSubmit={submit}>
        <label>
          Key
          <input className="cr-input" name="key" type="password" autoComplete="off" required />
        </label>
        <small>Kept in this browser tab only, until you close it or sign out.</small>
        <button className="cr-button" disabled={busy}>
          Use the key
        </button>
      </form>
    </details>
  );
}

function SignIn() {
  const { busy, problem, attempt } = useAttempt();
  return (
    <div className="cr-panel">
      <h2>Welcome to {settings.product}</h2>
      <p className="cr-muted">Projects, spaces, charts, dashboards and everyone’s access to them, in one graph. Sign in, then explore it with samples, documentation and the query builder.</p>
      {settings.demo && <Demo busy={busy} attempt={attempt} />}
      <PasswordForm busy={busy} attempt={attempt} problem={problem} />
      <KeyForm busy={busy} attempt={attempt} />
    </div>
  );
}

/** The viewer's permissions in the present organization; null until they are known, or if they cannot be read. */
function usePermissions(viewer, epoch) {
  const [permissions, setPermissions] = useState(null);
  useEffect(() => {
    let current = true;
    post({ query: PERMISSIONS, variables: { scope: viewer.organization?.id ?? null } }, { token: currentToken() })
      .then(({ result }) => current && setPermissions(result.data?.viewer?.permissions ?? null))
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [viewer, epoch]);
  return permissions;
}

async function copyToken() {
  try {
    await navigator.clipboard.writeText(currentToken());
    toast('Token copied. Whoever has it can act as you until it ends.');
  } catch {
    toast('The browser does not let this page write to the clipboard.', 'error');
  }
}

function WhoAmI({ viewer, token, epoch }) {
  const permissions = usePermissions(viewer, epoch);
  const { user, organization } = viewer;
  return (
    <div className="cr-panel">
      <h2>{user.fullName || user.username}</h2>
      <dl className="cr-facts">
        <dt>Login</dt>
        <dd>{user.username}</dd>
        {user.email && user.email !== user.username && (
          <>
            <dt>Email</dt>
            <dd>{user.email}</dd>
          </>
        )}
        <dt>Organization</dt>
        <dd>{organization ? organization.displayName || organization.name : 'none'}</dd>
        <dt>Signed in with</dt>
        <dd>{viewer.session ? `a session until ${new Date(viewer.session.expiresAt).toLocaleString()}` : 'an API key'}</dd>
        <dt>User id</dt>
        <dd>
          <code>{user.id}</code>
        </dd>
      </dl>
      <div className="cr-row">
        <button type="button" className="cr-button" onClick={() => signOut()}>
          Sign out
        </button>
        {token && (
          <button type="button" className="cr-button" onClick={copyToken}>
            Copy token
          </button>
        )}
      </div>
      {permissions && (
        <details className="cr-card">
          <summary>{permissions.length} permissions here</summary>
          <div className="cr-tags">
            {permissions.map((permission) => (
              <span key={permission}>{permission}</span>
            ))}
          </div>
        </details>
      )}
      <p>
        The schema as a file: <a href={SDL_URL}>schema.graphql</a>
      </p>
    </div>
  );
}

function Unreachable() {
  return (
    <div className="cr-panel">
      <h2>No connection</h2>
      <p>The server does not answer, or not as {settings.product} does.</p>
      <div className="cr-row">
        <button type="button" className="cr-button cr-button-primary" onClick={() => resume()}>
          Try again
        </button>
      </div>
    </div>
  );
}

function Account() {
  const { status, viewer, token, epoch } = session.use();
  if (status === 'signed-in') return <WhoAmI viewer={viewer} token={token} epoch={epoch} />;
  if (status === 'unreachable') return <Unreachable />;
  return <SignIn />;
}

/** The plugin for GraphiQL. */
export const ACCOUNT_PLUGIN = { title: 'Account', icon: AccountIcon, content: Account };
