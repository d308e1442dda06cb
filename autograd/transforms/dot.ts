/** A program as a picture: text in the language of Graphviz. */
import { checkProgram, formatAval, formatParams, type Program, startsIn } from '../../core/program/program.js';

const quote = (text: string): string => JSON.stringify(text).replaceAll('\\\\n', '\\n');

/**
 * The graph of a program for Graphviz: inputs as ellipses, constants as plain text, operations as boxes with their
 * shapes; results are drawn double.
 * @example
 * toDot(trace((x: Tensor) => mul(x, x))(zeros([3]))).startsWith('digraph') // true
 */
export const toDot = (program: Program): string => {
  checkProgram('toDot', program);
  const { inputs, constants, nodes, outputs } = program;
  const starts = startsIn(program);
  const node = (id: number, label: string, shape: string): string =>
    `  v${id} [label=${quote(label)}, shape=${shape}${outputs.includes(id) ? ', peripheries=2' : ''}];`;
  const lines = [
    'digraph program {',
    '  node [fontname="Courier", fontsize=11, margin="0.15,0.08"];',
    '  edge [fontname="Courier", fontsize=9, labeldistance=1.6, labelangle=30];',
    ...inputs.map((aval, i) => node(i, `x${i}\\n${formatAval(aval)}`, 'ellipse')),
    ...constants.map((constant, i) => node(inputs.length + i, `c${i}\\n${formatAval(constant)}`, 'plaintext')),
    ...nodes.flatMap((operation, i) => {
      const params = formatParams(operation.params);
      const avals = operation.outputs.map(formatAval).join(', ');
      const label = `${operation.primitive.name}${params === '' ? '' : `\\n${params}`}\\n${avals}`;
      const start = starts[i] as number;
      return [
        ...operation.outputs.map((_, k) =>
          node(start + k, k === 0 ? label : `${operation.primitive.name}, ${k}`, 'box'),
        ),
        ...operation.outputs.slice(1).map((_, k) => `  v${start} -> v${start + k + 1} [dir=none, style=dashed];`),
        ...operation.inputs.map((input, k) => {
          const which = operation.inputs.length > 1 ? ` [headlabel="${k}"]` : '';
          return `  v${input} -> v${start}${which};`;
        }),
      ];
    }),
    '}',
  ];
  return lines.join('\n');
};
