/** Who asks: a key, and what it may do. */

/** What a key is for; an operator may do all, a reader changes nothing. */
export type Role = 'pipeline' | 'reader' | 'operator';

export type Caller = {
  readonly keyId: string;
  /** What the key was called when it was made: the actor of what is changed with it. */
  readonly name: string;
  readonly role: Role;
  /** Null: all accounts. */
  readonly accounts: readonly string[] | null;
};

/** May this key know of the account at all; where not, the answer is 404. */
export const maySee = ({ accounts }: Caller, accountId: string): boolean =>
  accounts === null || accounts.includes(accountId);

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the `auth` plugin before any handler that needs it. */
    caller: Caller;
  }
}
