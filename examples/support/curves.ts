/** Learning curves as a picture. */
import * as echarts from 'echarts';

export interface Curve {
  readonly name: string;
  /** One value an epoch. */
  readonly values: readonly number[];
  /** Drawn dashed, in the colour of the curve before it: a validation curve beside its training curve. */
  readonly dashed?: boolean;
}

const palette = ['#3b6fb6', '#d1495b', '#2e8b57', '#8e5ea2', '#e08e1b', '#4a4a4a'];

/** An SVG of curves over epochs. */
export const curvesSvg = (
  title: string,
  yName: string,
  curves: readonly Curve[],
  size: { readonly width: number; readonly height: number } = { width: 860, height: 460 },
): string => {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  let colour = -1;
  chart.setOption({
    animation: false,
    title: {
      text: title,
      left: 'center',
      top: 8,
      textStyle: { fontSize: 15 },
      ...(curves.some(({ dashed }) => dashed)
        ? { subtext: 'solid: training, dashed: validation', subtextStyle: { fontSize: 12 } }
        : {}),
    },
    legend: {
      bottom: 4,
      type: 'plain',
      itemGap: 24,
      data: curves.filter(({ dashed }) => !dashed).map(({ name }) => name),
    },
    grid: { left: 64, right: 24, top: 66, bottom: 70 },
    xAxis: {
      type: 'value',
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 26,
      min: 1,
      max: Math.max(...curves.map(({ values }) => values.length)),
    },
    yAxis: { type: 'value', name: yName, min: 0 },
    series: curves.map(({ name, values, dashed = false }) => {
      if (!dashed) colour++;
      return {
        type: 'line',
        name,
        showSymbol: false,
        data: values.map((value, i) => [i + 1, value]),
        color: palette[colour % palette.length],
        lineStyle: { type: dashed ? 'dashed' : 'solid', width: dashed ? 1.5 : 2 },
      };
    }),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};
