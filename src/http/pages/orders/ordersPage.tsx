/** *Orders*: make an order on many accounts after its preview, and see the last ones (R30). */
import type { VNode } from 'preact';
import { ORDER_KINDS, ORDER_RATE } from '../../../domain/fleet/order.js';
import { COOLDOWN_CAUSES } from '../../../domain/account/stops.js';
import { ACCOUNT_STATES } from '../../../domain/gate/accountState.js';
import { TIERS } from '../../../domain/primitives/tier.js';
import { parseInstant } from '../../../domain/primitives/time.js';
import type { OrderAccountRow, OrderRow } from '../../../postgres/fleet/orders.js';
import { stateOfOrder, type Previewed } from '../../../status/orderDesk.js';
import { FieldsForm, Refusal, type Failure } from '../actions/confirm.js';
import type { Field } from '../actions/fields.js';
import type { Form } from '../ui/form.js';
import { many, whole } from '../ui/format.js';
import { CRUMBS, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Ago, Empty, Section, Table, When } from '../ui/parts.js';
import { AccountsFile, mayTakeBack } from './orderEnd.js';

const pairs = (words: readonly string[], none: string): readonly (readonly [string, string])[] => [
  ['', none],
  ...words.map((word) => [word, word.replaceAll('_', ' ')] as const),
];
const REASON: Field = {
  name: 'reason',
  label: 'Reason',
  hint: 'Each account has it in its list of changes, with the id of the order.',
  isRequired: true,
};
export const ORDER_FIELDS: readonly Field[] = [
  {
    name: 'kind',
    label: 'What each account does',
    isRequired: true,
    options: ORDER_KINDS.map((kind) => [kind, kind] as const),
  },
  {
    name: 'accountIds',
    label: 'Accounts',
    hint: 'Ids with a comma or a blank between them. The word all: every connected account.',
  },
  { name: 'group', label: 'Group', hint: 'Only accounts of this group.' },
  { name: 'tier', label: 'Tier', options: pairs(TIERS, 'every tier') },
  { name: 'state', label: 'State', options: pairs(ACCOUNT_STATES, 'every connected account') },
  {
    name: 'cooldown',
    label: 'Cooldown',
    hint: 'Only accounts in a cooldown with this cause. Resume then ends only this cooldown.',
    options: pairs(COOLDOWN_CAUSES, 'any or none'),
  },
  {
    name: 'change',
    label: 'Settings',
    hint: 'Only for configure, as JSON such as {"dailyCap":30}.',
  },
  REASON,
  {
    name: 'perSecond',
    label: 'Accounts a second',
    hint: `From ${ORDER_RATE.min} to ${ORDER_RATE.max}.`,
    isNumber: true,
    value: `${ORDER_RATE.default}`,
  },
];

type Props = {
  readonly frame: Frame;
  readonly orders: readonly OrderRow[];
  readonly mayOrder: boolean;
  readonly form: Form;
  readonly failure: Failure | null;
  /** What the order of the form would be for; null before its preview. */
  readonly preview: Previewed | null;
};

export const OrdersPage = ({ frame, orders, mayOrder, form, failure, preview }: Props): VNode => (
  <Page frame={frame} title="Orders" here="fleet" stream={preview ? null : '/v1/stream'}>
    <Head way={[CRUMBS.fleet]} title="Orders on many accounts">
      <p class="note">
        An order gives each account one message, some accounts a second. Its preview shows which
        accounts these are.
      </p>
    </Head>
    {preview ? <PreviewSection preview={preview} form={form} /> : null}
    {mayOrder ? (
      <Section id="make" title={preview ? 'Change the order' : 'Make an order'}>
        <Refusal failure={failure} fields={ORDER_FIELDS} />
        <FieldsForm
          action="/orders/preview"
          fields={ORDER_FIELDS}
          form={form}
          failure={failure}
          button="Show which accounts"
        />
      </Section>
    ) : null}
    <Section id="orders" title="Last orders">
      {orders.length === 0 ? (
        <Empty>No order yet.</Empty>
      ) : (
        <Orders orders={orders} frame={frame} />
      )}
    </Section>
  </Page>
);

const PreviewSection = ({
  preview: { count, accounts, effect, missing },
  form,
}: {
  readonly preview: Previewed;
  readonly form: Form;
}): VNode => (
  <Section id="preview" title={`This order is for ${many(count, 'account')}`}>
    <p>{effect}</p>
    {missing > 0 ? (
      <p class="over">{many(missing, 'named account')} cannot be chosen: it is not connected.</p>
    ) : null}
    <p class="figures">
      {accounts.join(', ')}
      {count > accounts.length ? `, and ${whole(count - accounts.length)} more` : ''}
    </p>
    <FieldsForm
      action="/orders"
      hidden={Object.fromEntries([
        ...ORDER_FIELDS.map(({ name }) => [name, form[name] ?? ''] as const),
        ['expected', `${count}`] as const,
      ])}
      fields={[]}
      form={form}
      failure={null}
      button={count === 0 ? null : `Order it for ${many(count, 'account')}`}
      isDangerous={true}
      cancel="/orders"
    />
  </Section>
);

const Orders = ({
  orders,
  frame,
}: {
  readonly orders: readonly OrderRow[];
  readonly frame: Frame;
}): VNode => (
  <Table
    caption="Orders"
    stacks={true}
    head={[
      'Order',
      'State',
      'Made',
      { figure: 'Accounts' },
      { figure: 'Done' },
      'Result',
      'Reason',
    ]}
  >
    {orders.map((one) => (
      <tr key={one.orderId} id={`order-${one.orderId}`}>
        <th scope="row">
          <a href={`/orders/${one.orderId}`}>
            {one.kind} {one.orderId}
          </a>
        </th>
        <td>{SIGNS[stateOfOrder(one)]}</td>
        <td>
          <Ago at={msOf(one.madeAt)} now={frame.now} />
        </td>
        <td class="number">{whole(one.accounts)}</td>
        <td class="number">{whole(one.done)}</td>
        <td>
          {whole(one.unchanged)} unchanged, {whole(one.failed)} failed, {whole(one.left)} left
        </td>
        <td class="wide">
          {one.reason} ({one.actor})
        </td>
      </tr>
    ))}
  </Table>
);

/** One order: its progress, what can be done, and the accounts that it could not change. */
export function OrderPage({
  frame,
  order,
  failed,
  mayOrder,
  form,
  failure,
}: Omit<Props, 'orders' | 'preview'> & {
  readonly order: OrderRow;
  readonly failed: readonly OrderAccountRow[];
}): VNode {
  const { orderId, kind, accounts, left, done } = order;
  const state = stateOfOrder(order);
  const path = state === 'running' ? 'stop' : mayTakeBack(order) ? 'takeBack' : null;
  return (
    <Page frame={frame} title={`Order ${orderId}`} here="fleet" stream="/v1/stream">
      <Head
        way={[CRUMBS.fleet, ['/orders', 'Orders']]}
        title={`${kind}: ${many(accounts, 'account')}`}
      >
        <p>
          {SIGNS[state]}. Made <When at={msOf(order.madeAt)} show="full" /> by {order.actor}:{' '}
          {order.reason}
        </p>
      </Head>
      <Section id="progress" title="Progress">
        <p>
          <progress max={accounts} value={accounts - left} aria-label="Accounts with an outcome" />{' '}
          {whole(accounts - left)} of {whole(accounts)}: {whole(done)} done,{' '}
          {whole(order.unchanged)} unchanged, {whole(order.failed)} failed, {whole(left)} left.
        </p>
        <AccountsFile order={order} />
        <Related order={order} />
        <Refusal failure={failure} fields={[REASON]} />
        {mayOrder && path !== null ? (
          <FieldsForm
            action={`/orders/${orderId}/${path}`}
            fields={[REASON]}
            form={form}
            failure={failure}
            button={
              path === 'stop' ? 'Stop the order' : `Resume the ${whole(done)} that it has held`
            }
            isDangerous={path === 'stop'}
          />
        ) : null}
      </Section>
      {order.accountsDeletedAt === null ? <Failed count={order.failed} rows={failed} /> : null}
    </Page>
  );
}

/** Renders the first accounts that could not be changed, with why. */
const Failed = ({
  count,
  rows,
}: {
  readonly count: number;
  readonly rows: readonly OrderAccountRow[];
}): VNode => (
  <Section id="failed" title={`Failed (${whole(count)})`}>
    {count > rows.length ? (
      <p class="note">The first {whole(rows.length)}. The CSV has all of them.</p>
    ) : null}
    {rows.length === 0 ? (
      <Empty>None.</Empty>
    ) : (
      <ul class="plain">
        {rows.map(({ accountId, error }) => (
          <li key={accountId}>
            <a href={`/accounts/${accountId}`}>{accountId}</a> {error}
          </li>
        ))}
      </ul>
    )}
  </Section>
);

/** Renders who stopped the order, and the orders that it is about. */
const Related = ({
  order: { stopped, takesBack, takenBackBy },
}: {
  readonly order: OrderRow;
}): VNode => (
  <>
    {stopped ? (
      <p>
        Stopped by {stopped.actor}: {stopped.reason}
      </p>
    ) : null}
    {takesBack ? (
      <p>
        It takes back the order <a href={`/orders/${takesBack}`}>{takesBack}</a>.
      </p>
    ) : null}
    {takenBackBy ? (
      <p>
        The order <a href={`/orders/${takenBackBy}`}>{takenBackBy}</a> has taken it back.
      </p>
    ) : null}
  </>
);

const SIGNS = {
  running: '◐ running',
  stopping: '◐ stopping',
  stopped: '■ stopped',
  done: '● done',
} as const;
const msOf = (text: string): number => parseInstant(text) ?? 0;
