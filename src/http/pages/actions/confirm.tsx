/** The page before an operator's action: its effects, its form, and the error of the last try. */
import type { VNode } from 'preact';
import type { Problem } from '../../plumbing/problems.js';
import type { AccountData } from '../account/accountData.js';
import type { Connection } from '../../../postgres/read/pageReads.js';
import type { Action } from './action.js';
import { CONNECT_FIELDS } from './connect.js';
import type { Field } from './fields.js';
import type { Form } from '../ui/form.js';
import { Crumbs, CRUMBS, crumbsOf } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { When } from '../ui/parts.js';

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
        <Crumbs way={crumbsOf(accountId)} />
        <h1>{action.title}</h1>
        <h2>What will happen to {accountId}</h2>
        <ul>
          {action.will(data).map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
        <p class="note">
          As of <When at={frame.now} show="full" />.
        </p>
        <Refusal failure={failure} fields={action.fields(data, form)} />
        <FieldsForm
          action={`/accounts/${accountId}/do/${name}`}
          fields={action.fields(data, form)}
          form={form}
          failure={failure}
          button={action.button}
          isDangerous={action.isDangerous ?? false}
          cancel={`/accounts/${accountId}`}
        />
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

const NEW_FIELDS: readonly Field[] = [ID_FIELD, ...CONNECT_FIELDS];

const Known = ({
  accountId,
  known,
}: {
  readonly accountId: string;
  readonly known: Connection;
}): VNode => (
  <p class="banner banner-error" role="alert">
    <strong>{accountId} exists already.</strong> Nothing was changed.{' '}
    {known === 'connected' ? (
      <a href={`/accounts/${accountId}/do/configure`}>Change its settings</a>
    ) : (
      <a href={`/accounts/${accountId}/do/connect`}>Connect it again</a>
    )}
    , or enter another account id.
  </p>
);

/** The form of a new account. `known`: the id in the form is an account's already. */
export const ConnectPage = ({
  frame,
  form,
  failure,
  known,
}: Shown & { readonly known?: Connection | undefined }): VNode => (
  <Page frame={frame} title="Connect an account" here="accounts">
    <div class="confirm card">
      <Crumbs way={[CRUMBS.accounts]} />
      <h1>Connect an account</h1>
      <p>
        Safeband first compares the account with Postgres, usually in less than a second. Then the
        account may send within its safe band.
      </p>
      <Refusal failure={failure} fields={NEW_FIELDS} />
      {known ? <Known accountId={form['accountId'] ?? ''} known={known} /> : null}
      <FieldsForm
        action="/connect"
        fields={NEW_FIELDS}
        form={form}
        failure={failure}
        button="Connect the account"
        cancel="/accounts"
      />
    </div>
  </Page>
);

/** Renders why nothing was changed, and the fix. A field is named by its label. */
export const Refusal = ({
  failure,
  fields = [],
}: {
  readonly failure: Failure | null;
  readonly fields?: readonly Field[];
}): VNode | null => {
  if (failure === null) return null;
  const detail = inLabels(failure, fields);
  return (
    <p class="banner banner-error" role="alert" id="refusal">
      <strong>{failure.title}.</strong> {detail}.{' '}
      {failure.cure === undefined
        ? 'Nothing was changed.'
        : `Nothing was changed. To fix it: ${failure.cure}.`}
    </p>
  );
};

/** True if the error is about that field, or about a part of it, such as `pacing.minGapSeconds`. */
const isAbout = (field: string | undefined, name: string): boolean =>
  field !== undefined &&
  (field === name || /^[.[]/.test(field.slice(name.length))) &&
  field.startsWith(name);

/** Returns the error with the label of its field: `“Pacing” (min gap seconds) should be …`. */
function inLabels({ field = '', detail }: Failure, fields: readonly Field[]): string {
  const known = fields.find(({ name }) => isAbout(field, name));
  if (!known || !detail.startsWith(field)) return detail;
  const part = field
    .slice(known.name.length)
    .replaceAll(/[.[\]]+/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .trim()
    .toLowerCase();
  return `“${known.label}”${part === '' ? '' : ` (${part})`}${detail.slice(field.length)}`;
}

/** Renders a form: its fields with their last values, its button, and a link that leaves it. */
export const FieldsForm = ({
  action,
  hidden = {},
  fields,
  form,
  failure,
  button,
  isDangerous = false,
  cancel,
}: {
  readonly action: string;
  /** Values that the form sends and does not show. */
  readonly hidden?: Form;
  readonly fields: readonly Field[];
  readonly form: Form;
  readonly failure: Failure | null;
  /** Null: the form cannot be sent. */
  readonly button: string | null;
  readonly isDangerous?: boolean;
  readonly cancel?: string;
}): VNode => (
  <form method="post" action={action}>
    {Object.entries(hidden).map(([name, value]) => (
      <input key={name} type="hidden" name={name} value={value} />
    ))}
    {fields.map((field) => (
      <Input key={field.name} field={field} form={form} failure={failure} />
    ))}
    <p class="actions">
      {button === null ? null : (
        <button type="submit" class={isDangerous ? 'danger' : 'primary'}>
          {button}
        </button>
      )}
      {cancel === undefined ? null : (
        <a class="button" href={cancel}>
          Cancel
        </a>
      )}
    </p>
  </form>
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
  const id = field.id ?? name;
  const isWrong = isAbout(failure?.field, name);
  const value = form[name] ?? field.value ?? '';
  const described =
    [hint === undefined ? '' : `${id}-hint`, isWrong ? 'refusal' : ''].filter(Boolean).join(' ') ||
    undefined;
  return (
    <div class={isWrong ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      {options ? (
        <select id={id} name={name} required={isRequired} aria-describedby={described}>
          {value === '' && !options.some(([one]) => one === '') ? (
            <option value="">choose…</option>
          ) : null}
          {options.map(([one, word]) => (
            <option key={one} value={one} selected={one === value}>
              {word}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
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
        <p class="note" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
