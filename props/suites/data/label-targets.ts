import { ArgumentError } from '../../../core/index.js';
import { attemptTask, DataError } from '../../../data/index.js';
import {
  type ConfusionOptions,
  type CurvesOptions,
  confusionSvg,
  curvesSvg,
  type RunReport,
  reportHtml,
  runReportHtml,
} from '../../../data/node/index.js';
import { text } from '../../fuzz/words.js';
import type { Target } from './fuzz-targets.js';
import { textsIn } from './markup-reader.js';

const alone: ReadonlySet<string> = new Set(['meta', 'img']);

/** Draws what the JSON says, which must come out well formed; what is refused counts as a refusal of the file. */
const drawn =
  (draw: (options: unknown) => string | Promise<string>): Target['decode'] =>
  (bytes, file) =>
    attemptTask(async () => {
      const refuse = (problem: string): never => {
        throw new DataError({ op: 'draw', file, place: null, problem, expected: 'what can be drawn' });
      };
      let options: unknown = null;
      try {
        options = JSON.parse(new TextDecoder().decode(bytes));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
      if (typeof options !== 'object' || options === null) return refuse('no JSON object');
      try {
        return textsIn((await draw(options)).replace(/<style>[^<]*<\/style>/, ''), alone).length;
      } catch (error) {
        if (error instanceof ArgumentError) return refuse(error.message.slice(0, 500));
        throw error;
      }
    })();

const curves = [
  { name: 'training', values: [3, 2, 1], at: [1, 2, 4] },
  { name: 'validation', values: [3, 2.5], dashed: true },
];

interface Matrix extends ConfusionOptions {
  readonly matrix: readonly (readonly number[])[];
}

const target = (name: string, valid: unknown, draw: (options: never) => string | Promise<string>): Target => ({
  name,
  grammar: 'labels',
  header: /no JSON/,
  fuzzShare: 0.02,
  share: 0.2,
  valid: [text(JSON.stringify(valid))],
  decode: drawn(draw as (options: unknown) => string | Promise<string>),
});

export const labelTargets: readonly Target[] = [
  target(
    'curves',
    { title: 'loss', yName: 'y', xName: 'x', width: 300, height: 200, yRange: [0, 4], goal: 1, curves },
    (options: CurvesOptions) => curvesSvg(options),
  ),
  target(
    'confusion',
    {
      title: 't',
      classes: ['cat', 'dog'],
      matrix: [
        [1, 2],
        [3, 4],
      ],
    },
    ({ matrix, ...options }: Matrix) => confusionSvg(matrix, options),
  ),
  target(
    'page',
    {
      title: 't',
      parts: [
        { kind: 'heading', text: 'h' },
        { kind: 'text', text: 'one' },
        { kind: 'table', head: ['a', 'b'], rows: [['c', 1]] },
      ],
    },
    ({ title, parts }: { readonly title: string; readonly parts: Parameters<typeof reportHtml>[1] }) =>
      reportHtml(title, parts),
  ),
  target(
    'report of a run',
    {
      title: 't',
      summary: 'one\n\ntwo',
      settings: { rate: 0.1, name: 'n', sizes: [1, 2] },
      figures: { accuracy: '97 %', loss: 0.1 },
      curves: [{ name: 'loss', train: [2, 1], validation: [2, 1.5], goal: 1 }],
      confusion: {
        matrix: [
          [1, 2],
          [3, 4],
        ],
        classes: ['a', 'b'],
      },
    },
    (options: RunReport) => runReportHtml(options),
  ),
];
