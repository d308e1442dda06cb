/** The law of options: alone and in pairs they do what plain arithmetic says, and none is ignored. */
import * as assert from 'uvu/assert';

/** Values away from the default, for every option of a type. */
export type Values<O> = { readonly [K in keyof O]-?: readonly Exclude<O[K], undefined>[] };
type Numbers = readonly number[];

export const wave = (count: number, phase: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + phase));
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
export const total = (values: Numbers): number => values.reduce((a, b) => a + b, 0);

const near = (got: Numbers, want: Numbers): boolean =>
  got.length === want.length &&
  got.every((x, i) => Object.is(x, want[i]) || Math.abs(x - (want[i] ?? Number.NaN)) <= 1e-11);

/** Holds `run` against `want` for none of the options, each value of each option, and each pair of values of two options. */
export const optionsLaw = <O extends object>(
  name: string,
  values: Values<O>,
  run: (options: O) => Numbers,
  want: (options: O) => Numbers,
  base: O = {} as O,
): void => {
  const choices = (Object.keys(values) as (keyof O & string)[]).flatMap((option) =>
    values[option].map((value) => ({ option, value, change: { [option]: value } as Partial<O> })),
  );
  const seen = new Set<string>();
  const hold = (options: O): Numbers => {
    const got = run(options);
    const wanted = want(options);
    assert.ok(near(got, wanted), `${name} with ${JSON.stringify(options)}: ${got.join()} instead of ${wanted.join()}`);
    return got;
  };
  const plain = hold(base);
  for (const [i, one] of choices.entries()) {
    const alone = hold({ ...base, ...one.change });
    if (!near(alone, plain)) seen.add(one.option);
    for (const other of choices.slice(0, i)) {
      if (other.option === one.option) continue;
      const both = hold({ ...base, ...one.change, ...other.change });
      if (!near(both, hold({ ...base, ...other.change }))) seen.add(one.option);
      if (!near(both, alone)) seen.add(other.option);
    }
  }
  // Where everything or nothing is dropped, the key does not matter; what it does else, independence.test.ts says.
  for (const option of Object.keys(values))
    assert.ok(seen.has(option) || option === 'key', `${name}: ${option} changes nothing`);
};
