/**
 * S2: masks. A true convolution turns its mask round, a cross-correlation does not: the derivative of a signal by both. Then
 * edges in images, by masks of columns and of rows of opposite sign, and max pooling.
 */
import { reshape, slice, type Tensor, tensor } from '../../autograd/index.js';
import { firstExamples, imageExamples } from '../../data/index.js';
import { functional } from '../../nn/index.js';
import { mnist, mnistData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';

/** (I ∗ G)[t] = Σₖ I[k] G[t − k] where the mask lies inside the signal; the mask is turned round. */
export const convolve = (signal: Tensor, mask: Tensor): Tensor => along(signal, mask, true);

/** Σₖ I[t + k] G[k]: the mask as it is. */
export const correlate = (signal: Tensor, mask: Tensor): Tensor => along(signal, mask, false);

const along = (signal: Tensor, mask: Tensor, flipKernel: boolean): Tensor =>
  reshape(
    functional.conv1d(reshape(signal, [1, 1, signal.size]), reshape(mask, [1, 1, mask.size]), null, { flipKernel }),
    [-1],
  );

const verticalEdges = [
  [-1, 0, 1],
  [-2, 0, 2],
  [-1, 0, 1],
];
const transposed = (rows: readonly (readonly number[])[]): number[][] =>
  (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? 0));

/** Masks that answer to edges: upright ones, and lying ones. `[2, 1, 3, 3]` */
export const edgeMasks: Tensor = tensor([[verticalEdges], [transposed(verticalEdges)]]);

/** Grey images `[N, 1, H, W]` → answers of both masks `[N, 2, H′, W′]`, every `stride` pixels. */
export const edges = (images: Tensor, stride = 1): Tensor => functional.conv2d(images, edgeMasks, null, { stride });

const channel = (x: Tensor, i: number): Tensor => slice(x, [null, [i, i + 1, 1]]);

/** An image that is black on the left and white on the right. */
export const step = (height: number, width: number): Tensor =>
  tensor([[Array.from({ length: height }, () => Array.from({ length: width }, (_, x) => (x < width / 2 ? 0 : 1)))]]);

export const masks: Example = {
  name: 'masks',
  system: 'S2',
  title: 'Masks: true convolution and cross-correlation, edges, pooling',
  asks: 'both give the central difference with masks turned round; a step edge answers with 4 and flat parts with 0',
  data: mnistData,
  epochs: null,
  async run(lab) {
    lab.heading('The derivative of a signal');
    const signal = tensor([0, 1, 4, 9, 16, 25, 36]);
    const half = [0.5, 0, -0.5];
    const rows: readonly (readonly [string, Tensor])[] = [
      ['convolution with [½, 0, −½]', convolve(signal, tensor(half))],
      ['cross-correlation with [½, 0, −½]', correlate(signal, tensor(half))],
      ['cross-correlation with [−½, 0, ½]', correlate(signal, tensor([...half].reverse()))],
    ];
    lab.table(
      ['squares of 0 … 6', ...[1, 2, 3, 4, 5].map((t) => `t = ${t}`)],
      rows.map(([name, values]) => [name, ...values.dataSync()]),
    );
    const [byConvolution, , byCorrelation] = rows.map(([, values]) => [...values.dataSync()]);
    const differences = [2, 4, 6, 8, 10];
    const wrong = differences.filter((d, i) => byConvolution?.[i] !== d || byCorrelation?.[i] !== d).length;
    lab.figure({ name: 'central differences that differ from 2 t', value: wrong, exactly: 0, unit: 'number' });

    lab.heading('Edges');
    const answers = edges(step(6, 8));
    const [upright, lying] = (answers.toArray() as number[][][][])[0] ?? [];
    lab.table(
      ['upright edges of a step', ...(upright?.[0] ?? []).map((_, x) => `x = ${x}`)],
      (upright ?? []).map((row, y) => [`y = ${y}`, ...row]),
    );
    const seen = (upright ?? []).flat();
    lab.figure({ name: 'largest answer to a step edge', value: Math.max(...seen), exactly: 4, unit: 'number' });
    lab.figure({
      name: 'answers that are neither 0 nor 4',
      value: seen.filter((v) => v !== 0 && v !== 4).length,
      exactly: 0,
      unit: 'number',
    });
    lab.figure({
      name: 'largest answer of the mask for lying edges',
      value: Math.max(...(lying ?? []).flat()),
      exactly: 0,
      unit: 'number',
    });
    lab.figure({
      name: 'answers to a 10 × 9 image, every second pixel',
      value: edges(step(10, 9), 2).size / 2,
      exactly: 16,
      unit: 'number',
    });

    lab.heading('Digits');
    const { train } = await mnist(lab.config);
    const images = imageExamples(firstExamples(train, 16)).x;
    const found = edges(images);
    const pooled = functional.maxPool2d(images, { kernel: 2 });
    await lab.gallery([
      { file: 'digits.png', caption: 'Digits', images },
      { file: 'pooled.png', caption: 'Max pooling by 2 × 2', images: pooled },
      {
        file: 'upright-edges.png',
        caption: 'Upright edges: bright from dark to bright, dark the other way',
        images: channel(found, 0),
      },
      { file: 'lying-edges.png', caption: 'Lying edges', images: channel(found, 1) },
    ]);
  },
};
