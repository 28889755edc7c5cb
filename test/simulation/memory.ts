/** What a workflow has in hand; all of it is lost with a task that is not completed. */
import type { Entity } from '../../src/domain/entity/entity.js';
import type { Start } from '../../src/domain/commands/administer.js';
import type { Workflow } from './workflow.js';

/** An alarm that rang; 0 is one that is not armed, else it is when it rings. */
export const RUNG = -1;

/** Something that is being done with the database. */
export type Chore = {
  /** In the same task, which waits for it; else at the same time, and tried until `deadline`. */
  readonly isFast: boolean;
  readonly deadline: number;
  /** Its transaction: what the workflow does with the answer. */
  readonly commit: () => () => void;
  /** `isUnknown`: some try of it may be committed. */
  readonly failed: (isUnknown: boolean) => void;
};
export type Message = {
  /** The id of a reserve: it may have to wait for a check; null: another message. */
  readonly asks: string | null;
  /** Applies the message, and returns the answer to its sender. */
  readonly act: (self: Workflow) => (() => void) | null;
  /** The answer to a reserve before the account is read back. */
  readonly unread: (() => void) | null;
  /** A start object: it connects. */
  readonly start?: Start;
};
export type Memory = {
  entity: Entity | null;
  run: number;
  isSlow: boolean;
  /** It was reset, and its rows were not read since. */
  isReset: boolean;
  lastSaveAt: number;
  blockedUntil: number;
  runsAsked: number;
  runsDone: number;
  soon: number;
  later: number;
  tick: number;
  cool: number;
  midnight: number;
  chore: Chore | null;
  check: Chore | null;
  /** Messages that wait for the check, and those that wait for the account to be read back. */
  asking: readonly Message[];
  waiting: readonly Message[];
};

export const freshMemory = (entity: Entity | null): Memory => ({
  entity,
  run: 0,
  isSlow: false,
  isReset: false,
  lastSaveAt: 0,
  blockedUntil: 0,
  runsAsked: 0,
  runsDone: 0,
  soon: 0,
  later: 0,
  tick: 0,
  cool: 0,
  midnight: 0,
  chore: null,
  check: null,
  asking: [],
  waiting: [],
});

/** Written out, because each task makes one. */
export const copyOf = (memory: Memory): Memory => ({
  entity: memory.entity,
  run: memory.run,
  isSlow: memory.isSlow,
  isReset: memory.isReset,
  lastSaveAt: memory.lastSaveAt,
  blockedUntil: memory.blockedUntil,
  runsAsked: memory.runsAsked,
  runsDone: memory.runsDone,
  soon: memory.soon,
  later: memory.later,
  tick: memory.tick,
  cool: memory.cool,
  midnight: memory.midnight,
  chore: memory.chore,
  check: memory.check,
  asking: memory.asking,
  waiting: memory.waiting,
});
