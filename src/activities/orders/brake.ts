/** Writes the trace of the brake (R27). */
import type { Activities } from '../ports.js';
import type { Pool } from '../../postgres/pool.js';
import { writeBrakeChange } from '../../postgres/fleet/brakes.js';

export const brakeActivities = (pool: Pool): Pick<Activities, 'noteBrake'> => ({
  noteBrake: async (change) => {
    await writeBrakeChange(pool, change);
    return {};
  },
});
