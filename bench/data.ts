/** Measures a life for data (R28, R29) on a database of its own. */
import type { MadeUp } from '../test/support/madeUpYear.js';
import { stepsOfData } from './dataSteps.js';
import { freshDatabase } from './fleet.js';
import type { Line } from './latency.js';
import type { Bench } from './stand.js';

export async function lifeOfData(
  bench: Bench,
  made: Omit<MadeUp, 'today'>,
): Promise<readonly Line[]> {
  const { url, drop } = await freshDatabase(bench);
  try {
    return await stepsOfData(url, made);
  } finally {
    await drop();
  }
}
