/** The brake on the page *Fleet* and, while it is on, at the top of every page (R27). */
import type { VNode } from 'preact';
import { holdsOfBrake, type HoldOrder } from '../../../domain/fleet/brakeHolds.js';
import { parseInstant } from '../../../domain/primitives/time.js';
import type { GroupCount } from '../../../postgres/groups/members.js';
import type { BrakeShown, BrakesRead } from '../../../status/brakes.js';
import { FieldsForm, Refusal, type Failure } from '../actions/confirm.js';
import type { Field } from '../actions/fields.js';
import { LISTED_MAX } from '../groups/groupChoice.js';
import type { Form } from '../ui/form.js';
import { many } from '../ui/format.js';
import { Ago, Empty, Section, When } from '../ui/parts.js';
import type { Frame } from '../ui/layout.js';

export type BrakePart = {
  /** Null: it cannot be read now. */
  readonly brakes: BrakesRead | null;
  /** True if the person may stop and release the accounts of that group; null: all accounts. */
  readonly mayBrake: (group: string | null) => boolean;
  /** The groups that exist. */
  readonly groups: readonly GroupCount[];
  readonly form: Form;
  readonly failure: Failure | null;
};

const REASON: Field = {
  name: 'reason',
  label: 'Reason',
  hint: 'Shown to all who use the fleet, and kept with the name of your key.',
  isRequired: true,
};
const RELEASE: Field = { name: 'reason', label: 'Reason of the release', isRequired: true };

/** Returns the fields of the form; null: the person may stop nothing more. */
function fieldsOf({ brakes, mayBrake, groups, form }: BrakePart): readonly Field[] | null {
  const isFree = (group: string | null): boolean =>
    mayBrake(group) && !(brakes?.held ?? []).some((one) => one.group === group);
  const known = groups.filter(({ group }) => isFree(group));
  if (known.length === 0 && !isFree(null)) return null;
  const of = { name: 'group', label: 'Accounts', isRequired: !isFree(null) };
  if (known.length > LISTED_MAX) {
    const hint = `The name of a group.${isFree(null) ? ' Empty: all accounts.' : ''}`;
    return [{ ...of, hint }, REASON];
  }
  const asked = form['group'] ?? '';
  const isListed = asked === '' || known.some(({ group }) => group === asked);
  const options: readonly (readonly [string, string])[] = [
    ...(isFree(null) ? [['', 'All accounts'] as const] : []),
    ...known.map(
      ({ group, accounts }) => [group, `${group} (${many(accounts, 'account')})`] as const,
    ),
    // A form that was refused keeps its group: in its place the list would show all accounts.
    ...(isListed ? [] : [[asked, asked] as const]),
  ];
  return [{ ...of, options }, REASON];
}

/** Brakes of the trace that the page shows; the API lists more. */
const SHOWN = 5;

/** Renders the state of the brake, its last uses, and the button of an operator. */
export function BrakeSection({ frame, part }: { readonly frame: Frame; readonly part: BrakePart }) {
  const { brakes, mayBrake, form, failure } = part;
  const fields = fieldsOf(part);
  const held = brakes?.held ?? [];
  const past = brakes?.history.filter(({ released }) => released !== null).slice(0, SHOWN) ?? [];
  return (
    <Section
      id="brake"
      title="Brake"
      note="It stops all sends within 2 s. Reports of outcomes are still taken."
    >
      <Refusal failure={failure} fields={fields ?? [REASON]} />
      {brakes === null ? (
        <p class="over">The brake cannot be read now, so no caller gets a slot.</p>
      ) : held.length === 0 ? (
        <p>● The brake is off: the gate of each account decides.</p>
      ) : (
        held.map((one) => (
          <On key={one.brakeId} brake={one} frame={frame} mayRelease={mayBrake(one.group)} />
        ))
      )}
      {fields ? (
        <FieldsForm
          action="/fleet/brake/preview"
          fields={fields}
          form={form}
          failure={failure}
          button="Stop sends …"
          isDangerous={true}
        />
      ) : null}
      {past.length === 0 ? (
        <Empty>The brake was never released yet.</Empty>
      ) : (
        <ul class="plain">
          {past.map(({ brakeId, group, since, actor, reason, released, holdOrders }) => (
            <li key={brakeId} id={`brake-${brakeId}`}>
              {group === null ? '' : `Group ${group}: `}
              <When at={msOf(since)} show="full" /> to{' '}
              <When at={msOf(released?.at ?? since)} show="full" />: {reason} ({actor}); released by{' '}
              {released?.actor}: {released?.reason}
              <Held orders={holdOrders} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function On({
  brake: { brakeId, group, since, actor, reason, holdOrders },
  frame,
  mayRelease,
}: {
  readonly brake: BrakeShown;
  readonly frame: Frame;
  readonly mayRelease: boolean;
}): VNode {
  return (
    <div id={`held-${brakeId}`}>
      <p class="over">
        <strong>
          ■ The brake is on for {group === null ? 'all accounts' : `the group ${group}`}
        </strong>{' '}
        since <When at={msOf(since)} show="full" /> (<Ago at={msOf(since)} now={frame.now} />)
        {actor === null ? null : `, by ${actor}: ${reason}`}. No account
        {group === null ? '' : ' of this group'} gets a slot.
      </p>
      {holdOrders !== null && holdOrders.length > 0 ? (
        <p>
          Its accounts are held, too.
          <Held orders={holdOrders} />
        </p>
      ) : mayRelease ? (
        <p>
          It does not reach programs that send messages to the accounts themselves.{' '}
          <a href={orderHref({ group, reason: reason ?? '' })}>Hold the accounts, too</a>: you see
          first which accounts these are.
        </p>
      ) : null}
      {mayRelease ? (
        <FieldsForm
          action="/fleet/brake/release"
          hidden={{ group: group ?? '' }}
          fields={[{ ...RELEASE, id: `release-${brakeId}` }]}
          form={{}}
          failure={null}
          button={group === null ? 'Release the brake' : `Release the brake of ${group}`}
        />
      ) : null}
    </div>
  );
}

/** Renders the orders that hold the accounts of a brake until they are taken back. */
const Held = ({ orders }: { readonly orders: readonly HoldOrder[] | null }): VNode => (
  <>
    {(orders ?? []).map(({ orderId, done, isRunning }) => (
      <span key={orderId}>
        {' '}
        The order <a href={`/orders/${orderId}`}>{orderId}</a>{' '}
        {isRunning ? 'runs, and has held' : 'has held'} {many(done, 'account')}, which stay held
        until you take it back.
      </span>
    ))}
  </>
);

/** Returns the address of the form that holds the accounts of a brake, filled in. */
function orderHref(brake: { readonly group: string | null; readonly reason: string }): string {
  const { kind, filter, reason } = holdsOfBrake(brake);
  const which = 'all' in filter ? { accountIds: 'all' } : filter;
  return `/orders?${new URLSearchParams({ kind, ...which, reason }).toString()}#make`;
}

const msOf = (text: string): number => parseInstant(text) ?? 0;
