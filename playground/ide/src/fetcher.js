// What GraphiQL runs operations with: plain requests here, subscriptions in subscribe.js, which is loaded on demand.
import { getIntrospectionQuery, getOperationAST } from 'graphql';
import { recordAnswer } from './answers.js';
import { post, TransportError } from './http.js';
import { currentToken, expired, session } from './session.js';
import { toast } from './toast.jsx';

// GraphiQL's own leaves out which inputs take exactly one field, and asks deeper than any type of ours is wrapped.
const INTROSPECTION = getIntrospectionQuery({
  inputValueDeprecation: true,
  schemaDescription: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  oneOf: true,
  typeDepth: 5, // [[T!]!]!
});

function isSubscription(documentAST, operationName) {
  return documentAST ? getOperationAST(documentAST, operationName)?.operation === 'subscription' : false;
}

/** True where the server says that the caller is not, or no longer, known. */
function isUnauthenticated({ status }, result) {
  return status === 401 || result.errors?.some((e) => e.extensions?.code === 'UNAUTHENTICATED');
}

/** How many mistakes mutations found in what they were given: forms that were refused come with status 200. */
function mistakesIn({ data }) {
  return Object.values(data ?? {}).reduce((count, payload) => count + (payload?.userErrors?.length ?? 0), 0);
}

/** Fetcher of one session. It refuses to work for a later one, so that an answer never lands with the wrong person. */
export function createFetcher(epoch) {
  return async (operation, { headers, documentAST } = {}) => {
    if (session.get().epoch !== epoch) return { errors: [{ message: 'The session has changed. Run it again.' }] };
    if (isSubscription(documentAST, operation.operationName)) {
      const { subscribe } = await import('./subscribe.js');
      return subscribe(operation, currentToken(), headers);
    }
    const isIntrospection = operation.operationName === 'IntrospectionQuery' && !documentAST;
    const answered = isIntrospection ? () => undefined : recordAnswer();
    const sent = isIntrospection ? { ...operation, query: INTROSPECTION } : operation;
    try {
      const { result, facts } = await post(sent, { token: currentToken(), headers });
      answered({ ...facts, extensions: result.extensions, errors: result.errors?.length ?? 0, mistakes: mistakesIn(result) });
      if (session.get().status === 'signed-in' && isUnauthenticated(facts, result)) {
        expired();
        toast('Your session has ended. Sign in again.', 'error');
      }
      return result;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      answered(error.facts ?? null);
      return { errors: [{ message: error.message }] };
    }
  };
}
