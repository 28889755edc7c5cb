/** The page before the brake: which accounts it stops, and what it does not stop (R27). */
import type { VNode } from 'preact';
import { FieldsForm } from '../actions/confirm.js';
import { many } from '../ui/format.js';
import { Crumbs, CRUMBS } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';

export type Asked = {
  /** Null: all accounts. */
  readonly group: string | null;
  readonly reason: string;
  /** How many connected accounts it stops; null: Postgres does not answer. */
  readonly count: number | null;
};

export function BrakeConfirmPage({
  frame,
  asked: { group, reason, count },
}: {
  readonly frame: Frame;
  readonly asked: Asked;
}): VNode {
  const title = group === null ? 'Stop all sends' : `Stop the sends of ${group}`;
  const whose = group === null ? 'any account' : `the accounts of the group ${group}`;
  return (
    <Page frame={frame} title={title} here="fleet">
      <div class="confirm card">
        <Crumbs way={[CRUMBS.fleet]} />
        <h1>{title}</h1>
        <h2>What will happen</h2>
        <ul>
          <li>
            Within 2 s no caller gets a slot of <strong>{whose}</strong>
            {count === null ? '' : `, now ${many(count, 'connected account')}`}, until a person
            releases the brake.
          </li>
          <li>
            Calls to LinkedIn that have their permission already are made. Reports of outcomes are
            still taken.
          </li>
          <li>
            Programs that send messages to the accounts themselves are not stopped. <i>Fleet</i>{' '}
            then offers the order that also holds the accounts.
          </li>
          <li>Reason: {reason}</li>
        </ul>
        <FieldsForm
          action="/fleet/brake"
          hidden={{ group: group ?? '', reason }}
          fields={[]}
          form={{}}
          failure={null}
          button={title}
          isDangerous={true}
          cancel="/fleet#brake"
        />
      </div>
    </Page>
  );
}
