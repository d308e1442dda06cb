/**
 * The reference backend: runs a program by calling each primitive's own forward loop. Slow, obvious, and the oracle
 * for every other backend.
 */

import { allocate, type Dtype, storedAs, type TypedArray } from '../../base/dtype.js';
import type { Backend, Storage } from '../../program/backend.js';
import { evaluate } from '../../program/evaluate.js';
import type { View } from '../../program/primitive.js';
import type { Program } from '../../program/program.js';
import { storageOn } from '../../tensor/tensor.js';

interface ReferenceStorage extends Storage {
  readonly data: TypedArray;
}

const store = (data: TypedArray, dtype: Dtype): ReferenceStorage => ({ dtype, length: data.length, data });

/** Storages only ever meet the backend that made them. */
const dataOf = (storage: Storage): TypedArray => (storage as ReferenceStorage).data;

export const referenceBackend: Backend = {
  name: 'reference',
  write: (data, dtype) => store(storedAs(data, dtype), dtype),
  read: async (storage) => dataOf(storage).slice(),
  readSync: (storage) => dataOf(storage).slice(),
  free: () => {},
  lower: (program) => {
    const constants = program.constants.map((constant) => dataOf(storageOn(referenceBackend, constant)));
    return (inputs) => run(program, constants, inputs);
  },
};

const run = (
  program: Program,
  constants: readonly TypedArray[],
  inputs: readonly Storage[],
): readonly ReferenceStorage[] => {
  const values: readonly View[] = [
    ...inputs.map((storage, i) => ({
      data: dataOf(storage),
      shape: program.inputs[i]?.shape ?? [],
      dtype: storage.dtype,
    })),
    ...program.constants.map((constant, i) => ({
      data: constants[i] ?? allocate(constant.dtype, 0),
      shape: constant.shape,
      dtype: constant.dtype,
    })),
  ];
  return evaluate(program, values).map(({ data, dtype }) => store(data, dtype));
};
