// Who is signed in. The token is kept in sessionStorage, so it ends with the browser tab; never in localStorage.
// On https the server's HttpOnly cookie does the work, and no token is kept at all.
import { post } from './http.js';
import { createStore } from './store.js';

const TOKEN_KEY = 'chartroom.playground.token';

const WHO_AM_I = `query WhoAmI {
  viewer { user { id username fullName email } organization { id name displayName } session { id expiresAt } }
}`;
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { token session { id expiresAt } viewer { user { id username fullName } organization { id name } } userErrors { code message path } }
}`;
const SIGN_OUT = `mutation SignOut { signOut { deletedId userErrors { code message path } } }`;

/** `status` is one of starting, anonymous, signed-in, unreachable; `epoch` grows with every change of the credential. */
export const session = createStore({ status: 'starting', viewer: null, token: null, epoch: 0 });

/** The credential of the next request; null where a cookie or nothing is used. */
export const currentToken = () => session.get().token;

/** The sign-in was refused; `message` can be shown as it is. */
export class Refused extends Error {}

function become(status, viewer, token) {
  if (token) sessionStorage.setItem(TOKEN_KEY, token);
  else sessionStorage.removeItem(TOKEN_KEY);
  session.set((old) => ({ status, viewer, token, epoch: old.epoch + 1 }));
}

async function whoAmI(token) {
  const { result } = await post({ query: WHO_AM_I, operationName: 'WhoAmI' }, { token });
  return result.data?.viewer ?? null;
}

/** Finds out at the start whether a token of this tab or a cookie still works. */
export async function resume() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  try {
    const viewer = await whoAmI(token);
    become(viewer ? 'signed-in' : 'anonymous', viewer, viewer ? token : null);
  } catch {
    session.set((old) => ({ ...old, status: 'unreachable' }));
  }
}

/** Signs in with a login and a password. */
export async function signIn(login, password) {
  const { result } = await post({ query: SIGN_IN, operationName: 'SignIn', variables: { input: { login, password } } });
  const payload = result.data?.signIn;
  const problem = payload?.userErrors?.[0] ?? result.errors?.[0];
  if (problem || !payload) throw new Refused(problem?.message ?? 'The server did not answer the sign-in.');
  const byCookie = location.protocol === 'https:' ? await whoAmI(null) : null;
  if (byCookie) return become('signed-in', byCookie, null);
  const viewer = await whoAmI(payload.token);
  if (!viewer) throw new Refused('The server accepted the password, but not the session. Are cookies blocked?');
  return become('signed-in', viewer, payload.token);
}

/** Works with an API key instead of a session. */
export async function useKey(key) {
  const viewer = await whoAmI(key);
  if (!viewer) throw new Refused('The server does not accept this API key.');
  become('signed-in', viewer, key);
}

/** Ends the session on the server; an API key is only forgotten here. The page starts anew, so that no answer stays. */
export async function signOut() {
  const { viewer, token } = session.get();
  if (viewer?.session) {
    await post({ query: SIGN_OUT, operationName: 'SignOut' }, { token }).catch(() => undefined);
  }
  become('anonymous', null, null);
  location.reload();
}

/** Called for answers that say the credential is no longer good: back to the sign-in panel. */
export function expired() {
  if (session.get().status === 'signed-in') become('anonymous', null, null);
}
