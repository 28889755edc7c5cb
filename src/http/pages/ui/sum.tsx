/** The parts of the counter as a sum that can be read aloud. */
import type { VNode } from 'preact';
import type { Numbers } from './numbers.js';
import { Section } from './parts.js';

export function Sum({ numbers }: { readonly numbers: Numbers }): VNode {
  const terms: readonly (readonly [string, number])[] = [
    ['in flight', numbers.inFlight],
    ['uncertain', numbers.uncertain],
    ['delivered', numbers.delivered],
    ['external', numbers.external],
    ['imported', numbers.imported],
    ['unexplained', numbers.unexplained],
  ];
  return (
    <Section id="sum" title="The parts of the counter">
      <p class="sum">
        <span class="term whole">
          <strong>{numbers.counter}</strong> counter
        </span>
        {terms.map(([word, count], n) => (
          <span key={word} class={count === 0 ? 'term zero' : 'term'}>
            <span class="sign">{n === 0 ? '=' : '+'}</span> <strong>{count}</strong> {word}
          </span>
        ))}
      </p>
    </Section>
  );
}
