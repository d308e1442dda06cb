/** The public face of `core/`: tensors and operations on them, without derivatives. */

// Tensors and how to make them.
export type { AxesArgument, AxesOptions, AxisArgument, AxisOptions, OneAxis, SomeAxes } from './axis.js';
export { fromData, ones, onesLike, tensor, type TensorOptions, zeros, zerosLike } from './creation.js';
export type { Dtype, FloatDtype, TypedArray } from './dtype.js';
export {
  ArgumentError,
  AxisError,
  DtypeError,
  type ErrorDetails,
  GradientError,
  NanError,
  NonFiniteError,
  ShapeError,
  TapegradError,
  ThreadError,
  TreeError,
} from './errors.js';
export type { Operand } from './operand.js';
export {
  arange,
  type ArangeOptions,
  linspace,
  type LinspaceOptions,
  logspace,
  type LogspaceOptions,
  meshgrid,
  type MeshgridOptions,
} from './ops/sequences.js';
export { full } from './primitives/full.js';
export type { Shape } from './shape.js';
export type { Counted } from './counted.js';
export { type NestedNumbers, Tensor } from './tensor.js';
export { treeEntries, treeLeaves, treeMap, treeStructure, treeUnflatten } from './tree.js';

// Elementwise operations.
export {
  type ClampOptions,
  clamp,
  exp2,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  logicalXor,
  notEqual,
  reciprocal,
  safeDiv,
  safeLog,
  safeSqrt,
  square,
} from './ops/elementwise.js';
export { abs } from './primitives/abs.js';
export { acos } from './primitives/acos.js';
export { acosh } from './primitives/acosh.js';
export { add } from './primitives/add.js';
export { asin } from './primitives/asin.js';
export { asinh } from './primitives/asinh.js';
export { atan } from './primitives/atan.js';
export { atan2 } from './primitives/atan2.js';
export { atanh } from './primitives/atanh.js';
export { cast } from './primitives/cast.js';
export { cbrt } from './primitives/cbrt.js';
export { ceil } from './primitives/ceil.js';
export { cos } from './primitives/cos.js';
export { cosh } from './primitives/cosh.js';
export { div } from './primitives/div.js';
export { equal } from './primitives/equal.js';
export { erf } from './primitives/erf.js';
export { erfc } from './primitives/erfc.js';
export { erfinv } from './primitives/erfinv.js';
export { exp } from './primitives/exp.js';
export { expm1 } from './primitives/expm1.js';
export { floorDivide } from './primitives/floor-divide.js';
export { floor } from './primitives/floor.js';
export { hypot } from './primitives/hypot.js';
export { lessEqual } from './primitives/less-equal.js';
export { less } from './primitives/less.js';
export { log } from './primitives/log.js';
export { log10 } from './primitives/log10.js';
export { log1p } from './primitives/log1p.js';
export { log2 } from './primitives/log2.js';
export { logicalAnd } from './primitives/logical-and.js';
export { logicalNot } from './primitives/logical-not.js';
export { logicalOr } from './primitives/logical-or.js';
export { maximum } from './primitives/maximum.js';
export { minimum } from './primitives/minimum.js';
export { mul } from './primitives/mul.js';
export { neg } from './primitives/neg.js';
export { pow } from './primitives/pow.js';
export { relu } from './primitives/relu.js';
export { remainder } from './primitives/remainder.js';
export { round } from './primitives/round.js';
export { rsqrt } from './primitives/rsqrt.js';
export { sigmoid } from './primitives/sigmoid.js';
export { sign } from './primitives/sign.js';
export { sin } from './primitives/sin.js';
export { sinh } from './primitives/sinh.js';
export { softplus } from './primitives/softplus.js';
export { sqrt } from './primitives/sqrt.js';
export { stopGradient } from './primitives/stop-gradient.js';
export { sub } from './primitives/sub.js';
export { tan } from './primitives/tan.js';
export { tanh } from './primitives/tanh.js';
export { where } from './primitives/where.js';

// Reductions and scans.
export {
  all,
  any,
  countNonZero,
  mean,
  type NormOptions,
  norm,
  std,
  type VarianceOptions,
  variance,
} from './ops/reductions.js';
export { type ArgOptions, argmax } from './primitives/argmax.js';
export { argmin } from './primitives/argmin.js';
export { cumprod } from './primitives/cumprod.js';
export { cumsum, type ScanOptions } from './primitives/cumsum.js';
export { logSoftmax } from './primitives/log-softmax.js';
export { logsumexp } from './primitives/logsumexp.js';
export { max } from './primitives/max.js';
export { min } from './primitives/min.js';
export { prod } from './primitives/prod.js';
export { recurrence } from './primitives/recurrence.js';
export { softmax } from './primitives/softmax.js';
export { type ReduceOptions, sum } from './primitives/sum.js';

// Shapes.
export { diag, diagEmbed, diagonal, type DiagonalOptions, eye, type EyeOptions, tril, triu } from './ops/diagonals.js';
export { repeatInterleave, roll, split, stack, tile } from './ops/joining.js';
export { pad, type PadOptions, type PadPair } from './ops/padding.js';
export {
  broadcastTensors,
  flatten,
  moveAxis,
  ravel,
  squeeze,
  type Transposed,
  transpose,
  unsqueeze,
} from './ops/shapes.js';
export { broadcastTo } from './primitives/broadcast-to.js';
export { concat } from './primitives/concat.js';
export { flip } from './primitives/flip.js';
export { permute } from './primitives/permute.js';
export { reshape, type Resolved } from './primitives/reshape.js';
export { slice } from './primitives/slice.js';
export type { Range } from './ranges.js';

// Indexing and order.
export type { Indices } from './families/indexed.js';
export { index, type IndexItem, indexSelect, maskedFill, oneHot, takeFlat } from './ops/indexing.js';
export { median, quantile, type Sorted, sort, type TopkOptions, topk } from './ops/order.js';
export { argsort, type SortOptions } from './primitives/argsort.js';
export { gather } from './primitives/gather.js';
export { iota } from './primitives/iota.js';
export { scatterAdd } from './primitives/scatter-add.js';
export { take } from './primitives/take.js';

// Linear algebra.
export { einsum } from './ops/einsum.js';
export { dot, kron, matrixPower, matrixTrace, outer } from './ops/linear-algebra.js';
export { cholesky } from './primitives/cholesky.js';
export { cofactor } from './primitives/cofactor.js';
export { det } from './primitives/det.js';
export { inverse } from './primitives/inverse.js';
export { logabsdet } from './primitives/logabsdet.js';
export { matmul } from './primitives/matmul.js';
export { solve } from './primitives/solve.js';
export { triangularSolve, type TriangularSolveOptions } from './primitives/triangular-solve.js';

// Convolution and pooling.
export { type ConvOptions, type ConvTransposeOptions, conv, convTranspose } from './ops/convolution.js';
export {
  type AdaptiveSize,
  type AvgPoolOptions,
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  globalAvgPool,
  type MaxPoolOptions,
  maxPool,
  type PoolOptions,
} from './ops/pooling.js';
export { type Padding, type PerAxis, type WindowSizeOptions, windowOutputSize } from './ops/windows.js';

// Random numbers.
export { foldIn, type Key, key, randomWords, splitKey } from './random/key.js';
export {
  bernoulli,
  categorical,
  exponential,
  gumbel,
  type NormalOptions,
  normal,
  permutation,
  rademacher,
  randomIntegers,
  type UniformOptions,
  uniform,
} from './random/samplers.js';
export type { SampleOptions } from './random/draws.js';
export { type TruncatedNormalOptions, truncatedNormal } from './random/truncated-normal.js';
export { threefry } from './primitives/threefry.js';
export { unitInterval } from './primitives/unit-interval.js';

// For those who write primitives, interpreters and backends.
export type { Backend, Executable, Storage } from './backend.js';
export { defaultBackend, setDefaultBackend } from './default-backend.js';
export {
  bind,
  type CustomRule,
  call,
  currentInterpreter,
  type Interpreter,
  recompute,
  type TensorFunction,
  withInterpreter,
} from './interpreter.js';
export { define, type Primitive } from './primitive.js';
export { type Aval, makeProgram, type Program, type ProgramNode } from './program.js';
export { referenceBackend } from './reference/backend.js';
export {
  createWasmBackend,
  type Determinism,
  type WasmBackend,
  type WasmOptions,
  wasmBackend,
} from './wasm/backend.js';
export * as primitives from './table.js';
export { arithmetic, deterministic, setDeterministic } from './deterministic.js';
export { setThreads, threads } from './threads.js';
