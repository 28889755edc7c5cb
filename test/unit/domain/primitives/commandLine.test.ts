/** Commands that people are shown to type next can be typed, whatever the id begins with. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../../src/domain/primitives/commandLine.js';

describe('a command that is shown', () => {
  it.each([
    ['status', ['acme'], '', 'safeband status acme'],
    ['status', ['-acme'], '', 'safeband status -- -acme'],
    ['connect', ['acme'], '--tier <tier>', 'safeband connect acme --tier <tier>'],
    ['connect', ['--acme'], '--tier premium', 'safeband connect --tier premium -- --acme'],
    ['settle', ['acme', '-r1'], '--reason …', 'safeband settle --reason … -- acme -r1'],
    ['keys revoke', ["ada's key"], '', "safeband keys revoke 'ada'\\''s key'"],
  ])('the shown command of %s %j %s can be typed unchanged', (command, names, options, line) => {
    expect(commandLine(command, names, options)).toBe(line);
  });

  it('a command that names an id is composed by one function only', () => {
    const written = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .flatMap((name) => [
        ...(readFileSync(`src/${name}`, 'utf8').match(/`safeband [a-z -]*\$\{\w+\}/g) ?? []),
      ]);
    // These name no id: options of a list, and the command that was typed.
    expect(
      written.filter((text) => !/\$\{(same|path|by|table|next)\}|keys log/.test(text)),
    ).toEqual([]);
  });
});
