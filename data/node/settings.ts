/** What a run was told, as a file of its folder holds it: written only as it will be read again. */
import { either as E } from 'fp-ts';
import * as t from 'io-ts';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkObject, checkText, isDeeperThan } from '../checks.js';
import { DataError } from '../errors.js';

export type Setting = string | number | boolean | null | readonly Setting[];

/** The contents of the file. */
export interface RunSettings {
  readonly model: string;
  readonly settings: Readonly<Record<string, Setting>>;
}

/** Lists of settings lie within one another no deeper than this, in files as in arguments. */
const deepest = 100;

/** What every writer refuses, because no reader would give it back: no text, no finite number, no flag, no null, no list of them. */
export const checkSettings = (op: string, settings: unknown): void => {
  checkObject(op, 'settings', settings);
  if (isDeeperThan(settings, deepest))
    throw new ArgumentError({
      op,
      problem: `settings lie more than ${deepest} levels deep within one another`,
      remedy: 'give plain settings, or a name for them',
    });
  const check = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const inner of value) check(name, inner);
    else if (!(value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)))
      throw new ArgumentError({
        op,
        problem: `the setting ${name} is ${describe(value)}`,
        remedy: 'give texts, finite numbers, true, false, null, or lists of them',
      });
  };
  for (const [name, value] of Object.entries(settings as object)) check(name, value);
};

/** What `settings.json` holds. */
export const settingsText = (op: string, model: unknown, settings: Readonly<Record<string, Setting>>): string => {
  checkText(op, 'model', model);
  checkSettings(op, settings);
  // What was checked is what is written: nothing that the object would rather be in JSON.
  return `${JSON.stringify({ model, settings: { ...settings } }, null, 2)}\n`;
};

/** A number as JSON has them; 1e999 is one of its texts, but no number. */
const finite = new t.Type<number, number, unknown>(
  'a finite number',
  (value): value is number => Number.isFinite(value),
  (value, context) => (Number.isFinite(value) ? t.success(value as number) : t.failure(value, context)),
  t.identity,
);

const setting: t.Type<Setting, Setting, unknown> = t.recursion('a setting', () =>
  t.union([t.string, finite, t.boolean, t.null, t.readonlyArray(setting)]),
);
const settingsCodec: t.Type<RunSettings, RunSettings, unknown> = t.type({
  model: t.string,
  settings: t.record(t.string, setting),
});

/** The model and the settings in the bytes of a file. */
export const readSettings = (bytes: Uint8Array, op: string, file: string): RunSettings => {
  const text = new TextDecoder().decode(bytes);
  const decoded = E.tryCatch(
    (): unknown => JSON.parse(text),
    () => null,
  );
  // The whole and its settings are two levels more.
  const sound = E.isRight(decoded) && !isDeeperThan(decoded.right, deepest + 2);
  const read = settingsCodec.decode(sound ? decoded.right : null);
  if (E.isRight(read)) return read.right;
  throw new DataError({
    op,
    file,
    place: null,
    problem: E.isRight(decoded) ? 'no settings of a run' : 'no JSON',
    expected: 'an object with a model and settings by name',
  });
};
