/** The top of an account's page: what it may do now, its links, and the actions of an operator. */
import type { VNode } from 'preact';
import { TIER_WORDS } from '../../../domain/primitives/tier.js';
import type { Instant } from '../../../domain/primitives/time.js';
import type { AccountData } from './accountData.js';
import { CanSendLine } from '../ui/canSend.js';
import { Crumbs, CRUMBS } from '../ui/head.js';
import { ShadowBanner } from '../shadow/banner.js';
import { endsByResume } from '../actions/resume.js';
import type { Numbers } from '../ui/numbers.js';
import { Ago, Id, Dated, State, When } from '../ui/parts.js';

type Props = {
  readonly data: AccountData;
  readonly now: Instant;
  readonly canOperate: boolean;
  /** Null: the reader does not get it, or the address of the Temporal UI is unknown. */
  readonly workflowUrl: string | null;
};

export function Top({ data, now, canOperate, workflowUrl }: Props): VNode {
  const { numbers } = data;
  const { accountId, hold } = numbers;
  return (
    <div class="head">
      <Crumbs way={[CRUMBS.accounts]} />
      <div class="title">
        <h1>
          <Id id={accountId} />
        </h1>
        {canOperate ? <Actions numbers={numbers} now={now} /> : null}
      </div>
      <p id="can-send" class="lead">
        <CanSendLine numbers={numbers} now={now} />
      </p>
      <p class="facts">
        <State state={numbers.state} /> <span>{TIER_WORDS[numbers.tier]}</span>
        {numbers.group === null ? null : (
          <a href={`/accounts?group=${numbers.group}`}>group {numbers.group}</a>
        )}
        <Origin data={data} now={now} />
        <Links accountId={accountId} workflowUrl={workflowUrl} />
      </p>
      <ShadowBanner numbers={numbers} canOperate={canOperate} />
      {hold === null || numbers.state !== 'held' ? null : (
        <p id="hold" class="banner banner-warn">
          {hold.actor} held the account at <When at={hold.since} show="full" />: {hold.reason}
        </p>
      )}
      {data.origin.from === 'rows' ? (
        <p class="banner banner-lost">
          Temporal does not answer, so these numbers are from Postgres and may be up to 15 s old. No
          changes are possible until Temporal answers again.
        </p>
      ) : null}
      <Edited numbers={numbers} />
    </div>
  );
}

function Origin({ data, now }: { readonly data: AccountData; readonly now: Instant }): VNode {
  const { from, readAt } = data.origin;
  return (
    <span class="note" id="origin">
      {from === 'workflow' ? (
        <>
          Read from the workflow <Ago at={readAt} now={now} />; a new slot or denial appears within
          15 s
        </>
      ) : from === 'ended' ? (
        'The workflow of the account has ended, so these numbers are from Postgres'
      ) : (
        'Read from Postgres'
      )}
    </span>
  );
}

const Links = ({
  accountId,
  workflowUrl,
}: {
  readonly accountId: string;
  readonly workflowUrl: string | null;
}): VNode => (
  <>
    <a href={`/accounts/${accountId}/why`}>Why do my numbers differ?</a>
    <a href={`/accounts/${accountId}/history`}>History</a>
    <a href={`/campaigns?accountId=${accountId}`}>Campaigns</a>
    <a href={`/accounts/${accountId}/what-if`}>What if?</a>
    {workflowUrl === null ? null : (
      <a href={workflowUrl} rel="noreferrer">
        Workflow in the Temporal UI
      </a>
    )}
  </>
);

/** Renders the actions. The dangerous ones are at the end of the menu. */
function Actions({ numbers, now }: { readonly numbers: Numbers; readonly now: Instant }): VNode {
  const { accountId, state } = numbers;
  const link = (action: string, word: string, kind?: string): VNode => (
    <a class={kind} href={`/accounts/${accountId}/do/${action}`}>
      {word}
    </a>
  );
  if (state === 'disconnected') {
    return <p class="actions">{link('connect', 'Connect again', 'button')}</p>;
  }
  return (
    <div class="actions">
      {endsByResume(numbers, now) === null ? null : link('resume', 'Resume', 'button')}
      <details id="actions" class="menu">
        <summary class="button">Actions</summary>
        <div>
          {link('reconcile', 'Reconcile now')}
          {link('configure', 'Change settings')}
          {link('settle', 'Settle a reservation')}
          {numbers.mode === 'shadow' ? link('enforce', 'End shadow mode') : null}
          <a href={`/accounts/${accountId}/share`}>Share</a>
          {numbers.hold === null ? link('hold', 'Hold', 'menu-danger') : null}
          {numbers.mode === 'enforce' ? link('shadow', 'Start shadow mode', 'menu-danger') : null}
          {link('disconnect', 'Disconnect', 'menu-danger')}
        </div>
      </details>
    </div>
  );
}

/** Renders that a person edited the row; nothing for a row without an edit. */
const Edited = ({ numbers: { edited } }: { readonly numbers: Numbers }): VNode | null =>
  edited === null ? null : (
    <p id="edited" class="banner banner-warn">
      <Dated text={edited.line} />
    </p>
  );
