/** The page that sets the policy of new accounts of a group (R26). */
import type { VNode } from 'preact';
import type { GroupRow } from '../../../postgres/groups/defaults.js';
import { FieldsForm, Refusal, type Failure } from '../actions/confirm.js';
import { many } from '../ui/format.js';
import type { Form } from '../ui/form.js';
import { Crumbs, type Crumb } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { policyFields } from './policyForm.js';

const GROUPS: Crumb = ['/groups', 'Groups'];

export function PolicyPage({
  frame,
  row,
  form,
  failure,
}: {
  readonly frame: Frame;
  readonly row: GroupRow;
  readonly form: Form;
  readonly failure: Failure | null;
}): VNode {
  const { group, accounts, defaults } = row;
  const fields = policyFields(defaults);
  return (
    <Page frame={frame} title={`Policy of new accounts: ${group}`} here="fleet">
      <div class="confirm card">
        <Crumbs way={[GROUPS]} />
        <h1>Policy of new accounts</h1>
        <h2>What will happen to {group}</h2>
        <ul>
          <li>
            A new account of {group} takes each setting that its connect leaves out from here.
          </li>
          <li>
            {accounts === 0
              ? 'The group has no account yet.'
              : `The group has ${many(accounts, 'account')}: nothing changes there.`}
          </li>
        </ul>
        <Refusal failure={failure} fields={fields} />
        <FieldsForm
          action={`/groups/${group}/policy`}
          fields={fields}
          form={form}
          failure={failure}
          button="Set the policy"
          cancel="/groups"
        />
      </div>
    </Page>
  );
}
