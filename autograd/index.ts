/** The public face of `autograd/`: derivatives, batching and tracing of functions over trees of tensors. */
export { checkpoint } from './checkpoint.js';
export { customJvp } from './custom-jvp.js';
export { type Cotangents, customVjp } from './custom-vjp.js';
export { type AuxOptions, type GradOptions, grad, valueAndGrad } from './grad.js';
export { hessian, type JacobianOptions, jacfwd, jacrev } from './jacobian.js';
export { hvp, jvp, linearize } from './jvp.js';
export { replay, type Traced, trace, traceTree } from './trace.js';
export type { AnyShapes, Argnums, CheckTree, Chosen, Jacobian } from './tree-types.js';
export { vjp } from './vjp.js';
export { type Axes, type VmapOptions, vmap } from './vmap.js';
