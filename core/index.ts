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
export { abs } from './primitives/abs.js';
export { add } from './primitives/add.js';
export { cast } from './primitives/cast.js';
export { cos } from './primitives/cos.js';
export { div } from './primitives/div.js';
export { equal } from './primitives/equal.js';
export { exp } from './primitives/exp.js';
export { lessEqual } from './primitives/less-equal.js';
export { less } from './primitives/less.js';
export { log } from './primitives/log.js';
export { logicalAnd } from './primitives/logical-and.js';
export { logicalNot } from './primitives/logical-not.js';
export { logicalOr } from './primitives/logical-or.js';
export { maximum } from './primitives/maximum.js';
export { minimum } from './primitives/minimum.js';
export { mul } from './primitives/mul.js';
export { neg } from './primitives/neg.js';
export { relu } from './primitives/relu.js';
export { sigmoid } from './primitives/sigmoid.js';
export { sign } from './primitives/sign.js';
export { sin } from './primitives/sin.js';
export { sqrt } from './primitives/sqrt.js';
export { stopGradient } from './primitives/stop-gradient.js';
export { sub } from './primitives/sub.js';
export { tanh } from './primitives/tanh.js';
export { where } from './primitives/where.js';

// Reductions and scans.
export { type ReduceOptions, sum } from './primitives/sum.js';

// Shapes.
export { squeeze, type Transposed, transpose, unsqueeze } from './ops/shapes.js';
export { broadcastTo } from './primitives/broadcast-to.js';
export { concat } from './primitives/concat.js';
export { flip } from './primitives/flip.js';
export { permute } from './primitives/permute.js';
export { reshape } from './primitives/reshape.js';
export { slice } from './primitives/slice.js';
export type { Range } from './ranges.js';

// Indexing and order.
export type { Indices } from './families/indexed.js';
export { gather } from './primitives/gather.js';
export { iota } from './primitives/iota.js';
export { scatterAdd } from './primitives/scatter-add.js';
export { take } from './primitives/take.js';

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
