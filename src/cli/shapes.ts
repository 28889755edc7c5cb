/** The JSON that commands print: the names of the contract, with instants and days as text. */
import { isoDay, isoInstant, isoOrNull, type Instant } from '../domain/primitives/time.js';
import { ALERT_HELP } from '../domain/diagnostics/alerts/alertHelp.js';
import { shareStateOf, type Share } from '../postgres/access/shares.js';
import { alertStateOf, type Alert, type AlertAct } from '../postgres/alerts/alerts.js';
import type { LoggedEvent, StatusRow } from '../postgres/read/reads.js';
import type { Delivery, Endpoint } from '../postgres/webhooks/endpoints.js';
import { canSendRead } from '../status/canSend.js';

/** Returns an account of a list: its row as of now. */
export const accountJson = (row: StatusRow, now: Instant) => ({
  accountId: row.accountId,
  canSend: canSendRead(row, now),
  state: row.state,
  mode: row.mode,
  tier: row.tier,
  group: row.group,
  quotaDay: isoDay(row.day),
  counter: row.counter,
  inFlight: row.inFlight,
  uncertain: row.uncertain,
  delivered: row.delivered,
  external: row.external,
  imported: row.imported,
  unexplained: row.unexplained,
  carried: row.carried,
  drift: row.drift,
  remaining: row.remaining,
  caps: row.caps,
  weekUsed: row.weekUsed,
  cooldown: row.cooldown && { until: isoInstant(row.cooldown.until), cause: row.cooldown.cause },
  lastCheckedAt: isoOrNull(row.lastCheckedAt),
  edited: row.edited,
});

export const eventJson = (event: LoggedEvent) => ({
  eventId: event.eventId,
  reservationId: event.reservationId,
  chatId: event.chatId,
  messageId: event.messageId,
  source: event.source,
  quotaDay: isoDay(event.day),
  deliveredAt: isoInstant(event.deliveredAt),
  isCounted: event.isCounted,
});

export const alertJson = (alert: Alert) => ({
  alertId: alert.alertId,
  accountId: alert.accountId,
  group: alert.group,
  kind: alert.kind,
  severity: alert.severity,
  state: alertStateOf(alert),
  quotaDay: isoDay(alert.day),
  times: alert.times,
  openedAt: isoInstant(alert.openedAt),
  raisedAt: isoInstant(alert.raisedAt),
  nextStep: ALERT_HELP[alert.kind].step,
  ifNoPersonActs: ALERT_HELP[alert.kind].ifNoPersonActs,
  acknowledged: actJson(alert.acknowledged),
  resolvedAt: isoOrNull(alert.resolvedAt),
  closed: actJson(alert.closed),
  details: alert.details,
});

const actJson = (act: AlertAct | null) => act && { ...act, at: isoInstant(act.at) };

export const endpointJson = (one: Endpoint) => ({
  endpointId: one.endpointId,
  url: one.url,
  events: one.events,
  accounts: one.accounts,
  groups: one.groups,
  format: one.format,
  secrets: one.secrets.map(({ secret, until }) => ({ secret, until: isoOrNull(until) })),
  createdAt: isoInstant(one.createdAt),
  changedBy: one.changedBy,
  attempt: one.attempt,
  failingSince: isoOrNull(one.failingSince),
  nextAttemptAt: isoOrNull(one.nextAttemptAt),
  disabledAt: isoOrNull(one.disabledAt),
  disabledReason: one.disabledReason,
});

export const shareJson = (one: Share, now: Instant) => ({
  shareId: one.shareId,
  accountId: one.accountId,
  label: one.label,
  state: shareStateOf(one, now),
  createdBy: one.createdBy,
  createdAt: isoInstant(one.createdAt),
  expiresAt: isoInstant(one.expiresAt),
  revokedAt: isoOrNull(one.revokedAt),
  revokedBy: one.revokedBy,
  lastOpenedAt: isoOrNull(one.lastOpenedAt),
});

export const deliveryJson = (one: Delivery) => ({
  deliveryId: one.deliveryId,
  eventId: one.eventId,
  type: one.type,
  attempt: one.attempt,
  at: isoInstant(one.at),
  durationMs: one.durationMs,
  status: one.status,
  error: one.error,
  answer: one.answer,
});
