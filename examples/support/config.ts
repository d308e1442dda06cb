/** The settings of a run: from the command line, or from the `settings.json` that an earlier run left behind. */
import { either as E } from 'fp-ts';
import * as t from 'io-ts';

const wholeFrom = (least: number): t.Type<number, number, unknown> =>
  new t.Type(
    `a whole number ≥ ${least}`,
    t.number.is,
    (value, context) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= least
        ? t.success(value)
        : t.failure(value, context),
    t.identity,
  );

export const configCodec: t.Type<Config, Config, unknown> = t.readonly(
  t.strict({
    example: t.string,
    /** The folder with real data, or `null`. */
    data: t.union([t.string, t.null], 'a folder, or null'),
    /** `null` where nothing is trained by epochs. */
    epochs: t.union([wholeFrom(1), t.null], 'a whole number ≥ 1'),
    seed: wholeFrom(0),
    /** How many examples to train on at most; `null` for all. */
    limit: t.union([wholeFrom(1), t.null], 'a whole number ≥ 1'),
    /** A file that describes the model; `null` where the example has its own. */
    model: t.union([t.string, t.null], 'a file, or null'),
  }),
);

export interface Config {
  readonly example: string;
  readonly data: string | null;
  readonly epochs: number | null;
  readonly seed: number;
  readonly limit: number | null;
  readonly model: string | null;
}

/** A mistake of the person who typed the command: reported without a stack, with what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A value from outside as a message can hold it, however large or deep it is. */
export const shown = (value: unknown): string => {
  try {
    const text = JSON.stringify(value) ?? 'missing';
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return 'nested without end';
  }
};

/** One mistake: the setting by its name, what it is, and what it should be. */
const explain = ({ value, context }: t.ValidationError): readonly [setting: string, text: string] => {
  const entry = context.find(({ key }) => key !== '');
  const setting = entry?.key ?? 'the whole';
  return [setting, `${setting} is ${shown(value)}, not ${entry?.type.name ?? 'an object'}`];
};

/**
 * Settings from outside.
 * @throws UsageError with every setting that is wrong.
 */
export const decodeConfig = (value: unknown, where: string): Config => {
  const decoded = configCodec.decode(value);
  if (E.isRight(decoded)) return decoded.right;
  // A union reports each of its members; one line a setting is enough.
  throw new UsageError(`${where}: ${[...new Map(decoded.left.map(explain)).values()].join('; ')}`);
};
