/** Shortens a story that breaks a rule: leaves out every input that the breach does not need. */
import type { Story } from './story.js';

const REPLAYS_MAX = 400;

/** `breaks` plays a story, and returns true if the same rule is broken. */
export function shrunk(story: Story, breaks: (story: Story) => boolean): Story {
  let { inputs } = story;
  let replays = 0;
  for (let size = Math.ceil(inputs.length / 2); size >= 1;) {
    let isShorter = false;
    for (let from = 0; from < inputs.length && replays < REPLAYS_MAX;) {
      const fewer = [...inputs.slice(0, from), ...inputs.slice(from + size)];
      replays += 1;
      if (breaks({ ...story, inputs: fewer })) {
        inputs = fewer;
        isShorter = true;
      } else from += size;
    }
    if (size === 1 && !isShorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
    if (replays >= REPLAYS_MAX) break;
  }
  return { ...story, inputs };
}
