/** The public face of `core/`: tensors and operations on them, without derivatives. */

// Tensors and how to make them.
export type { AxesArgument, AxesOptions, AxisArgument, AxisOptions, OneAxis, SomeAxes } from './tensor/axis.js';
export { fromData, ones, onesLike, tensor, type TensorOptions, zeros, zerosLike } from './tensor/creation.js';
export type { Dtype, FloatDtype, StoredArray, TypedArray } from './base/dtype.js';
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
} from './base/errors.js';
export type { Operand } from './tensor/operand.js';
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
export { full } from './primitives/shape/full.js';
export type { Shape } from './base/shape.js';
export type { Counted } from './tensor/counted.js';
export { type NestedNumbers, Tensor } from './tensor/tensor.js';
export { treeEntries, treeLeaves, treeMap, treeStructure, treeUnflatten } from './tensor/tree.js';

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
export { abs } from './primitives/elementwise/abs.js';
export { acos } from './primitives/elementwise/acos.js';
export { acosh } from './primitives/elementwise/acosh.js';
export { add } from './primitives/elementwise/add.js';
export { asin } from './primitives/elementwise/asin.js';
export { asinh } from './primitives/elementwise/asinh.js';
export { atan } from './primitives/elementwise/atan.js';
export { atan2 } from './primitives/elementwise/atan2.js';
export { atanh } from './primitives/elementwise/atanh.js';
export { cast } from './primitives/elementwise/cast.js';
export { cbrt } from './primitives/elementwise/cbrt.js';
export { ceil } from './primitives/elementwise/ceil.js';
export { cos } from './primitives/elementwise/cos.js';
export { cosh } from './primitives/elementwise/cosh.js';
export { div } from './primitives/elementwise/div.js';
export { equal } from './primitives/elementwise/equal.js';
export { erf } from './primitives/elementwise/erf.js';
export { erfc } from './primitives/elementwise/erfc.js';
export { erfinv } from './primitives/elementwise/erfinv.js';
export { exp } from './primitives/elementwise/exp.js';
export { expm1 } from './primitives/elementwise/expm1.js';
export { floorDivide } from './primitives/elementwise/floor-divide.js';
export { floor } from './primitives/elementwise/floor.js';
export { hypot } from './primitives/elementwise/hypot.js';
export { lessEqual } from './primitives/elementwise/less-equal.js';
export { less } from './primitives/elementwise/less.js';
export { log } from './primitives/elementwise/log.js';
export { log10 } from './primitives/elementwise/log10.js';
export { log1p } from './primitives/elementwise/log1p.js';
export { log2 } from './primitives/elementwise/log2.js';
export { logicalAnd } from './primitives/elementwise/logical-and.js';
export { logicalNot } from './primitives/elementwise/logical-not.js';
export { logicalOr } from './primitives/elementwise/logical-or.js';
export { maximum } from './primitives/elementwise/maximum.js';
export { minimum } from './primitives/elementwise/minimum.js';
export { mul } from './primitives/elementwise/mul.js';
export { neg } from './primitives/elementwise/neg.js';
export { pow } from './primitives/elementwise/pow.js';
export { relu } from './primitives/elementwise/relu.js';
export { remainder } from './primitives/elementwise/remainder.js';
export { round } from './primitives/elementwise/round.js';
export { rsqrt } from './primitives/elementwise/rsqrt.js';
export { sigmoid } from './primitives/elementwise/sigmoid.js';
export { sign } from './primitives/elementwise/sign.js';
export { sin } from './primitives/elementwise/sin.js';
export { sinh } from './primitives/elementwise/sinh.js';
export { softplus } from './primitives/elementwise/softplus.js';
export { sqrt } from './primitives/elementwise/sqrt.js';
export { stopGradient } from './primitives/elementwise/stop-gradient.js';
export { sub } from './primitives/elementwise/sub.js';
export { tan } from './primitives/elementwise/tan.js';
export { tanh } from './primitives/elementwise/tanh.js';
export { where } from './primitives/elementwise/where.js';

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
export { type ArgOptions, argmax } from './primitives/reduce/argmax.js';
export { argmin } from './primitives/reduce/argmin.js';
export { cumprod } from './primitives/reduce/cumprod.js';
export { cumsum, type ScanOptions } from './primitives/reduce/cumsum.js';
export { logSoftmax } from './primitives/reduce/log-softmax.js';
export { logsumexp } from './primitives/reduce/logsumexp.js';
export { max } from './primitives/reduce/max.js';
export { min } from './primitives/reduce/min.js';
export { prod } from './primitives/reduce/prod.js';
export { recurrence } from './primitives/reduce/recurrence.js';
export { softmax } from './primitives/reduce/softmax.js';
export { type ReduceOptions, sum } from './primitives/reduce/sum.js';

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
export { broadcastTo } from './primitives/shape/broadcast-to.js';
export { concat } from './primitives/shape/concat.js';
export { flip } from './primitives/shape/flip.js';
export { permute } from './primitives/shape/permute.js';
export { reshape, type Resolved } from './primitives/shape/reshape.js';
export { slice } from './primitives/shape/slice.js';
export type { Range } from './base/ranges.js';

// Indexing and order.
export type { Indices } from './rules/indexed.js';
export { index, type IndexItem, indexSelect, maskedFill, oneHot, takeFlat } from './ops/indexing.js';
export { median, quantile, sort, type TopkOptions, topk } from './ops/order.js';
export { argsort, type SortOptions } from './primitives/index/argsort.js';
export { gather } from './primitives/index/gather.js';
export { iota } from './primitives/shape/iota.js';
export type { Sorted } from './primitives/index/sorted.js';
export { scatterAdd } from './primitives/index/scatter-add.js';
export { take } from './primitives/index/take.js';
export { dynamicSlice } from './primitives/index/dynamic-slice.js';
export { dynamicUpdateSlice } from './primitives/index/dynamic-update-slice.js';

// Loops and branches.
export { cond, forLoop, type LoopOptions, scan, switchCase, whileLoop, type WhileOptions } from './ops/control.js';

// Linear algebra.
export { einsum } from './ops/einsum.js';
export {
  choleskySolve,
  conditionNumber,
  eigvalsh,
  lstsq,
  matrixRank,
  type SignedLogarithm,
  slogdet,
} from './ops/decompositions.js';
export { dot, kron, matrixPower, matrixTrace, outer } from './ops/linear-algebra.js';
export { cholesky } from './primitives/linalg/cholesky.js';
export { cofactor } from './primitives/linalg/cofactor.js';
export { det } from './primitives/linalg/det.js';
export { type Eigen, eigh } from './primitives/linalg/eigh.js';
export { inverse } from './primitives/linalg/inverse.js';
export { logabsdet } from './primitives/linalg/logabsdet.js';
export { type LUFactors, lu } from './primitives/linalg/lu.js';
export { matmul } from './primitives/linalg/matmul.js';
export { matrixExp } from './primitives/linalg/matrix-exp.js';
export { pinv, type RankOptions } from './primitives/linalg/pinv.js';
export { type QR, qr } from './primitives/linalg/qr.js';
export { solve } from './primitives/linalg/solve.js';
export { type SVD, svd } from './primitives/linalg/svd.js';
export { triangularSolve, type TriangularSolveOptions } from './primitives/linalg/triangular-solve.js';

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
export { threefry } from './primitives/random/threefry.js';
export { unitInterval } from './primitives/random/unit-interval.js';

// For those who write primitives, interpreters and backends.
export type { Backend, Executable, Storage } from './program/backend.js';
export { defaultBackend, setDefaultBackend } from './backends/default-backend.js';
export {
  bind,
  bindAll,
  type CustomRule,
  call,
  currentInterpreter,
  type Interpreter,
  recompute,
  type TensorFunction,
  withInterpreter,
} from './dispatch/interpreter.js';
export { define, defineJoint, type Primitive } from './program/primitive.js';
export { type Aval, makeProgram, type Program, type ProgramNode } from './program/program.js';
export { referenceBackend } from './backends/reference/backend.js';
export {
  createWasmBackend,
  type Determinism,
  type WasmBackend,
  type WasmOptions,
  wasmBackend,
} from './backends/wasm/backend.js';
export * as primitives from './primitives/table.js';
export { arithmetic, deterministic, setDeterministic } from './backends/deterministic.js';
export { setThreads, threads } from './backends/threads.js';
