/** Single entries of the project's tables of numbers, as tensors: what a test of a model replays. */
import { readFileSync } from 'node:fs';
import { fromData, reshape, type Tensor } from '../../../core/index.js';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Entry {
  readonly id: string;
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly expected: Readonly<Record<string, Numbers>>;
}

type Named = Readonly<Record<string, Tensor>>;

const tensors = (numbers: Readonly<Record<string, Numbers>>): Named =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, { shape, data }]) => [
      name,
      name === 'y'
        ? fromData(Int32Array.from(data), shape)
        : reshape(fromData(Float64Array.from(data), [data.length]), shape),
    ]),
  );

const entries = JSON.parse(
  readFileSync(new URL('../../fixtures/cases/seed-tables.json', import.meta.url), 'utf8'),
) as readonly Entry[];

/** Inputs and expected values of an entry, float64, labels int32. */
export const tableEntry = (id: string): { readonly inputs: Named; readonly expected: Named } => {
  const entry = entries.find((candidate) => candidate.id === id);
  if (entry === undefined) throw new Error(`there is no entry ${id}`);
  return { inputs: tensors(entry.inputs), expected: tensors(entry.expected) };
};
