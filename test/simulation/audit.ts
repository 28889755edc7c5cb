/** A short audit of the fleet: it wakes accounts whose numbers disagree, and starts missing ones. */
import type { Member } from './member.js';
import type { Message } from './memory.js';
import type { World } from './world.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const ROLL_LATEST = 120_000;

export function audit(world: World, member: Member): void {
  const { account } = member.database;
  if (!account || account.state === 'disconnected') return;
  if (!member.workflow) {
    world.happened('a missing workflow was started');
    world.connect(member);
    return;
  }
  const { past } = member;
  if (!past || world.clock - past.account.now > 2 * HOUR) member.past = member.workflow.kept.entity;
  if (member.auditedAt === member.database.changes && account.day === Math.floor(world.clock / DAY))
    return;
  if (!isUnequal(world, member)) {
    member.auditedAt = member.database.changes;
    return;
  }
  world.happened('the audit woke an account');
  world.post(member, 100, reconcileNow());
}

function isUnequal(world: World, { database }: Member): boolean {
  const { account, events, attempts, reservations } = database;
  if (!account) return false;
  if (database.edited !== null) return true;
  const today = Math.floor(world.clock / DAY);
  if (account.day < today) return world.clock >= today * DAY + ROLL_LATEST;
  let logged = 0;
  for (const row of events) if (row.quotaDay === account.day && row.isCounted) logged += 1;
  const gap = account.counter - logged - account.imported;
  if (gap !== account.inFlight + account.uncertain || account.unexplained > 0) return true;
  for (const { reservationId, outcome, isOpen, quotaDay } of attempts.values()) {
    if (isOpen || quotaDay < today - 2) continue;
    const row = reservations.get(reservationId);
    if (!row ? outcome !== 'void' : row.row.state === 'uncertain' && outcome !== null) return true;
  }
  return false;
}

export const reconcileNow = (): Message => ({
  asks: null,
  unread: null,
  act: (self) => {
    self.memory.runsAsked += 1;
    return null;
  },
});
