/** What an ask of a group keeps between its steps (R31): the account, and the recipient. */
import type { Instant } from '../primitives/time.js';
import type { GroupContact } from './groupAsk.js';

/** The ask of a group: its id, and the recipient if it has one. */
export type GroupAsk = {
  readonly group: string;
  readonly reservationId: string;
  readonly recipientId: string | null;
};
/** Where an ask is: `asking` an account, `granted` by it, or used up without a grant. */
export type Place = {
  readonly accountId: string;
  readonly state: 'asking' | 'granted' | 'given_back';
  /** True: the account is in the group now, and connected. */
  readonly isMember: boolean;
};
/** The recipient is held for this ask, or for another one until that instant. */
export type Hold =
  | {
      readonly held: true;
      /** The account with the last grant of the group for the recipient, if it is a member. */
      readonly granted: string | null;
      readonly contacts: readonly GroupContact[];
    }
  | { readonly held: false; readonly heldBy: string; readonly until: Instant };
