/**
 * Reads one JSON object, field by field. An Update is read strictly: one bad field refuses the
 * whole Update. A Signal is read leniently: a bad optional field is dropped and named, and the rest
 * counts (R18).
 */
import { isText } from '../primitives/ids.js';
import { closest } from '../primitives/spelling.js';
import { cleaned, isPlain, shown } from '../primitives/text.js';
import type { Reader, TextRule } from './values.js';
import type { FailureType, Flaw } from '../account/refusals.js';
import type { Instant } from '../primitives/time.js';

/**
 * `accepted`: an Update that passed its check on arrival and is read again, maybe from the history
 * of an older version. Values that this version accepted are cleaned, because the workflow run must
 * replay unchanged.
 */
export type Mode = 'strict' | 'lenient' | 'accepted';
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly dropped: readonly string[] }
  | ({ readonly ok: false } & Flaw);

const isObject = (raw: unknown): raw is { readonly [name: string]: unknown } =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !ArrayBuffer.isView(raw);

/** Returns why a payload could not be read at all, in the words of the payload converter. */
export const unreadableIn = (raw: unknown): string | undefined =>
  isObject(raw) && Object.hasOwn(raw, 'undecodable')
    ? wordsOf(raw['undecodable']).slice(0, UNREADABLE_CHARS)
    : undefined;
/** Any sender may use that name: only a text is quoted. */
const wordsOf = (why: unknown): string => (typeof why === 'string' ? why : 'no reason is given');
/** Maximum characters of that reason, because it quotes text of an unknown sender. */
const UNREADABLE_CHARS = 200;

/**
 * True if a text has the maximum of characters as a person counts them, and is too long in UTF-16
 * units, which limit its bytes.
 */
function isLongByPairs(raw: unknown, max: number): boolean {
  if (typeof raw !== 'string' || raw.length <= max || raw.length > 2 * max) return false;
  return raw.replaceAll(PAIRS, '1').length <= max;
}
/** The two units of an emoji. */
const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** A value that was found; undefined only after a flaw was recorded. */
export type Found<T> = { readonly value: T } | undefined;

/** Collects what is wrong while the fields of one object are read. */
export class Fields {
  readonly dropped: string[] = [];
  readonly mode: Mode;
  /** The clock of the workflow. */
  readonly at: Instant;
  flaw: Flaw | undefined;
  readonly #raw: { readonly [name: string]: unknown };
  readonly #path: string;

  constructor(raw: unknown, mode: Mode, at: Instant, path = '') {
    const why = unreadableIn(raw);
    const isReadable = isObject(raw) && why === undefined;
    this.#raw = isReadable ? raw : {};
    this.mode = mode;
    this.at = at;
    this.#path = path;
    if (!isReadable)
      this.refuse(
        'InvalidInput',
        `${path || 'the payload'} should be a JSON object${why === undefined ? '' : `: ${why}`}`,
      );
  }

  /** True if the object has the field; null is a value here. */
  has(name: string): boolean {
    return Object.hasOwn(this.#raw, name) && this.#raw[name] !== undefined;
  }

  /** True if the field has exactly that value. */
  is(name: string, value: unknown): boolean {
    return this.has(name) && this.#raw[name] === value;
  }

  /** True if the field is missing or null. */
  isAbsent(name: string): boolean {
    return !this.has(name) || this.is(name, null);
  }

  /** Returns a hint at a field of the payload that is probably the missing one, misspelt. */
  misspelt(name: string): string {
    const written = Object.keys(this.#raw).find((one) => closest(one, [name]) !== undefined);
    return written === undefined ? '' : `; did you mean ${name} by ${shown(written)}?`;
  }

  /** Reads a required field. */
  need<T>(name: string, read: Reader<T>): Found<T> {
    if (this.flaw) return undefined;
    const found = this.#read(name, read);
    if ('value' in found) return found;
    this.refuse('InvalidInput', this.#sentence(name, found.shouldBe));
    return undefined;
  }

  /** Reads a field that may be absent or null. */
  may<T>(name: string, read: Reader<T>): T | undefined {
    if (this.flaw || this.isAbsent(name)) return undefined;
    const found = this.#read(name, read);
    if ('value' in found) return found.value;
    const sentence = this.#sentence(name, found.shouldBe);
    if (this.mode === 'lenient') this.dropped.push(sentence);
    else this.refuse('InvalidInput', sentence);
    return undefined;
  }

  /** Reads a field that only adds to a report: a bad value is dropped, and the report counts. */
  hint<T>(name: string, read: Reader<T>): T | undefined {
    return this.isAbsent(name) ? undefined : this.wanted(name, read);
  }

  /** Reads a field that a report should have: without it the report counts, but it is named. */
  wanted<T>(name: string, read: Reader<T>): T | undefined {
    if (this.flaw) return undefined;
    const found = this.#read(name, read);
    if ('value' in found) return found.value;
    this.dropped.push(this.#sentence(name, found.shouldBe));
    return undefined;
  }

  /** Reads required text of a person, as one line. */
  needText(name: string, rule: TextRule): Found<string> {
    return this.need(name, (raw) => this.#text(name, raw, rule));
  }

  /** Reads optional text of a person, as one line. */
  mayText(name: string, rule: TextRule): string | undefined {
    return this.may(name, (raw) => this.#text(name, raw, rule));
  }

  #text(name: string, raw: unknown, { maxLength: max }: TextRule): ReturnType<Reader<string>> {
    const counts = isLongByPairs(raw, max) ? '; an emoji counts as two' : '';
    const shouldBe = `text of 1 to ${max} characters, without control characters${counts}`;
    if (!isText(raw, max)) return { shouldBe };
    const value = cleaned(raw);
    if (value === '' || (this.mode === 'strict' && !isPlain(raw))) return { shouldBe };
    if (this.mode === 'lenient' && !isPlain(raw)) {
      this.dropped.push(`control characters: ${this.#sentence(name, shouldBe)}`);
    }
    return { value };
  }

  /** Reads a field of a policy: absent keeps the stored value, null sets the default (R13). */
  setting<T>(name: string, read: Reader<T>): T | null | undefined {
    return this.is(name, null) ? null : this.may(name, read);
  }

  refuse(refused: FailureType, message: string): void {
    this.flaw ??= { refused, message };
  }

  /** Returns the value, or the flaw of a field that it needs. */
  done<T>(build: () => T | undefined): Parsed<T> {
    const value = this.flaw ? undefined : build();
    if (value !== undefined) return { ok: true, value, dropped: this.dropped };
    const flaw = this.flaw ?? { refused: 'InvalidInput', message: 'the payload is incomplete' };
    return { ok: false, ...flaw };
  }

  #read<T>(name: string, read: Reader<T>): ReturnType<Reader<T>> {
    return read(Object.hasOwn(this.#raw, name) ? this.#raw[name] : undefined, this.at);
  }

  #sentence(name: string, shouldBe: string): string {
    const path = this.#path ? `${this.#path}.${name}` : name;
    if (this.has(name)) return `${path} should be ${shouldBe}`;
    return `${path} is missing: it should be ${shouldBe}${this.misspelt(name)}`;
  }
}
