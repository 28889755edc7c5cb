/**
 * Reading one JSON object, field by field. An Update is read strictly: one bad field refuses it
 * whole. A Signal is read leniently: a bad optional field is dropped and named, the rest counts
 * (R18).
 */
import { isText } from '../primitives/ids.js';
import { closest } from '../primitives/spelling.js';
import { cleaned, isPlain, shown } from '../primitives/text.js';
import type { Reader, TextRule } from './values.js';
import type { FailureType, Flaw } from '../account/refusals.js';

/**
 * `accepted`: an Update that passed its check when it came and is read again, maybe from the history
 * of an older version: what that version took is cleaned, because the run must replay as it was.
 */
export type Mode = 'strict' | 'lenient' | 'accepted';
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly dropped: readonly string[] }
  | ({ readonly ok: false } & Flaw);

const isObject = (raw: unknown): raw is { readonly [name: string]: unknown } =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !ArrayBuffer.isView(raw);

/** Why a payload could not be read at all, as the payload converter has put it. */
export const unreadableIn = (raw: unknown): string | undefined =>
  isObject(raw) && Object.hasOwn(raw, 'undecodable')
    ? String(raw['undecodable']).slice(0, UNREADABLE_CHARS)
    : undefined;
/** The reason names what it stumbled on: a stranger's text, so no more of it than is of use. */
const UNREADABLE_CHARS = 200;

/** Collects what is wrong while the fields of one object are read. */
export class Fields {
  readonly dropped: string[] = [];
  flaw: Flaw | undefined;
  readonly #raw: { readonly [name: string]: unknown };
  readonly #mode: Mode;
  readonly #path: string;

  constructor(raw: unknown, mode: Mode, path = '') {
    const why = unreadableIn(raw);
    const isReadable = isObject(raw) && why === undefined;
    this.#raw = isReadable ? raw : {};
    this.#mode = mode;
    this.#path = path;
    if (!isReadable)
      this.refuse(
        'InvalidInput',
        `${path || 'the payload'} should be a JSON object${why === undefined ? '' : `: ${why}`}`,
      );
  }

  /** Was the field named at all; null is a value here. */
  has(name: string): boolean {
    return Object.hasOwn(this.#raw, name) && this.#raw[name] !== undefined;
  }

  isNull(name: string): boolean {
    return Object.hasOwn(this.#raw, name) && this.#raw[name] === null;
  }

  /** Is the field as good as not named. */
  isAbsent(name: string): boolean {
    return !this.has(name) || this.isNull(name);
  }

  /** What of the payload was probably meant to be the field that is missing. */
  misspelt(name: string): string {
    const written = Object.keys(this.#raw).find((one) => closest(one, [name]) !== undefined);
    return written === undefined ? '' : `; did you mean ${name} by ${shown(written)}?`;
  }

  /** A field that must be there; undefined only after a flaw was noted. */
  need<T>(name: string, read: Reader<T>, refused: FailureType = 'InvalidInput'): T | undefined {
    if (this.flaw) return undefined;
    const found = read(Object.hasOwn(this.#raw, name) ? this.#raw[name] : undefined);
    if ('value' in found) return found.value;
    this.refuse(refused, this.#sentence(name, found.shouldBe));
    return undefined;
  }

  /** A field that may be absent or null. */
  may<T>(name: string, read: Reader<T>): T | undefined {
    if (this.flaw || this.isAbsent(name)) return undefined;
    const found = read(this.#raw[name]);
    if ('value' in found) return found.value;
    const sentence = this.#sentence(name, found.shouldBe);
    if (this.#mode === 'lenient') this.dropped.push(sentence);
    else this.refuse('InvalidInput', sentence);
    return undefined;
  }

  /** A field that only adds to a report: what cannot be read is dropped, and the report counts. */
  hint<T>(name: string, read: Reader<T>): T | undefined {
    return this.isAbsent(name) ? undefined : this.#hinted(name, read);
  }

  /** A field without which a report counts, too, but not unnoticed. */
  wanted<T>(name: string, read: Reader<T>): T | undefined {
    return this.#hinted(name, read);
  }

  #hinted<T>(name: string, read: Reader<T>): T | undefined {
    if (this.flaw) return undefined;
    const found = read(Object.hasOwn(this.#raw, name) ? this.#raw[name] : undefined);
    if ('value' in found) return found.value;
    this.dropped.push(this.#sentence(name, found.shouldBe));
    return undefined;
  }

  /** Text that a person wrote, which must be there; it is read as one line. */
  needText(name: string, rule: TextRule): string | undefined {
    return this.need(name, (raw) => this.#text(name, raw, rule));
  }

  /** Text that a person may have written. */
  mayText(name: string, rule: TextRule): string | undefined {
    return this.may(name, (raw) => this.#text(name, raw, rule));
  }

  #text(name: string, raw: unknown, { maxLength: max }: TextRule): ReturnType<Reader<string>> {
    const shouldBe = `text of 1 to ${max} characters, without control characters`;
    if (!isText(raw, max)) return { shouldBe };
    const value = cleaned(raw);
    if (value === '' || (this.#mode === 'strict' && !isPlain(raw))) return { shouldBe };
    if (this.#mode === 'lenient' && !isPlain(raw)) {
      this.dropped.push(`control characters: ${this.#sentence(name, shouldBe)}`);
    }
    return { value };
  }

  /** A field of a policy: absent keeps what is stored, null is the default (R13). */
  setting<T>(name: string, read: Reader<T>): T | null | undefined {
    return this.isNull(name) ? null : this.may(name, read);
  }

  refuse(refused: FailureType, message: string): void {
    this.flaw ??= { refused, message };
  }

  /** The value, unless something was wrong with a field that it needs. */
  done<T>(build: () => T | undefined): Parsed<T> {
    const value = this.flaw ? undefined : build();
    if (value !== undefined) return { ok: true, value, dropped: this.dropped };
    const flaw = this.flaw ?? { refused: 'InvalidInput', message: 'the payload is incomplete' };
    return { ok: false, ...flaw };
  }

  #sentence(name: string, shouldBe: string): string {
    const path = this.#path ? `${this.#path}.${name}` : name;
    if (this.has(name)) return `${path} should be ${shouldBe}`;
    return `${path} is missing: it should be ${shouldBe}${this.misspelt(name)}`;
  }
}
