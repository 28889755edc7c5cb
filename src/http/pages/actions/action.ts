/** What an action of an operator is: its effects, its form fields, and its call. */
import type { SafebandClient } from '../../../client/index.js';
import type { AccountData } from '../account/accountData.js';
import type { Ordered } from './connect.js';
import type { Field } from './fields.js';
import type { Form } from '../ui/form.js';

export type Action = {
  readonly title: string;
  /** The effects, in sentences, shown before the action. */
  readonly will: (data: AccountData) => readonly string[];
  readonly fields: (data: AccountData, form: Form) => readonly Field[];
  readonly button: string;
  readonly isDangerous?: boolean;
  /** Runs the action and returns a sentence about it. Throws the refusal of the account. */
  readonly run: (client: SafebandClient, order: Ordered) => Promise<string>;
};
