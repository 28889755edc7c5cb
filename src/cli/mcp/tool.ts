/** What a tool is, and where its request goes. */
import type { Http } from '../source/http.js';

/** The arguments of a tool, as the agent sent them. */
export type Args = { readonly [name: string]: unknown };
export type Tool = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: 'object';
    readonly properties: Readonly<Record<string, object>>;
    readonly required: string[];
    readonly additionalProperties: false;
  };
  /** True if it changes nothing. */
  readonly isRead: boolean;
  readonly call: (http: Http, args: Args) => Promise<unknown>;
};

/** Returns the path of an account; the server refuses an id that is not allowed. */
export const pathOf = ({ accountId: id }: Args): string =>
  `/v1/accounts/${encodeURIComponent(String(id))}`;
/** Returns the arguments without the account, for a body. */
export const bodyOf = (args: Args): Args =>
  Object.fromEntries(Object.entries(args).filter(([name]) => name !== 'accountId'));
/** Returns the arguments without the account, for a query. */
export const queryOf = (args: Args): Record<string, string> =>
  Object.fromEntries(Object.entries(bodyOf(args)).map(([name, value]) => [name, String(value)]));
