/** The effect of each input of the story on the world. */
import {
  isChatId,
  isMessageId,
  isRecipientId,
  isReservationId,
} from '../../src/domain/primitives/ids.js';
import { reconcileNow } from './audit.js';
import { Random } from './random.js';
import type { Doom, Member } from './member.js';
import type { Message } from './memory.js';
import { named } from './names.js';
import { postReply } from './replies.js';
import { observe } from './report.js';
import { Send } from './send.js';
import { changeOf, type Action, type Input } from './story.js';
import type { Workflow } from './workflow.js';
import type { Mode, World } from './world.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 86_400_000;

type Done = boolean | void;
/** The world, the account, and the details of the input. */
type Place = { readonly world: World; readonly member: Member; readonly random: Random };

export function doAction(world: World, { action, member: index, seed }: Input): Done {
  const member = world.members[index];
  if (!member) return false;
  if (world.listener) world.print(`account ${index}: ${action}`);
  return DOES[action]({ world, member, random: new Random(seed) });
}

const doom =
  (how: Doom) =>
  ({ member }: Place): Done => {
    member.doom = how;
    return false;
  };

const trouble =
  (mode: Exclude<Mode, 'up'>) =>
  ({ world, random }: Place): Done => {
    world.mode = mode;
    world.modeUntil = world.clock + troubleOf(random, mode === 'away');
  };

const troubleOf = (random: Random, isAway: boolean): number =>
  isAway
    ? random.pick([SECOND, 20 * SECOND, 5 * MINUTE, 50 * MINUTE])
    : random.between(5, 900) * SECOND;

function stepBack({ world, random }: Place): Done {
  world.behind = random.between(1, 90) * SECOND;
  world.behindUntil = world.clock + random.between(1, 30) * MINUTE;
  return world.happened('clock stepped back');
}

const sendOrder = (
  world: World,
  member: Member,
  what: string,
  act: (self: Workflow) => unknown,
): Done => {
  if (!member.workflow) return false;
  const message: Message = {
    asks: null,
    unread: null,
    act: (self) => {
      act(self);
      world.happened(what);
      return null;
    },
  };
  world.post(member, 20, message);
  return true;
};

const BY = { reason: 'a person looked', actor: 'ada' };

const DOES: Readonly<Record<Action, (place: Place) => Done>> = {
  send: ({ world, member, random }) => void new Send(world, member, random),
  'send what is rejected': ({ world, member, random }) =>
    void new Send(world, member, random, 'rejected'),
  'hand-sent': handSent,
  bypass,
  configure: ({ world, member, random }) => {
    const change = changeOf(random);
    return sendOrder(world, member, 'configure', (self) =>
      self.execute(world.domain.configure, change),
    );
  },
  credits: ({ world, member, random }) => {
    const balance = random.between(0, 4);
    const report = { balance, at: world.clock - random.pick([0, 0, 9, 600]) * SECOND };
    return sendOrder(world, member, 'credits', (self) =>
      self.execute(world.domain.observeCredits, report),
    );
  },
  reply: ({ world, member, random }) => postReply(world, member, random),
  hold: ({ world, member }) =>
    sendOrder(world, member, 'hold', (self) => self.execute(world.domain.hold, BY)),
  resume: ({ world, member }) =>
    sendOrder(world, member, 'resume', (self) => {
      const { cooldowns, day } = self.entity.account;
      member.mayLoseReplies = true; // a balance of 0 is forgotten
      if (cooldowns.some(({ cause }) => cause === 'unclean_end')) member.excusedUntil = day + 1;
      return self.execute(world.domain.resume, BY);
    }),
  settle: ({ world, member }) =>
    sendOrder(world, member, 'settle', (self) => settle(world, member, self)),
  leave: ({ world, member, random }) => {
    world.after(random.between(1, 300) * MINUTE, member, () => world.connect(member));
    return sendOrder(world, member, 'leave', (self) =>
      self.execute((account, order: typeof BY) => world.domain.disconnect(account, order), BY),
    );
  },
  race,
  reconcile: ({ world, member }) => {
    if (!member.workflow) return false;
    return world.post(member, 20, reconcileNow());
  },
  edit,
  delete: deleteRow,
  otherProgram,
  'die before write': doom('die before write'),
  'die after write': doom('die after write'),
  'die in task': doom('die in task'),
  stall: ({ world, member, random }) => {
    if (!member.workflow) return false;
    world.happened('clock jumped ahead');
    return member.workflow.die(random.pick([2, 11, 36, 90]) * MINUTE);
  },
  terminate: ({ world, member, random }) => {
    if (!member.workflow) return false;
    world.happened('terminated');
    terminate(member, member.workflow);
    const away = random.pick([3, 60, 900, 9_000]) * SECOND;
    return world.after(away, member, () => world.connect(member));
  },
  reset,
  continue: ({ member: { workflow } }) => {
    if (!workflow?.memory.entity || workflow.memory.work || workflow.memory.check) return false;
    return workflow.feed(() => workflow.continueAsNew());
  },
  away: trouble('away'),
  'answer lost': trouble('answer lost'),
  'commit lost': trouble('commit lost'),
  'late commit': trouble('late commit'),
  'clock back': stepBack,
};

/** Sends reports while a run on a slow database decides about the same slots. */
function race({ world, member, random }: Place): Done {
  const slots = member.workflow?.memory.entity?.account.slots ?? [];
  world.mode = 'slow';
  world.modeUntil = world.clock + 3 * SECOND;
  world.post(member, 1, reconcileNow());
  for (const slot of slots) {
    if (slot.state === 'delivered' || slot.state === 'released') continue;
    const send = member.sends.get(slot.reservationId);
    if (!send || (send.landedAt === null && world.clock < slot.leaseExpiresAt)) continue;
    world.after(random.between(2, 600), member, () => {
      if (send.landedAt === null) send.report.fails('unknown');
      else send.report.delivered();
    });
  }
}

/** Resets the workflow to a state of some hours ago; only the rows have later changes. */
function reset({ world, member }: Place): Done {
  const { workflow, past } = member;
  const entity = workflow?.kept.entity;
  if (!workflow || !entity || !past || past.owner !== workflow.owner) return false;
  if (workflow.isDown || !workflow.memory.entity) return false;
  member.excusedUntil = entity.account.day + 1;
  forget(member);
  for (const send of member.sends.values()) send.isLost = true;
  world.happened('reset');
  member.hasRival = true;
  return workflow.resetTo(past);
}

function terminate(member: Member, workflow: Workflow): void {
  forget(member);
  const row = member.database.account;
  if (row && row.state !== 'disconnected' && workflow.memory.entity) member.uncleanDay = row.day;
  workflow.terminate();
}

/** Unsaved changes are lost. */
function forget(member: Member): void {
  member.mayUndercount = true;
  const { reservations, events } = member.database;
  for (const send of member.sends.values()) if (!reservations.has(send.id)) send.isLost = true;
  const logged = new Set<string>(events.map(({ chatId }) => chatId));
  for (const chatId of member.proofs.keys()) if (!logged.has(chatId)) member.proofs.delete(chatId);
}

/** Settles a slot as a person does who has checked LinkedIn. */
function settle(world: World, member: Member, self: Workflow): void {
  const open = self.entity.account.slots.find(
    (slot) => slot.state !== 'delivered' && slot.state !== 'released',
  );
  const send = open && member.sends.get(open.reservationId);
  if (!open || !send) return;
  const isSent = send.landedAt !== null;
  // A person does not settle a slot as released while its caller may still send.
  if (!isSent && (send.isFrozen || world.clock < open.leaseExpiresAt)) return;
  self.execute(world.domain.settleByOperator, {
    reservationId: open.reservationId,
    outcome: isSent ? 'delivered' : 'released',
    ...(isSent ? { chatId: send.chat } : {}),
    ...BY,
  });
  world.happened(`settled by a person: ${isSent ? 'delivered' : 'released'}`);
}

function handSent({ world, member, random }: Place): Done {
  const n = random.seed();
  const isMatching = random.chance(0.3);
  world.happened('sent manually');
  observe(world, member, random.between(5, 60_000), {
    chatId: named(isChatId, `hand-${n}`),
    messageId: named(isMessageId, `typed-${n}`),
    sentAt: world.serverNow() - (random.chance(0.1) ? 3 * DAY : 0),
    ...(isMatching
      ? { recipientId: named(isRecipientId, `linkedin.com/in/Person-${random.between(1, 24)}/`) }
      : {}),
  });
}

/** Sends without a reserve: a pipeline writes its journal, or the event log itself. */
function bypass({ world, member, random }: Place): Done {
  const n = random.seed();
  const { database } = member;
  const at = world.serverNow();
  const quotaDay = Math.floor(at / DAY);
  const chatId = named(isChatId, `wild-${n}`);
  world.happened('bypassed the gate');
  member.mayUndercount = true;
  if (random.chance(0.3)) {
    database.append({
      table: 'inmail_events',
      reservationId: null,
      chatId,
      messageId: null,
      source: 'external',
      quotaDay,
      deliveredAt: at,
      isCounted: true,
    });
    member.proofs.set(chatId, quotaDay);
    return true;
  }
  const id = named(isReservationId, `wild-${n}`);
  database.begin(id, quotaDay, at);
  const outcome = random.next();
  if (outcome < 0.5) {
    database.note(id, { outcome: 'delivered', chatId, messageId: null });
    member.proofs.set(chatId, quotaDay);
  } else if (outcome < 0.7) database.note(id, { outcome: 'failed', errorCode: 'rejected' });
  return true;
}

/** Edits rows, as a person in psql does. */
function edit({ world, member, random }: Place): Done {
  const { database } = member;
  const row = database.account;
  if (!row) return false;
  member.mayUndercount = true;
  if (random.chance(0.2)) database.edit({ imported: row.imported + random.between(1, 4) });
  else database.edit({ counter: Math.max(0, row.counter + random.pick([-2, -1, 3, 12])) });
  return world.happened('hand edit');
}

function deleteRow({ world, member, random }: Place): Done {
  const { database } = member;
  member.mayUndercount = true;
  const rows = [...database.reservations.keys()];
  const id = rows[Math.floor(random.next() * rows.length)];
  if (id === undefined) return false;
  database.delete(id);
  return world.happened('reservation deleted manually');
}

/** Lets another writer take the row. Later a person ends it, and starts the account again. */
function otherProgram({ world, member, random }: Place): Done {
  const row = member.database.account;
  if (!row) return false;
  member.database.edit({ version: row.version + 1 }, 'otherProgram');
  world.happened('another writer took the row');
  member.hasRival = true;
  return world.after(random.between(5, 300) * MINUTE, member, () => {
    if (member.workflow) terminate(member, member.workflow);
    world.connect(member);
  });
}
