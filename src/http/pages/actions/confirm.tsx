/** The page before an operator's action: its effects, its form, and the error of the last try. */
import type { VNode } from 'preact';
import type { Problem } from '../../plumbing/problems.js';
import type { AccountData } from '../account/accountData.js';
import { CONNECT_FIELDS, type Action, type Field } from './actions.js';
import type { Form } from '../ui/form.js';
import { Page, type Frame } from '../ui/layout.js';

export type Failure = Pick<Problem['fields'], 'title' | 'detail' | 'field' | 'cure'>;
type Shown = { readonly frame: Frame; readonly form: Form; readonly failure: Failure | null };

export function ConfirmPage({
  frame,
  name,
  action,
  data,
  form,
  failure,
}: Shown & {
  readonly name: string;
  readonly action: Action;
  readonly data: AccountData;
}): VNode {
  const { accountId } = data.numbers;
  return (
    <Page frame={frame} title={`${action.title}: ${accountId}`} here="accounts">
      <div class="confirm card">
        <p class="crumbs">
          <a href="/accounts">Accounts</a> / <a href={`/accounts/${accountId}`}>{accountId}</a>
        </p>
        <h1>{action.title}</h1>
        <h2>What will happen to {accountId}</h2>
        <ul>
          {action.will(data).map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
        <Refusal failure={failure} />
        <form method="post" action={`/accounts/${accountId}/do/${name}`}>
          {action.fields(data, form).map((field) => (
            <Input key={field.name} field={field} form={form} failure={failure} />
          ))}
          <p class="actions">
            <button type="submit" class={action.isDangerous ? 'danger' : 'primary'}>
              {action.button}
            </button>
            <a class="button" href={`/accounts/${accountId}`}>
              Cancel
            </a>
          </p>
        </form>
      </div>
    </Page>
  );
}

const ID_FIELD: Field = {
  name: 'accountId',
  label: 'Account id',
  hint: 'Your own name for the account: letters, digits and . _ : - . It cannot be changed later.',
  isRequired: true,
};

export const ConnectPage = ({ frame, form, failure }: Shown): VNode => (
  <Page frame={frame} title="Connect an account" here="accounts">
    <div class="confirm card">
      <p class="crumbs">
        <a href="/accounts">Accounts</a>
      </p>
      <h1>Connect an account</h1>
      <p>
        Safeband first compares the account with Postgres, usually in less than a second. Then the
        account may send within its safe band.
      </p>
      <Refusal failure={failure} />
      <form method="post" action="/connect">
        {[ID_FIELD, ...CONNECT_FIELDS].map((field) => (
          <Input key={field.name} field={field} form={form} failure={failure} />
        ))}
        <p class="actions">
          <button type="submit" class="primary">
            Connect the account
          </button>
          <a class="button" href="/accounts">
            Cancel
          </a>
        </p>
      </form>
    </div>
  </Page>
);

/** Renders why nothing was changed, and the fix. */
export const Refusal = ({ failure }: { readonly failure: Failure | null }): VNode | null =>
  failure === null ? null : (
    <p class="banner banner-error" role="alert" id="refusal">
      <strong>{failure.title}.</strong> {failure.detail}.{' '}
      {failure.cure === undefined
        ? 'Nothing was changed.'
        : `Nothing was changed. To fix it: ${failure.cure}.`}
    </p>
  );

/** Renders a field of a form with its label, its hint and its last value. */
export function Input({
  field,
  form,
  failure,
}: {
  readonly field: Field;
  readonly form: Form;
  readonly failure: Failure | null;
}): VNode {
  const { name, label, hint, isRequired = false, isNumber = false, options } = field;
  const isWrong = failure?.field === name;
  const value = form[name] ?? field.value ?? '';
  const described =
    [hint === undefined ? '' : `${name}-hint`, isWrong ? 'refusal' : '']
      .filter(Boolean)
      .join(' ') || undefined;
  return (
    <div class={isWrong ? 'field wrong' : 'field'}>
      <label for={name}>{label}</label>
      {options ? (
        <select id={name} name={name} required={isRequired} aria-describedby={described}>
          {value === '' ? <option value="">choose…</option> : null}
          {options.map(([one, word]) => (
            <option key={one} value={one} selected={one === value}>
              {word}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={name}
          name={name}
          value={value}
          type="text"
          inputMode={isNumber ? 'numeric' : undefined}
          required={isRequired}
          aria-invalid={isWrong ? 'true' : undefined}
          aria-describedby={described}
          autoComplete="off"
        />
      )}
      {hint === undefined ? null : (
        <p class="note" id={`${name}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
