/**
 * Builds mistakes into a text, all of a sample at once, each behind a switch: `(mutant(17) ? wrong : right)`. Which one is
 * on is decided where the code runs (`switch.mjs`), so that one copy of the project serves all of them.
 */
import type { Site } from './sites.js';
import { isNode, type Node, type Source } from './syntax.js';

/** A site and its number in the sample. */
export interface Numbered {
  readonly number: number;
  readonly site: Site;
}

const childrenOf = (node: Node): Node[] =>
  Object.entries(node)
    .filter(([field]) => field !== 'loc' && !field.endsWith('Comments'))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
    .sort((a, b) => a.start - b.start);

/** Makes a result a thousandth too large, whatever it is: at the end of a file that has the operations for it. */
export const scaling = {
  path: 'core/ops/elementwise.ts',
  text: `;globalThis.tapegradScaled = (x) => {
  if (typeof x === 'number') return x * 1.001;
  if (typeof x?.dtype !== 'string') throw new TypeError('neither a number nor a tensor is scaled');
  if (x.dtype === 'bool') return logicalNot(x);
  return x.dtype === 'int32' ? sub(x, -1) : mul(x, 1.001);
};
import { sub } from '../primitives/sub.js';
`,
} as const;

/** The text of a source with the mistakes in it; as many lines as before. */
export const embed = ({ text, root }: Source, sites: readonly Numbered[]): string => {
  const at = new Map<Node, Numbered[]>();
  for (const each of sites) at.set(each.site.node, [...(at.get(each.site.node) ?? []), each]);
  const memo = new Map<Node, string>();

  /** The text of a node whose own mistakes are left out. */
  const inner = (node: Node): string => {
    let [written, from] = ['', node.start];
    for (const each of childrenOf(node)) {
      if (each.start < from) continue; // Shorthand properties hold one name twice.
      written += text.slice(from, each.start) + render(each);
      from = each.end;
    }
    return written + text.slice(from, node.end);
  };

  const render = (node: Node): string => {
    const known = memo.get(node);
    if (known !== undefined) return known;
    const plain = inner(node);
    let written = plain;
    for (const { number, site } of at.get(node) ?? []) {
      const { form, wrong } = site.mistake;
      // A mistake is on one line less than what it replaces, never on more: the right text keeps its lines.
      const mistake = wrong((each) => (each === node ? plain : render(each))).replaceAll('\n', ' ');
      if (form === 'expression') written = `(globalThis.tapegradMutant?.(${number}) ? (${mistake}) : (${written}))`;
      else if (form === 'element') written = `...(globalThis.tapegradMutant?.(${number}) ? [] : [${written}])`;
      else {
        const value = written.startsWith(`${mistake}:`) ? written.slice(mistake.length) : `: ${written}`;
        written = `[globalThis.tapegradMutant?.(${number}) ? 'no option' : '${mistake}']${value}`;
      }
    }
    memo.set(node, written);
    return written;
  };

  return text.slice(0, root.start) + render(root) + text.slice(root.end);
};
