/** The table of the last audits, with the accounts that each of them found. */
import type { VNode } from 'preact';
import { DRIFT_MAX } from '../../../domain/primitives/limits.js';
import type { Instant } from '../../../domain/primitives/time.js';
import type { Heartbeat } from '../../../postgres/read/pageReads.js';
import { many, whole } from '../ui/format.js';
import { Ago, Empty, Section, Table, When } from '../ui/parts.js';

const HEARTBEAT_HEAD = [
  'Time',
  'Duration',
  'Accounts',
  'Drifting',
  'Woken',
  'Missing',
  'Late',
  'Result',
];

/** Returns how many accounts are late with a reconcile, and how many with a reset. */
function lateInWords({ lateReconciles, lateResets }: Heartbeat['found']): string {
  const late = [
    ...(lateReconciles > 0 ? [many(lateReconciles, 'reconcile')] : []),
    ...(lateResets > 0 ? [many(lateResets, 'reset')] : []),
  ];
  return late.length === 0 ? 'none' : late.join(', ');
}

/** Renders what each audit found. */
export const Heartbeats = ({
  heartbeats,
  now,
}: {
  readonly heartbeats: readonly Heartbeat[] | null;
  readonly now: Instant;
}): VNode | null =>
  heartbeats === null ? null : (
    <Section
      id="heartbeats"
      title="Heartbeats"
      note={
        `Accounts by what the audit found. Drifting: a drift of more than ${DRIFT_MAX}. ` +
        'Woken: asked to reconcile. Missing: started again, because no workflow ran. ' +
        'Late: a due reconcile or a midnight reset was not done in time.'
      }
    >
      {heartbeats.length === 0 ? (
        <Empty>
          No audit has run yet. The Schedule inmail-fleet-audit starts an audit every 10 minutes.
        </Empty>
      ) : (
        <Table caption="Fleet audits" head={HEARTBEAT_HEAD}>
          {heartbeats.map(({ runId, ranAt, durationMs, accountsChecked, isAlerted, found }) => (
            <tr key={runId} id={`run-${runId}`}>
              <th scope="row">
                <When at={ranAt} show="full" />{' '}
                <span class="note">
                  <Ago at={ranAt} now={now} />
                </span>
              </th>
              <td class="number">{whole(durationMs)} ms</td>
              <td class="number">{whole(accountsChecked)}</td>
              <td class="number">{whole(found.drifting)}</td>
              <td class="number">{whole(found.woken)}</td>
              <td class="number">{whole(found.missing)}</td>
              <td>{lateInWords(found)}</td>
              <td>{isAlerted ? '▲ alerts' : 'no alert'}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
