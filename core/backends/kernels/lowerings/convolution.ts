/**
 * Which kernel computes a convolution: 3×3 filters of many channels go through transforms (`conv/winograd`), channels with a filter
 * of their own through vectors of channels (`conv/depthwise.ts`), single taps are matrix products, most others read the image tap by
 * tap (`conv/direct`), and what remains, doubles above all, takes patches (`conv/patches.ts`); long filters go line by line
 * (`conv/lines.ts`). Where a number that is not finite would
 * meet padding, which all of these take for zeros, `conv/taps.ts` computes everything.
 */
import { bytesPerElement, isComputeFloat } from '../../../base/dtype.js';
import { type Shape, sizeOf } from '../../../base/shape.js';
import type { ConvParams } from '../../../rules/convolution.js';
import { call, func, leave, repeat, type Statement } from '../assembler/index.js';
import { filterStrides, transformed, turned, withoutPatches } from '../conv/choice.js';
import { type Finish, finishPlanes, unfinished } from '../conv/finish.js';
import { linesForward, linesGradient, paddedBytes } from '../conv/lines.js';
import {
  type Geometry,
  isPointwise,
  type Operands,
  patchBytes,
  patchesFace,
  type Role,
  readsPadding,
  unlessFinite,
} from '../conv/patches.js';
import { tapBytes, tapsForward, tapsGradient } from '../conv/taps.js';
import { gradientFace, gradientMemory, outputFace, outputMemory } from '../conv/winograd/faces.js';
import type { Blocks } from '../conv/winograd/layout.js';
import { features } from '../features.js';
import { floatLanes } from '../loops/float-lanes.js';
import { gemmModule } from './gemm.js';
import type { ConvolutionWay, Epilogue, KernelLowering, Lowerings, Places, Site } from './lowering.js';
import { mostTaps } from './windows.js';

const byTransforms = (
  { channels, filters }: Geometry,
  role: Role,
  blocks: Blocks,
  [x, w, g]: Operands,
  places: Places,
  doubtful: readonly Statement[],
  finish: Finish,
): Statement[] => {
  const lanes = floatLanes('float32', features());
  const { rows } = gemmModule('float32').tile;
  const [perFilter, perChannel] = [channels * 36, 36];
  const group = filters * perFilter;
  if (role === 'filter')
    return gradientFace(lanes, rows, blocks, { image: x, cotangent: g, output: w }, places, doubtful);
  return role === 'output'
    ? outputFace(
        ...([lanes, rows, blocks, { outward: perFilter, inward: perChannel, turned: false, group }] as const),
        ...([{ image: x, weights: w, output: g }, places, doubtful, finish] as const),
      )
    : outputFace(
        ...([lanes, rows, blocks, { outward: perChannel, inward: perFilter, turned: true, group }] as const),
        ...([{ image: g, weights: w, output: x }, places, doubtful, unfinished] as const),
      );
};

/** What says which way it is. */
type Kernel = KernelLowering & { readonly way: ConvolutionWay };

/** Long kernels; the reference loop where what is not finite would meet padding, or zeros between the cotangent's elements. */
const byLines = (
  geometry: Geometry,
  role: Role,
  operandsOf: (places: Places) => Operands,
  nanoseconds: number,
): Kernel => {
  const shape = role === 'input' ? turned(geometry) : { ...geometry, spread: geometry.kernel.map(() => 1) };
  const { dtype, samples, groups, channels, filters, kernel, outputs } = geometry;
  const [taps, length] = [kernel.at(-1) ?? 1, shape.outputs.at(-1) ?? 1];
  const workspace =
    role === 'filter'
      ? paddedBytes(shape, 1) + gemmModule(dtype).workspaceBytes({ m: filters, n: taps, k: length })
      : paddedBytes(shape, shape.channels) + gemmModule(dtype).workspaceBytes({ m: shape.filters, n: length, k: taps });
  const counts =
    role === 'filter' ? samples * groups * filters * sizeOf(outputs) : groups * channels * filters * sizeOf(kernel);
  return {
    kind: 'kernel',
    way: 'lines',
    workspace,
    parallel: true,
    nanoseconds,
    emit: (at) => {
      const [x, w, g] = operandsOf(at);
      const zeros = readsPadding(shape) || shape.spread.some((step) => step > 1);
      const check = zeros ? unlessFinite(geometry, role === 'filter' ? g : w, counts, [at.reference(), leave()]) : [];
      const code =
        role === 'filter'
          ? linesGradient(shape, { x, w, g }, at.workspace, at)
          : linesForward(
              ...([shape, role === 'input' ? { x: g, w, g: x } : { x, w, g }] as const),
              ...([filterStrides(geometry, role), at.workspace, at] as const),
            );
      return [...check, ...code];
    },
  };
};

/** Products a nanosecond, roughly. */
const multiplyAdds = 25;

/** Whether an epilogue is a bias for each filter, the rectifier, or both. */
const isFinish = ({ scale, addend }: Epilogue, shape: Shape): boolean =>
  scale === 1 &&
  (addend === null ||
    (addend.weight === 1 &&
      addend.offset === 0 &&
      addend.strides.every((stride, axis) => shape[axis] === 1 || stride === (axis === 1 ? 1 : 0))));

const lowering =
  (role: Role, epilogue: Epilogue | null = null) =>
  (site: Site<ConvParams>): Kernel | { readonly kind: 'reference' } => {
    const {
      inputs: [a, b],
      output,
      params,
    } = site;
    if (a === undefined || b === undefined || !isComputeFloat(output.dtype)) return { kind: 'reference' };
    const x = role === 'input' ? output : a;
    const w = role === 'filter' ? output : b;
    const g = role === 'output' ? output : role === 'input' ? a : b;
    const [samples = 0, channels = 0, ...spatial] = x.shape;
    const [filters = 0, perGroup = 0, ...kernel] = w.shape;
    const geometry: Geometry = {
      dtype: output.dtype,
      bytes: bytesPerElement(output.dtype),
      samples,
      groups: params.groups,
      channels: perGroup,
      filters: filters / params.groups,
      spatial,
      outputs: g.shape.slice(2),
      kernel,
      window: params,
    };
    if (channels === 0) return { kind: 'reference' };
    const depth = perGroup * sizeOf(kernel);
    const places = sizeOf(geometry.outputs);
    const sizes = {
      output: { m: geometry.filters, n: places, k: depth },
      filter: { m: geometry.filters, n: depth, k: places },
      input: { m: depth, n: places, k: geometry.filters },
    };
    const operandsOf = ({ inputs: [first, second], output: to }: Places): Operands => {
      const [p, q] = [first ?? to, second ?? to];
      return { output: [p, q, to] as const, input: [to, q, p] as const, filter: [p, to, q] as const }[role];
    };
    /** Tap by tap, as a function of its own, which the engine compiles only if it is ever needed. */
    const carefully = (shape: Geometry, at: Places): Statement => {
      const byTap = func('byTap', repeat('i32', 6), 'none', (image, weights, cotangent, own, thread, threads) => {
        const arrays = { x: image, w: weights, g: cotangent };
        if (role === 'filter') return tapsGradient(shape, arrays, own, { thread, threads });
        const turned = role === 'input' ? { ...arrays, x: cotangent, g: image } : arrays;
        return tapsForward(shape, turned, filterStrides(geometry, role), own, { thread, threads });
      });
      return call(byTap, ...operandsOf(at), at.workspace, at.thread, at.threads);
    };
    const finishOf = ({ inputs: [, , bias] }: Places): Finish => ({
      bias: bias ?? null,
      rectify: epilogue?.rectify === true,
    });
    /** Finishes what an unusual way has computed. */
    const after = (at: Places): Statement[] =>
      epilogue === null
        ? []
        : [at.barrier(), ...finishPlanes(floatLanes('float32', features()), geometry, at.output, finishOf(at), at)];
    const withFinish: Pick<KernelLowering, 'finished'> = {
      finished: (wanted) => {
        const made = isFinish(wanted, output.shape) ? lowering(role, wanted)(site) : null;
        return made?.kind === 'kernel' ? made : null;
      },
    };
    /** Computes tap by tap, and leaves, where padding would meet a number that is not finite. */
    const guard = (shape: Geometry, at: Places, end: readonly Statement[] = []): Statement[] => {
      const [, weights, cotangent] = operandsOf(at);
      const [factor, size] = role === 'filter' ? [cotangent, sizeOf(g.shape)] : [weights, sizeOf(w.shape)];
      return readsPadding(shape) ? unlessFinite(geometry, factor, size, [carefully(shape, at), ...end, leave()]) : [];
    };
    /** Products of patches; an input gradient adds them back only where they are, so that padding meets nothing. */
    const plain = (at: Places): Statement[] => [
      ...(role === 'input' ? [] : guard(geometry, at)),
      ...patchesFace(geometry, role, operandsOf(at), at.workspace, at),
    ];
    const product = gemmModule(output.dtype);
    const nanoseconds = (geometry.samples * sizeOf(w.shape) * places) / multiplyAdds;
    if (sizeOf(kernel) > mostTaps) return byLines(geometry, role, operandsOf, nanoseconds);
    const ofOneTap = {
      output: { m: geometry.filters, n: places, k: geometry.channels },
      filter: { m: geometry.filters, n: geometry.channels, k: places },
      input: { m: geometry.channels, n: sizeOf(spatial), k: geometry.filters },
    };
    const careful = tapBytes(geometry) + product.workspaceBytes(ofOneTap[role]);
    const workspace = Math.max(product.workspaceBytes(sizes[role]) + patchBytes(geometry), careful);
    const without = withoutPatches(geometry, role);
    if (without !== null && sizeOf(output.shape) > 0 && sizeOf(g.shape) > 0)
      return {
        kind: 'kernel',
        way: without.way,
        workspace: Math.max(without.memory.workspace, careful),
        shared: without.memory.shared,
        parallel: true,
        nanoseconds,
        ...(without.finishes === true ? withFinish : {}),
        emit: (at) => [...guard(without.shape, at, after(at)), ...without.emit(operandsOf(at), at, finishOf(at))],
      };
    const blocks = transformed(geometry, role);
    if (blocks === null || sizeOf(output.shape) === 0 || sizeOf(g.shape) === 0)
      return {
        kind: 'kernel',
        way: isPointwise(geometry) ? 'pointwise' : 'patches',
        workspace,
        parallel: true,
        nanoseconds,
        emit: plain,
      };
    const wanted = role === 'filter' ? gradientMemory(blocks) : outputMemory(blocks);
    return {
      kind: 'kernel',
      way: 'transforms',
      workspace: Math.max(workspace, wanted.workspace),
      shared: wanted.shared,
      parallel: true,
      nanoseconds,
      ...(role === 'output' ? withFinish : {}),
      emit: (at) => {
        /** The plain way, as a function of its own too. */
        const fallback = func('plain', repeat('i32', 7), 'none', (first, second, to, own, shared, thread, threads) =>
          plain({ ...at, inputs: [first, second], output: to, workspace: own, shared, thread, threads }),
        );
        const [first, second] = at.inputs;
        const { output: to, thread, threads } = at;
        const doubtful = [
          call(fallback, first ?? to, second ?? to, to, at.workspace, at.shared, thread, threads),
          ...after(at),
        ];
        return byTransforms(geometry, role, blocks, operandsOf(at), at, doubtful, finishOf(at));
      },
    };
  };

export const convolutionLowerings: Pick<Lowerings, 'conv' | 'convFilterGradient' | 'convInputGradient'> = {
  conv: lowering('output'),
  convFilterGradient: lowering('filter'),
  convInputGradient: lowering('input'),
};
