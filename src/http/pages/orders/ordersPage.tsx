/** *Orders*: make an order on many accounts after its preview, and see the last ones (R30). */
import type { VNode } from 'preact';
import { orderFor } from '../../../domain/fleet/orderFor.js';
import type { OrderRow } from '../../../postgres/fleet/orders.js';
import { stateOfOrder, type Previewed } from '../../../status/orderDesk.js';
import { FieldsForm, Refusal, type Failure } from '../actions/confirm.js';
import { ListEnd } from '../groups/listEnd.js';
import type { Form } from '../ui/form.js';
import { many, whole } from '../ui/format.js';
import { CRUMBS, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Ago, Empty, Section, Table } from '../ui/parts.js';
import { ORDER_FIELDS } from './orderForm.js';
import { msOf, SIGNS } from './orderPage.js';

type Props = {
  readonly frame: Frame;
  readonly orders: readonly OrderRow[];
  /** The group of the list; null: all orders. */
  readonly group: string | null;
  /** The address of the next page of the list; null on the last one. */
  readonly next: string | null;
  /** True: this is the first page of the list. */
  readonly isFirst: boolean;
  readonly mayOrder: boolean;
  readonly form: Form;
  readonly failure: Failure | null;
  /** What the order of the form would be for; null before its preview. */
  readonly preview: Previewed | null;
};

export const OrdersPage = ({ frame, mayOrder, form, failure, preview, ...list }: Props): VNode => (
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
    <Listed frame={frame} {...list} />
  </Page>
);

/** Renders the filter, the orders, and the link to older ones. */
const Listed = ({
  frame,
  orders,
  group,
  next,
  isFirst,
}: Pick<Props, 'frame' | 'orders' | 'group' | 'next' | 'isFirst'>): VNode => {
  const first = group === null ? '/orders' : `/orders?group=${group}`;
  return (
    <Section id="orders" title="Orders, the newest first">
      <form class="filter" method="get" action="/orders" role="search" data-apply="now">
        <label>
          Orders for the group
          <input type="search" name="group" value={group ?? ''} maxLength={64} placeholder="all" />
        </label>
        <noscript>
          <button type="submit">Show</button>
        </noscript>
      </form>
      {orders.length === 0 ? (
        <Empty>{group === null && isFirst ? 'No order yet.' : 'No order matches.'}</Empty>
      ) : (
        <>
          <Orders orders={orders} frame={frame} />
          <ListEnd
            shown={many(orders.length, 'order')}
            csv={null}
            first={isFirst ? null : first}
            next={next}
          />
        </>
      )}
    </Section>
  );
};

const PreviewSection = ({
  preview: { count, accounts, effect, missing, settings },
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
    {settings.length === 0 ? null : <Changed settings={settings} />}
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

/** Renders the settings that the order changes, before and after. */
const Changed = ({ settings }: Pick<Previewed, 'settings'>): VNode => (
  <Table
    caption="Settings that change"
    stacks={true}
    head={['Setting', 'Now', 'After', { figure: 'Accounts' }]}
  >
    {settings.map(({ setting, before, after, accounts }) => (
      <tr key={`${setting} ${before} ${after}`}>
        <th scope="row">{setting}</th>
        <td>{before}</td>
        <td>{after}</td>
        <td class="number">{whole(accounts)}</td>
      </tr>
    ))}
  </Table>
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
      'For',
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
        <td>{orderFor(one)}</td>
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
