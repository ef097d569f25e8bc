// Where the server is. Every script lies in <api>/assets/, so the addresses follow from this file's own
// and hold behind a proxy that adds a prefix to the path.
/** Address of the folder with the built files, with a slash at its end. */
export const ASSETS_URL = new URL('.', import.meta.url);
/** Address of the GraphQL endpoint. */
export const API_URL = new URL(ASSETS_URL.href.replace(/\/assets\/$/, ''));
/** Address of the schema file. */
export const SDL_URL = `${API_URL.pathname}/schema.graphql`;
/** Where a session cookie is exchanged for a ticket to a socket. */
export const TICKET_URL = `${API_URL.pathname}/ticket`;
