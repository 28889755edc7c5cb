/** Rules of the domain that a run, a save or a start has to keep, each under its sentence. */
import { fullAccountChecks } from './fullAccount.js';
import { carryingChecks } from './carrying.js';
import { edgeChecks } from './edges.js';
import { healingChecks } from './healing.js';
import { layerChecks } from './layers.js';
import { spellingChecks } from './spelling.js';

export const CHECKS = {
  ...layerChecks,
  ...healingChecks,
  ...carryingChecks,
  ...edgeChecks,
  ...spellingChecks,
  ...fullAccountChecks,
};
export type CheckName = keyof typeof CHECKS;
