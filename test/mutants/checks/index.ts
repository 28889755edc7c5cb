/** Rules of the domain that a run, a save or a start has to keep, each under its sentence. */
import { fullAccountChecks } from './fullAccount.js';
import { brakeChecks } from './brake.js';
import { handoverChecks } from './handover.js';
import { answerChecks } from './answers.js';
import { edgeChecks } from './edges.js';
import { correctionChecks } from './corrections.js';
import { lineChecks } from './line.js';
import { layerChecks } from './layers.js';
import { orderChecks } from './order.js';
import { pacingChecks } from './pacing.js';
import { replyChecks } from './replies.js';
import { restoredChecks } from './restored.js';
import { shadowChecks } from './shadow.js';
import { signedChecks } from './signed.js';
import { spellingChecks } from './spelling.js';

export const CHECKS = {
  ...layerChecks,
  ...correctionChecks,
  ...handoverChecks,
  ...edgeChecks,
  ...spellingChecks,
  ...fullAccountChecks,
  ...answerChecks,
  ...lineChecks,
  ...pacingChecks,
  ...replyChecks,
  ...shadowChecks,
  ...brakeChecks,
  ...orderChecks,
  ...restoredChecks,
  ...signedChecks,
};
export type CheckName = keyof typeof CHECKS;
