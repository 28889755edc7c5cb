/** The memory of a workflow. A task that is not completed loses its changes. */
import type { Entity } from '../../src/domain/entity/entity.js';
import type { Start } from '../../src/domain/commands/administer.js';
import type { Workflow } from './workflow.js';

/** The value of an alarm that rang. Otherwise it is the time of its ring, or 0 if it is not armed. */
export const RUNG = -1;

/** Current work with the database. */
export type Work = {
  /** True if the task waits for this work; otherwise it runs at the same time, until `deadline`. */
  readonly isFast: boolean;
  readonly deadline: number;
  /** Does the transaction, and returns the workflow's use of its answer. */
  readonly commit: () => () => void;
  /** `isUnknown` is true if a try may be committed. */
  readonly failed: (isUnknown: boolean) => void;
};
export type Message = {
  /** The id of a reserve, which may wait for a check; null for other messages. */
  readonly asks: string | null;
  /** Applies the message, and returns the answer to its sender. */
  readonly act: (self: Workflow) => (() => void) | null;
  /** The answer to a reserve before the account is read back. */
  readonly unread: (() => void) | null;
  /** The start object of a connect. */
  readonly start?: Start;
};
export type Memory = {
  entity: Entity | null;
  run: number;
  isSlow: boolean;
  /** True after a reset, until the rows are read. */
  isReset: boolean;
  lastSaveAt: number;
  blockedUntil: number;
  runsAsked: number;
  runsDone: number;
  soon: number;
  later: number;
  tick: number;
  cool: number;
  turn: number;
  midnight: number;
  work: Work | null;
  check: Work | null;
  /** Messages that wait for the check, and messages that wait for the read-back. */
  asking: readonly Message[];
  waiting: readonly Message[];
  /** Chats whose reply was recorded, or was not saved at the begin of a lookup (R24). */
  replied: readonly string[];
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
  turn: 0,
  midnight: 0,
  work: null,
  check: null,
  asking: [],
  waiting: [],
  replied: [],
});

/** Copies field by field, because each task needs a copy. */
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
  turn: memory.turn,
  midnight: memory.midnight,
  work: memory.work,
  check: memory.check,
  asking: memory.asking,
  waiting: memory.waiting,
  replied: memory.replied,
});
