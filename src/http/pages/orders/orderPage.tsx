/** The page of one order on many accounts (R30). */
import type { VNode } from 'preact';
import { orderFor } from '../../../domain/fleet/orderFor.js';
import { parseInstant } from '../../../domain/primitives/time.js';
import type { OrderAccountRow, OrderRow } from '../../../postgres/fleet/orders.js';
import { stateOfOrder } from '../../../status/orderDesk.js';
import { FieldsForm, Refusal, type Failure } from '../actions/confirm.js';
import type { Form } from '../ui/form.js';
import { many, whole } from '../ui/format.js';
import { CRUMBS, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Empty, Section, When } from '../ui/parts.js';
import { AccountsFile, mayTakeBack } from './orderEnd.js';
import { REASON } from './orderForm.js';

/** The states of an order with their signs. */
export const SIGNS = {
  running: '◐ running',
  stopping: '◐ stopping',
  stopped: '■ stopped',
  done: '● done',
} as const;
export const msOf = (text: string): number => parseInstant(text) ?? 0;

/** One order: its progress, what can be done, and the accounts that it could not change. */
export function OrderPage({
  frame,
  order,
  failed,
  mayOrder,
  form,
  failure,
}: {
  readonly frame: Frame;
  readonly mayOrder: boolean;
  readonly form: Form;
  readonly failure: Failure | null;
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
          {SIGNS[state]}. For {orderFor(order)}. Made <When at={msOf(order.madeAt)} show="full" />{' '}
          by {order.actor}: {order.reason}
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
