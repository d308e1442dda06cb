/** Looking a component up by its name and decoding its settings: what is unknown, missing or wrong is said with its place. */
import { either as E } from 'fp-ts';
import * as t from 'io-ts';
import { closestMatch } from 'leven';
import { TapegradError } from '../../../autograd/index.js';
import { shown, UsageError } from '../config.js';

/** What a layer's maker knows beside its settings. */
export interface Place {
  /** The shape of one example as it comes in, without the batch. */
  readonly shape: readonly number[];
  readonly layout: 'NHWC' | 'NCHW';
  /** Where the weight that is initialised has its inputs and outputs; for initialisers. */
  readonly weightLayout?: 'out-in' | 'in-out';
}

/** Something that can be asked for by name. */
export interface Entry<A> {
  readonly settings: t.Props;
  readonly needed: readonly string[];
  readonly make: (settings: never, place: Place) => A;
}

/** An entry with settings that must be given and others that may be. */
export const entry = <A, R extends t.Props, O extends t.Props>(
  needed: R,
  optional: O,
  make: (settings: t.TypeOfProps<R> & t.TypeOfPartialProps<O>, place: Place) => A,
): Entry<A> => ({ settings: { ...needed, ...optional }, needed: Object.keys(needed), make });

/** Of a module, the names of all that is of a type: a table with a line for each cannot forget one. */
export type NamesOf<Module, Kind> = { [Name in keyof Module]: Module[Name] extends Kind ? Name : never }[keyof Module];

type NeededOf<Options> = {
  [Name in keyof Options]-?: Record<never, never> extends Pick<Options, Name> ? never : Name;
}[keyof Options];

/** An entry for a function with options, every one of which has its line. */
export const entryOf = <Options, A>(
  make: (options: Options, place: Place) => A,
  needed: { readonly [Name in NeededOf<Options>]: t.Mixed },
  optional: { readonly [Name in Exclude<keyof Options, NeededOf<Options>>]-?: t.Mixed },
): Entry<A> => ({ settings: { ...needed, ...optional }, needed: Object.keys(needed), make: make as Entry<A>['make'] });

const fail = (where: string, problem: string): never => {
  throw new UsageError(`${where}: ${problem}`);
};

/** The member of a table by its name, or a `UsageError` that lists the names. */
export const lookUp = <A>(table: Readonly<Record<string, A>>, name: string, what: string, where: string): A => {
  if (Object.hasOwn(table, name)) return table[name] as A;
  const names = Object.keys(table);
  // A name as long as a page is near to nothing, and to say so would take long.
  const near = name.length > 60 ? undefined : closestMatch(name, names, { maxDistance: 4 });
  const hint = near === undefined ? '' : ` did you mean ${near}?`;
  return fail(
    where,
    `there is no ${what} ${name.length > 60 ? `${name.slice(0, 60)}…` : name};${hint} there are ${names.join(', ')}`,
  );
};

/** A description: a name, and settings for whatever bears it. */
export interface Description {
  readonly name: string;
  readonly [setting: string]: unknown;
}

export const descriptionCodec: t.Type<Description, Description, unknown> = t.intersection(
  [t.type({ name: t.string }), t.UnknownRecord],
  'an object with a name',
);

/** What the description asks for. */
export const makeEntry = <A>(
  table: Readonly<Record<string, Entry<A>>>,
  what: string,
  { name, ...settings }: Description,
  place: Place,
  where: string,
): A => {
  const { settings: known, needed, make } = lookUp(table, name, what, where);
  for (const setting of needed) if (settings[setting] === undefined) fail(where, `${name} needs a setting ${setting}`);
  for (const [setting, value] of Object.entries(settings)) {
    const codec: t.Mixed = lookUp(known, setting, `setting of ${name} called`, where);
    if (E.isLeft(codec.decode(value))) fail(where, `${setting} of ${name} is ${shown(value)}, not ${codec.name}`);
  }
  try {
    return make(settings as never, place);
  } catch (error) {
    // Settings of the right type that the library refuses, such as a rate below 0.
    if (!(error instanceof TapegradError)) throw error;
    return fail(where, error.message);
  }
};
