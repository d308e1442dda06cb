/** The public face of `core/`: tensors and operations on them, without derivatives. */

// Tensors and how to make them.
export { fromData, ones, onesLike, tensor, type TensorOptions, zeros, zerosLike } from './creation.js';
export type { Dtype, FloatDtype, TypedArray } from './dtype.js';
export { ArgumentError, AxisError, DtypeError, type ErrorDetails, GradientError, NanError, ShapeError, TapegradError, TreeError } from './errors.js';
export type { Operand } from './operand.js';
export { full } from './primitives/full.js';
export type { Shape } from './shape.js';
export { type NestedNumbers, Tensor } from './tensor.js';
export { treeEntries, treeLeaves, treeMap, treeUnflatten } from './tree.js';

// Elementwise operations.
export { add } from './primitives/add.js';
export { cast } from './primitives/cast.js';
export { cos } from './primitives/cos.js';
export { exp } from './primitives/exp.js';
export { mul } from './primitives/mul.js';
export { neg } from './primitives/neg.js';
export { sin } from './primitives/sin.js';

// Reductions and scans.
export { type ReduceOptions, sum } from './primitives/sum.js';

// Shapes.
export { broadcastTo } from './primitives/broadcast-to.js';
export { permute } from './primitives/permute.js';
export { reshape } from './primitives/reshape.js';

// Indexing and order.

// Linear algebra.
export { matmul } from './primitives/matmul.js';

// Convolution and pooling.

// Random numbers.

// For those who write primitives, interpreters and backends.
export type { Backend, Executable, Storage } from './backend.js';
export { defaultBackend, setDefaultBackend } from './default-backend.js';
export { bind, type CustomRule, currentInterpreter, type Interpreter, withInterpreter } from './interpreter.js';
export { define, type Primitive } from './primitive.js';
export { type Aval, makeProgram, type Program, type ProgramNode } from './program.js';
export { referenceBackend } from './reference/backend.js';
export * as primitives from './table.js';
