/** Who asks: a key, and what it may do. */
import type { Caller } from '../../postgres/access/keys.js';

export { ROLES, type Caller, type Role } from '../../postgres/access/keys.js';

/** What a route needs: nothing, a key that may read, report sends, or operate. */
export type Need = 'public' | 'read' | 'send' | 'operate';

/** Before a key is known, and on routes that need none: sees nothing, may nothing. */
export const NOBODY: Caller = { keyId: '', name: 'nobody', role: 'reader', accounts: [] };

/** May this key know of the account at all; where not, the answer is 404. */
export const maySee = ({ accounts }: Caller, accountId: string): boolean =>
  accounts === null || accounts.includes(accountId);

/** May this key do what the route is for. */
export function mayDo({ role }: Caller, need: Need): boolean {
  if (role === 'operator' || need === 'public' || need === 'read') return true;
  return need === 'send' && role === 'pipeline';
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler: whose key or log-in it is, or `NOBODY` on a public route. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** What the route needs; a route that says nothing is refused to everybody. */
    needs?: Need;
    /** It answers with a page: set by the dashboard for all of its routes. */
    isPage?: boolean;
  }
}
