// Reading what a page says. A page can say anything in the agent's name: each value is taken only in the form that it
// must have, texts and lists only so long, and what is something else is an error that names it.

import { strings } from "../strings.ts";

export class Unreadable extends Error {
  constructor(what: string) {
    super(strings.unreadable(what));
  }
}

export type Read<T> = (value: unknown, what: string) => T;

/** A finite number that is not negative. */
export const number: Read<number> = (value, what) => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw new Unreadable(what);
  return value;
};

/** A size, count, index or id. */
export const integer: Read<number> = (value, what) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Unreadable(what);
  return value as number;
};

export const flag: Read<boolean> = (value, what) => {
  if (typeof value !== "boolean") throw new Unreadable(what);
  return value;
};

export const text = (most: number): Read<string> => (value, what) => {
  if (typeof value !== "string" || value.length > most) throw new Unreadable(what);
  return value;
};

export const matching = (form: RegExp): Read<string> => (value, what) => {
  if (typeof value !== "string" || !form.test(value)) throw new Unreadable(what);
  return value;
};

export const oneOf = <T extends string>(...names: readonly T[]): Read<T> => (value, what) => {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new Unreadable(what);
  return found;
};

export const nullable = <T>(read: Read<T>): Read<T | null> => (value, what) => (value === null ? null : read(value, what));

export const list = <T>(read: Read<T>, most: number): Read<T[]> => (value, what) => {
  if (!Array.isArray(value) || value.length > most) throw new Unreadable(what);
  return value.map((entry, i) => read(entry, `${what}[${i}]`));
};

type Fields<T> = { [K in keyof T]-?: Read<T[K]> };

/** An object's known keys; others are dropped. */
export const record = <T extends object>(fields: Fields<T>): Read<T> => (value, what) => {
  if (typeof value !== "object" || value === null) throw new Unreadable(what);
  const from = value as Record<string, unknown>;
  const entries = Object.entries<Read<unknown>>(fields).map(([key, read]) => [key, read(from[key], `${what}.${key}`)]);
  return Object.fromEntries(entries) as T;
};

/** An answer's text; the longest that is taken has 32 Mi characters. */
export function parse<T>(answer: unknown, read: Read<T>, what: string): T {
  if (typeof answer !== "string" || answer.length > 32 << 20) throw new Unreadable(what);
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    throw new Unreadable(what);
  }
  return read(value, what);
}
