/** What `echarts` draws, which is an optional package of its own, as SVG text that stands alone and is the same for the same chart. */
import type { EChartsOption } from 'echarts';
import { checkWhole } from '../checks.js';
import { optional } from './optional.js';

export interface ChartSize {
  readonly width?: number;
  readonly height?: number;
}

/** Without what only answers to a pointer, which is half of the text: the style sheet, and what its rules hold on to. */
const still = (svg: string): string =>
  svg
    .replace(/<style[^>]*>.*?<\/style>/gs, '')
    .replace(/<[^>]+>/g, (tag) => tag.replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, ''))
    .replace(/\n{2,}/g, '\n');

/** A picture in which texts are still as the library was given them: `revealed` makes the last of it. */
export const render = async (op: string, options: EChartsOption, width: number, height: number): Promise<string> => {
  const echarts = await optional(op, 'echarts', () => import('echarts'));
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', ...options });
    // Names inside the picture go on counting from chart to chart; counted anew, the same chart is the same text.
    const names = new Map<string, string>();
    return still(chart.renderToSVGString()).replace(/\bzr\d+-[\w-]+/g, (name) => {
      const known = names.get(name) ?? `chart-${names.size}`;
      names.set(name, known);
      return known;
    });
  } finally {
    chart.dispose();
  }
};

/** No picture is larger, in pixels each way. */
const largest = 2 ** 14;

/** Throws unless the sizes that are given are those of a picture. */
export const checkSize = (op: string, { width, height }: ChartSize): void => {
  if (width !== undefined) checkWhole(op, 'width', width, 1, largest);
  if (height !== undefined) checkWhole(op, 'height', height, 1, largest);
};
