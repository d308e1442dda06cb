/**
 * Every primitive, by name: the module itself is the table. `Record<keyof typeof primitives, …>` elsewhere (specs,
 * lowerings) makes a forgotten entry a compile error.
 */
export { addPrimitive as add } from './primitives/add.js';
export { broadcastToPrimitive as broadcastTo } from './primitives/broadcast-to.js';
export { castPrimitive as cast } from './primitives/cast.js';
export { cosPrimitive as cos } from './primitives/cos.js';
export { expPrimitive as exp } from './primitives/exp.js';
export { fullPrimitive as full } from './primitives/full.js';
export { matmulPrimitive as matmul } from './primitives/matmul.js';
export { mulPrimitive as mul } from './primitives/mul.js';
export { negPrimitive as neg } from './primitives/neg.js';
export { permutePrimitive as permute } from './primitives/permute.js';
export { reshapePrimitive as reshape } from './primitives/reshape.js';
export { sinPrimitive as sin } from './primitives/sin.js';
export { sumPrimitive as sum } from './primitives/sum.js';
export { threefryPrimitive as threefry } from './primitives/threefry.js';
export { unitIntervalPrimitive as unitInterval } from './primitives/unit-interval.js';
