/** The search attributes of an account: what people look for in the Temporal UI. */
import { upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../temporal/protocol.js';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const STATE = keyword(SEARCH_ATTRIBUTES.state);
const TIER = keyword(SEARCH_ATTRIBUTES.tier);

/** The values as they were last written. */
export type Published = { readonly state: string; readonly tier: string };

/** Writes both values. Each call is an event of the history. */
export function publishAttributes({ state, tier }: Published): void {
  upsertSearchAttributes([
    { key: STATE, value: state },
    { key: TIER, value: tier },
  ]);
}
