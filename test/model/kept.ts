/** What the naive reading keeps: lists, and nothing that could be worked out. */
export type State = 'in_flight' | 'uncertain' | 'released' | 'delivered';
export type Res = {
  id: string;
  day: number;
  at: number;
  lease: number;
  recipient: string | undefined;
  campaign: string | undefined;
  free: boolean;
  state: State;
  chat: string | undefined;
  /** What was reported for it, and what was learnt from an observation. */
  msg: string | undefined;
  learnt: string | undefined;
  /** When it was sent, if it is delivered. */
  sentAt: number;
  reason: string;
  /** The day on which it was released. */
  released: number;
  carried: number[];
  /** What is settled is remembered until the second midnight after its day; then ids are new. */
  forgotten: boolean;
};
/** What a slot knows when it is taken. */
export const FRESH = {
  state: 'in_flight' as const,
  chat: undefined,
  msg: undefined,
  learnt: undefined,
  sentAt: 0,
  reason: '',
  released: 0,
  forgotten: false,
};
export type Ext = {
  chat: string;
  msg: string | undefined;
  day: number;
  /** When it came, and when it was sent. */
  at: number;
  sentAt: number;
  counts: boolean;
  gone: boolean;
};
/** A row of the event log; `id`: whose delivery it is, if a reservation's. */
export type Logged = Pick<Ext, 'chat' | 'msg' | 'day' | 'at' | 'counts'> & {
  id: string | null;
  /** The reservation of the InMail, also if it was observed first; and if it cost no credit. */
  owner?: string | undefined;
  free?: boolean | undefined;
};
export type RefPacing = { minGapSeconds: number; jitterPercent?: number; perHour?: number };
export type RefCampaign = { campaignId: string; dailyCap?: number; weight?: number };
export type RefVelocity = { factor: number; floor: number };
export type RefPolicy = {
  tier: string;
  dailyCap: number | null;
  weeklyCap: number | null;
  ramp: readonly number[] | null;
  creditsRenewOn?: number | null;
  pacing?: RefPacing | null;
  campaigns?: readonly RefCampaign[] | null;
  mode?: 'enforce' | 'shadow' | null;
  velocity?: RefVelocity | null;
  learntCap?: boolean | null;
};
export type RefAsk = Pick<Res, 'recipient' | 'campaign' | 'free'> & { again: boolean };
