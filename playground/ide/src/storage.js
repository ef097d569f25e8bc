// What GraphiQL remembers between visits: tabs, history, the layout. Its history would store headers too, and
// variables of a sign-in hold a password, so both are taken out on the way to the disk.
const PREFIX = 'graphiql:';
const SECRET = /("\w*(?:password|passcode|secret|token|keyfile)\w*"\s*:\s*")(?:[^"\\]|\\.)*"/gi;

const withoutSecrets = (variables) => variables.replace(SECRET, '$1"');

function cleaned(key, value) {
  if (key === `${PREFIX}headers`) return '';
  if (key === `${PREFIX}variables`) return withoutSecrets(value);
  try {
    const state = JSON.parse(value, (name, part) => {
      if (name === 'headers') return null;
      return name === 'variables' && typeof part === 'string' ? withoutSecrets(part) : part;
    });
    return JSON.stringify(state);
  } catch {
    return value; // a word or a number, such as the name of the open panel
  }
}

const ownKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

/** Storage in the shape that GraphiQL expects. */
export const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, cleaned(key, value)),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => ownKeys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return ownKeys().length;
  },
};
