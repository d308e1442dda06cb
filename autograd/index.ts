/** The public face of `tapegrad`: derivatives, batching and tracing of functions over trees of tensors, and all of `core/`. */
export * from '../core/index.js';
export { checkpoint } from './checkpoint.js';
export { type Compiled, type CompileOptions, compile } from './compile.js';
export { customJvp } from './custom-jvp.js';
export { type Cotangents, customVjp } from './custom-vjp.js';
export { type DebugNansOptions, debugNans } from './debug-nans.js';
export { toDot } from './dot.js';
export { type AuxOptions, type GradOptions, grad, valueAndGrad } from './grad.js';
export { type GradcheckOptions, gradcheck } from './gradcheck.js';
export { type Comparison, type Report, type ReportEntry, relativeError } from './gradcheck-report.js';
export { hessian, type JacobianOptions, jacfwd, jacrev } from './jacobian.js';
export { hvp, jvp, linearize } from './jvp.js';
export { replay, type Traced, trace, traceTree } from './trace.js';
export type { AnyShapes, Argnums, CheckTree, Chosen, Jacobian } from './tree-types.js';
export { vjp } from './vjp.js';
export { type Axes, type VmapOptions, vmap } from './vmap.js';
