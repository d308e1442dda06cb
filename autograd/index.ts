/** The public face of `tapegrad`: derivatives, batching and tracing of functions over trees of tensors, and all of `core/`. */
export * from '../core/index.js';
export { type AssociativeScanOptions, associativeScan, type MapOptions, map } from './transforms/associative-scan.js';
export { checkpoint } from './transforms/checkpoint.js';
export { type Compiled, type CompileOptions, compile } from './compile/compile.js';
export { customJvp } from './transforms/custom-jvp.js';
export { type Cotangents, customVjp } from './transforms/custom-vjp.js';
export { type DebugNansOptions, debugNans } from './transforms/debug-nans.js';
export { toDot } from './transforms/dot.js';
export { type AuxOptions, type GradOptions, grad, valueAndGrad } from './transforms/grad.js';
export { type GradcheckOptions, gradcheck } from './transforms/gradcheck.js';
export { type Comparison, type Report, type ReportEntry, relativeError } from './transforms/gradcheck-report.js';
export { hessian, type JacobianOptions, jacfwd, jacrev } from './transforms/jacobian.js';
export {
  type CustomRootOptions,
  customLinearSolve,
  customRoot,
  type FixedPointOptions,
  fixedPoint,
  type LinearSolveOptions,
  type LinearSolver,
  linearTranspose,
} from './transforms/implicit.js';
export { hvp, jvp, linearize } from './transforms/jvp.js';
export { replay, type Traced, trace, traceTree } from '../core/dispatch/trace.js';
export type { AnyShapes, Argnums, CheckTree, Chosen, Jacobian } from './transforms/tree-types.js';
export { type OdeOptions, odeint } from './solvers/odeint.js';
export { vjp } from './transforms/vjp.js';
export { type Axes, type VmapOptions, vmap } from './transforms/vmap.js';
