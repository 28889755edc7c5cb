/**
 * The brake of the fleet (R27). Its memo shows it to clients and servers, and it runs only while
 * the brake is on. The rows of the trace are written after the brake has changed, because a stop
 * of all sends does not wait for Postgres.
 */
import {
  allHandlersFinished,
  condition,
  defineUpdate,
  makeContinueAsNewFunc,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import {
  BRAKE_MEMO,
  engage,
  parseEngage,
  parseRelease,
  release,
  type BrakeChange,
  type BrakeState,
  type Engage,
  type Engaged,
  type Released,
} from '../../domain/fleet/brake.js';
import { isRefusal, type Refusal } from '../../domain/account/refusals.js';
import type { Parser } from '../../domain/wire/message.js';
import { BRAKE, failureOf } from '../../temporal/protocol.js';
import { remotely } from '../activityProxies.js';

/** `first`: the order that started it; it holds although its Update may never arrive. */
export type BrakeStart = {
  readonly first?: Engage;
  readonly state?: BrakeState;
  readonly unwritten?: readonly BrakeChange[];
};

/** The brake is on or off already, so the trace may wait for Postgres as long as it must. */
const trace = remotely({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

const engageUpdate = defineUpdate<Engaged, [unknown]>(BRAKE.engage);
const releaseUpdate = defineUpdate<Released, [unknown]>(BRAKE.release);

/** Holds the fleet until each of its brakes is released and has its rows. */
export async function inmailBrake(start: BrakeStart): Promise<void> {
  let state: BrakeState = start.state ?? [];
  const unwritten: BrakeChange[] = [...(start.unwritten ?? [])];
  const decided = <A>(found: {
    readonly state: BrakeState;
    readonly changes: readonly BrakeChange[];
    readonly answer: A | Refusal;
  }): A => {
    if (isRefusal(found.answer)) throw failureOf(found.answer);
    if (found.changes.length > 0) upsertMemo(memoOf(found.state));
    ({ state } = found);
    unwritten.push(...found.changes);
    return found.answer;
  };
  if (start.first) decided(engage(state, start.first, Date.now()));
  setHandler(engageUpdate, (raw) => decided(engage(state, read(parseEngage, raw), Date.now())), {
    validator: (raw) => void read(parseEngage, raw),
  });
  setHandler(releaseUpdate, (raw) => decided(release(state, read(parseRelease, raw), Date.now())), {
    validator: (raw) => void read(parseRelease, raw),
  });
  const isLong = (): boolean => workflowInfo().continueAsNewSuggested;
  for (;;) {
    await condition(() => unwritten.length > 0 || state.length === 0 || isLong());
    const [change] = unwritten;
    if (change) {
      await trace.noteBrake(change);
      unwritten.shift();
      continue;
    }
    await condition(allHandlersFinished);
    if (unwritten.length > 0) continue;
    if (state.length === 0) return;
    await makeContinueAsNewFunc<typeof inmailBrake>({ memo: memoOf(state) })({ state });
  }
}

const memoOf = (held: BrakeState) => ({ [BRAKE_MEMO]: { held: [...held] } });

/** Reads an order; throws `InvalidInput` with the field that is wrong. */
function read<T>(parse: Parser<T>, raw: unknown): T {
  const parsed = parse(raw, 'strict', Date.now());
  if (parsed.ok) return parsed.value;
  throw failureOf(parsed);
}
