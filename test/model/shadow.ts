/** Shadow mode once more, naively: written from the sentences of R23. */
import type { RefPolicy } from './kept.js';

/** The answer to a reserve in one word, and whether it takes a slot. */
export type RefAnswer = { readonly word: string; readonly isGranted: boolean };

/** Returns the answer to a new id that the gate denies for that reason, or does not deny. */
export function answerIn({ mode }: RefPolicy, denied: string | undefined): RefAnswer {
  if (denied === undefined) return { word: 'granted', isGranted: true };
  if (mode !== 'shadow' || denied === 'disconnected') return { word: denied, isGranted: false };
  return { word: `granted, would deny ${denied}`, isGranted: true };
}
