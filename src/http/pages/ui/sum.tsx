/** The parts of the counter as a sum that can be read aloud, each with its pattern in the bar. */
import type { VNode } from 'preact';
import { Swatch } from './bar.js';
import type { Numbers } from './numbers.js';

const TERMS: readonly (readonly [name: string, word: string, of: (numbers: Numbers) => number])[] =
  [
    ['in-flight', 'in flight', ({ inFlight }) => inFlight],
    ['uncertain', 'uncertain', ({ uncertain }) => uncertain],
    ['delivered', 'delivered', ({ delivered }) => delivered],
    ['external', 'external', ({ external }) => external],
    ['imported', 'imported', ({ imported }) => imported],
    ['unexplained', 'unexplained', ({ unexplained }) => unexplained],
  ];

export const Sum = ({ numbers }: { readonly numbers: Numbers }): VNode => (
  <p id="sum" class="sum">
    <span class="term whole">
      <strong>{numbers.counter}</strong> counter
    </span>
    {TERMS.map(([name, word, of], n) => (
      <span key={word} class={of(numbers) === 0 ? 'term zero' : 'term'}>
        <span class="sign">{n === 0 ? '=' : '+'}</span> <Swatch name={name} />{' '}
        <strong>{of(numbers)}</strong> {word}
      </span>
    ))}
    {numbers.carried === 0 ? null : (
      <span class="term note">
        <Swatch name="carried" /> {numbers.carried} carried from earlier days
      </span>
    )}
  </p>
);
