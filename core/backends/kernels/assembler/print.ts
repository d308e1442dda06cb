/**
 * Modules as people read them: WebAssembly's text format in linear form, indented by blocks, with functions by name. For the
 * eye, and for a `wat2wasm` if one is at hand.
 */
import { typeOfCode } from './encodings.js';
import type { DataSegment, LinkedFunction, MemoryUse, ModuleStructure, Signature } from './module.js';
import type { Global, Instruction } from './types.js';

const formatSignature = ({ params, result }: Signature): string =>
  [params.length > 0 ? ` (param ${params.join(' ')})` : '', result === 'none' ? '' : ` (result ${result})`].join('');

const formatLimits = ({ minimum, maximum, shared = false }: MemoryUse): string =>
  [minimum, ...(maximum === undefined ? [] : [maximum]), ...(shared ? ['shared'] : [])].join(' ');

const formatNumber = (value: number | bigint): string =>
  typeof value === 'bigint' || Number.isInteger(value)
    ? `${Object.is(value, -0) ? '-0' : value}`
    : Number.isNaN(value)
      ? 'nan'
      : Math.abs(value) === Infinity
        ? value > 0
          ? 'inf'
          : '-inf'
        : String(value);

/** Immediates as the text format wants them. */
const formatImmediates = ({ name, immediates }: Instruction, nameOf: (func: number) => string): string[] => {
  if (name === 'call') return [`$${nameOf(Number(immediates[0]))}`];
  if (name === 'block' || name === 'loop' || name === 'if') {
    const type = typeOfCode(Number(immediates[0]));
    return type === 'none' ? [] : [`(result ${type})`];
  }
  if (name === 'v128.const') return ['i8x16', ...immediates.map(String)];
  if (name === 'memory.init') return [String(immediates[0])];
  if (/^(memory\.(size|grow|copy|fill)|atomic\.fence)$/.test(name)) return [];
  const access = /\.(atomic\.)?(load|store|rmw|notify|wait)/.test(name);
  if (!access) return immediates.map(formatNumber);
  const [align = 0, offset = 0, ...lane] = immediates.map(Number);
  return [...(offset === 0 ? [] : [`offset=${offset}`]), `align=${2 ** align}`, ...lane.map(String)];
};

const formatCode = (code: readonly Instruction[], nameOf: (func: number) => string): string[] => {
  let depth = 2;
  return code.slice(0, -1).map((instruction) => {
    if (instruction.name === 'end' || instruction.name === 'else') depth--;
    const line = '  '.repeat(depth) + [instruction.name, ...formatImmediates(instruction, nameOf)].join(' ');
    if (['block', 'loop', 'if', 'else'].includes(instruction.name)) depth++;
    return line;
  });
};

const formatGlobal = ({ type, mutable, initial }: Global): string =>
  `  (global ${mutable ? `(mut ${type})` : type} (${[`${type}.const`, ...(type === 'v128' ? ['i8x16'] : []), ...initial.map(formatNumber)].join(' ')}))`;

const formatSegment = ({ bytes, at }: DataSegment): string =>
  `  (data ${at === undefined ? '' : `(i32.const ${at}) `}"${bytes.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}")`;

/** The whole module; the functions that it exports say so. */
export const print = ({ signatures, imports, memory, functions, globals, exports, data }: ModuleStructure): string => {
  const nameOf = (func: number): string =>
    imports[func]?.name ?? functions[func - imports.length]?.name ?? String(func);
  const signatureOf = (number: number): string => formatSignature(signatures[number] ?? { params: [], result: 'none' });
  const exportsOf = (func: number): string =>
    exports
      .filter((entry) => entry.func === func)
      .map(({ name }) => ` (export "${name}")`)
      .join('');
  const formatFunction = ({ name, signature, locals, code }: LinkedFunction, i: number): string[] => [
    `  (func $${name}${exportsOf(imports.length + i)}${signatureOf(signature)}`,
    ...(locals.length > 0 ? [`    (local ${locals.join(' ')})`] : []),
    ...formatCode(code, nameOf),
    '  )',
  ];
  const memoryLine = (use: MemoryUse): string =>
    use.importedFrom === undefined
      ? `  (memory (export "${use.name}") ${formatLimits(use)})`
      : `  (import "${use.importedFrom}" "${use.name}" (memory ${formatLimits(use)}))`;
  return [
    '(module',
    ...imports.map(
      ({ from, name, signature }) => `  (import "${from}" "${name}" (func $${name}${signatureOf(signature)}))`,
    ),
    ...(memory === null ? [] : [memoryLine(memory)]),
    ...globals.map(formatGlobal),
    ...functions.flatMap(formatFunction),
    ...data.map(formatSegment),
    ')',
  ].join('\n');
};
