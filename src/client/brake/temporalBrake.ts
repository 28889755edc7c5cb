/** The brake in Temporal: its workflow's memo is read, and its changes are Updates (R27). */
import { randomBytes, randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type Client, type WorkflowHandle } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import {
  BRAKE_MEMO,
  brakesIn,
  parseEngage,
  parseRelease,
  type BrakeState,
  type Engage,
  type Engaged,
  type Release,
  type Released,
} from '../../domain/fleet/brake.js';
import type { Parser } from '../../domain/wire/message.js';
import { isoInstant, type Instant } from '../../domain/primitives/time.js';
import { BRAKE, brakeWorkflowId } from '../../temporal/protocol.js';
import { isNotFound, isUnknownAccount, SafebandError } from '../errors.js';
import { persist } from '../transport.js';
import type { BrakeTransport } from './brake.js';

/** Shown in place of an account in errors. */
const NAME = '(brake)';
const READ_MS = 1_000;

export function temporalBrake(client: Client, taskQueue: string): BrakeTransport {
  const workflowId = brakeWorkflowId(taskQueue);
  const handle = client.workflow.getHandle(workflowId);
  const read = async (until: Instant): Promise<BrakeState> => {
    const limit = Math.min(until, Date.now() + READ_MS);
    const found = await client
      .withDeadline(limit, () => handle.describe())
      .catch((error: unknown) => {
        if (isNotFound(error)) return null;
        throw error;
      });
    if (found?.status.name !== 'RUNNING') return [];
    const state = brakesIn(found.memo?.[BRAKE_MEMO]);
    if ('refused' in state) throw new SafebandError(state.refused, state.message);
    return state;
  };
  const engage = async (order: Engage, deadline: Instant): Promise<Engaged> => {
    const since = isoInstant(Date.now());
    const { brakeId, group = null } = order;
    const call = (until: Instant) =>
      client.withDeadline(until, () =>
        client.workflow.executeUpdateWithStart<Workflow, Engaged, [object]>(BRAKE.engage, {
          args: [order],
          updateId: brakeId,
          startWorkflowOperation: new WithStartWorkflowOperation(BRAKE.workflowType, {
            workflowId,
            taskQueue,
            args: [{ first: order }],
            // With this memo the brake is on as soon as the workflow is started, without a worker.
            memo: { [BRAKE_MEMO]: { held: [{ brakeId, group, since }] } },
            staticSummary: 'The brake: holds the fleet while it runs',
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        }),
      );
    try {
      return await persist(NAME, deadline, call);
    } catch (error) {
      // No worker has answered. The brake is on if its memo shows it.
      const state = await read(Date.now() + READ_MS).catch(() => []);
      const known = state.find((one) => one.group === group);
      if (known) return { ...known, heldBefore: known.brakeId !== brakeId };
      throw error;
    }
  };
  return {
    read: (deadline) => persist(NAME, deadline, read),
    engage: async (order, deadline) => {
      const brakeId = randomBytes(8).toString('hex');
      return engage(checked(parseEngage, { ...order, brakeId }), deadline);
    },
    release: async (raw, deadline) =>
      release(client, handle, read, checked(parseRelease, raw), deadline),
  };
}

async function release(
  client: Client,
  handle: WorkflowHandle,
  read: BrakeTransport['read'],
  order: Release,
  deadline: Instant,
): Promise<Released> {
  // With another id, a repeat would find no brake, or release one that was put on since.
  const updateId = randomUUID();
  const send = () =>
    handle.executeUpdate<Released, [object]>(BRAKE.release, { args: [order], updateId });
  const call = async (until: Instant): Promise<Released> => {
    try {
      return await client.withDeadline(until, send);
    } catch (error) {
      // If the run ended before it took the Update, Temporal aborts each repeat with this id.
      if (isNotFound(error) && (await read(until)).length === 0) return { released: null };
      throw error;
    }
  };
  try {
    return await persist(NAME, deadline, call);
  } catch (error) {
    if (isUnknownAccount(error)) return { released: null };
    throw error;
  }
}

/** Reads an order; throws `InvalidInput` before anything is changed. */
function checked<T>(parse: Parser<T>, order: object): T {
  const parsed = parse(order, 'strict', Date.now());
  if (parsed.ok) return parsed.value;
  throw new SafebandError(parsed.refused, parsed.message);
}
