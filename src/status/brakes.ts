/** The brake as people see it: what is on, who did it and why, and the last brakes (R27). */
import type { SafebandClient } from '../client/index.js';
import type { Brake } from '../domain/fleet/brake.js';
import { listBrakes, type BrakeRow } from '../postgres/fleet/brakes.js';
import type { Pool } from '../postgres/pool.js';

const HISTORY_MAX = 50;
/** How long the answer waits for the trace: what is on is known without it. */
const TRACE_MS = 2_000;

/** A brake that is on, with who and why; null while its row is not written. */
export type BrakeShown = Brake & { readonly actor: string | null; readonly reason: string | null };
export type BrakesRead = {
  readonly held: readonly BrakeShown[];
  readonly history: readonly BrakeRow[];
};

/** Reads the brakes that are on, and the trace. Without Postgres the trace is empty. */
export async function readBrakes(
  { brake }: Pick<SafebandClient, 'brake'>,
  pool: Pool | null,
): Promise<BrakesRead> {
  const [state, history] = await Promise.all([brake.state(), pool ? traceIn(pool) : []]);
  const byId = new Map(history.map((row) => [row.brakeId, row]));
  const held = state.map((one) => {
    const { actor = null, reason = null } = byId.get(one.brakeId) ?? {};
    return { ...one, actor, reason };
  });
  return { held, history };
}

async function traceIn(pool: Pool): Promise<readonly BrakeRow[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly BrakeRow[]>((resolve) => {
    timer = setTimeout(() => resolve([]), TRACE_MS);
  });
  try {
    return await Promise.race([listBrakes(pool, HISTORY_MAX).catch(() => []), late]);
  } finally {
    clearTimeout(timer);
  }
}
