/** The brake on the page *Fleet* and, while it is on, at the top of every page (R27). */
import type { VNode } from 'preact';
import { parseInstant } from '../../../domain/primitives/time.js';
import type { BrakeShown, BrakesRead } from '../../../status/brakes.js';
import { Input, Refusal, type Failure } from '../actions/confirm.js';
import type { Field } from '../actions/fields.js';
import type { Form } from '../ui/form.js';
import { Ago, Empty, Section, When } from '../ui/parts.js';
import type { Frame } from '../ui/layout.js';

export type BrakePart = {
  /** Null: it cannot be read now. */
  readonly brakes: BrakesRead | null;
  readonly mayBrake: boolean;
  readonly form: Form;
  readonly failure: Failure | null;
};

const REASON: Field = {
  name: 'reason',
  label: 'Reason',
  hint: 'Shown to all who use the fleet, and kept with the name of your key.',
  isRequired: true,
};
const GROUP: Field = {
  name: 'group',
  label: 'Group',
  hint: 'Only the accounts of this group. Empty: all accounts.',
};
/** Brakes of the trace that the page shows; the API lists more. */
const SHOWN = 5;

/** Renders the state of the brake, its last uses, and the button of an operator. */
export function BrakeSection({ frame, part }: { readonly frame: Frame; readonly part: BrakePart }) {
  const { brakes, mayBrake, form, failure } = part;
  const held = brakes?.held ?? [];
  const past = brakes?.history.filter(({ released }) => released !== null).slice(0, SHOWN) ?? [];
  return (
    <Section
      id="brake"
      title="Brake"
      note="It stops all sends within 2 s. Reports of outcomes are still taken."
    >
      <Refusal failure={failure} fields={[REASON, GROUP]} />
      {brakes === null ? (
        <p class="over">The brake cannot be read now, so no caller gets a slot.</p>
      ) : held.length === 0 ? (
        <p>● The brake is off: the gate of each account decides.</p>
      ) : (
        held.map((one) => <On key={one.brakeId} brake={one} frame={frame} mayRelease={mayBrake} />)
      )}
      {mayBrake && held.every(({ group }) => group !== null) ? (
        <form method="post" action="/fleet/brake">
          <Input field={REASON} form={form} failure={failure} />
          <Input field={GROUP} form={form} failure={failure} />
          <p class="actions">
            <button type="submit" class="danger">
              Stop all sends
            </button>
          </p>
        </form>
      ) : null}
      {past.length === 0 ? (
        <Empty>The brake was never released yet.</Empty>
      ) : (
        <ul class="plain">
          {past.map(({ brakeId, group, since, actor, reason, released }) => (
            <li key={brakeId} id={`brake-${brakeId}`}>
              {group === null ? '' : `Group ${group}: `}
              <When at={msOf(since)} show="full" /> to{' '}
              <When at={msOf(released?.at ?? since)} show="full" />: {reason} ({actor}); released by{' '}
              {released?.actor}: {released?.reason}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function On({
  brake: { brakeId, group, since, actor, reason },
  frame,
  mayRelease,
}: {
  readonly brake: BrakeShown;
  readonly frame: Frame;
  readonly mayRelease: boolean;
}): VNode {
  const field = `release-${brakeId}`;
  return (
    <div id={`held-${brakeId}`}>
      <p class="over">
        <strong>■ The brake is on{group === null ? '' : ` for the group ${group}`}</strong> since{' '}
        <When at={msOf(since)} show="full" /> (<Ago at={msOf(since)} now={frame.now} />)
        {actor === null ? null : `, by ${actor}: ${reason}`}. No account
        {group === null ? '' : ' of this group'} gets a slot.
      </p>
      {mayRelease ? (
        <form method="post" action="/fleet/brake/release">
          <input type="hidden" name="group" value={group ?? ''} />
          <div class="field">
            <label for={field}>Reason of the release</label>
            <input id={field} name="reason" type="text" required autoComplete="off" />
          </div>
          <p class="actions">
            <button type="submit" class="primary">
              Release the brake
            </button>
          </p>
        </form>
      ) : null}
    </div>
  );
}

const msOf = (text: string): number => parseInstant(text) ?? 0;
