/** The parts that all pages share. */
import type { Assets } from './ui/assets.js';
import type { OpenAlerts } from './alerts/openAlerts.js';
import type { StatusCache } from './statusCache.js';
import type { Parts } from '../context.js';

/** The parts that all pages share. */
export type PageParts = Parts & {
  readonly assets: Assets;
  readonly kept: StatusCache;
  readonly alerts: OpenAlerts;
};
