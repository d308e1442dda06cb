/** Different optimisers for different leaves, and none at all for frozen ones. */
import { ArgumentError, describe } from '../core/base/errors.js';
import { checkCallable } from '../core/base/methods.js';
import { type Tensor, treeEntries, treeLeaves, treeUnflatten, zerosLike } from '../core/index.js';
import { checkTransform, updateBy } from './given.js';
import { directed, type GradientTransform, prepareUpdate, refuseState, sameTrees, sideBySide } from './transform.js';

/**
 * A transform a group: `label` names the group of each leaf by its path (`conv1.weight`), `null` freezes it. A group sees
 * only its own leaves.
 * @throws ArgumentError, from `init` and `update`, for a label that is no group.
 * @example
 * partition({ fast: scale(-1) }, (path) => (path === 'w' ? 'fast' : null)).update({ w: tensor([2]), b: tensor([3]) }, { fast: null }, { w: tensor([0]), b: tensor([0]) })[0] // { w: [-2], b: [0] }
 */
export const partition = <K extends string>(
  groups: Readonly<Record<K, GradientTransform>>,
  label: (path: string) => NoInfer<K> | null,
): GradientTransform<Readonly<Record<K, unknown>>> => {
  if (typeof groups !== 'object' || groups === null)
    throw new ArgumentError({
      op: 'partition',
      problem: `the groups are ${describe(groups)}`,
      remedy: 'give transforms by name: { fast: sgd(0.1), slow: sgd(0.01) }',
    });
  const names = Object.keys(groups) as K[];
  for (const group of names) checkTransform('partition', groups[group]);
  checkCallable('partition', 'the label', label);
  /** The group of a leaf, `null` for none. */
  const groupOf = (path: string): K | null => {
    const group: K | null | undefined = label(path);
    if (group === null || names.includes(group)) return group;
    throw new ArgumentError({
      op: 'partition',
      problem: `the label of ${path} is ${describe(group)}, which is no group`,
      remedy: `name one of ${names.join(', ')}, or give null for a leaf that stays as it is`,
    });
  };
  const membersOf = (tree: unknown, group: K): Record<string, Tensor> =>
    Object.fromEntries(treeEntries(tree).filter(([path]) => groupOf(path) === group));
  const transform: GradientTransform<Readonly<Record<K, unknown>>> = {
    init: (params) =>
      Object.fromEntries(names.map((group) => [group, groups[group].init(membersOf(params, group))])) as Record<
        K,
        unknown
      >,
    update(gradients, states, params) {
      sameTrees('partition', gradients, params);
      if (typeof states !== 'object' || states === null) refuseState('partition', states);
      const updates = new Map<string, Tensor>();
      const next = names.map((group) => {
        const [changed, state] = updateBy(
          'partition',
          groups[group],
          membersOf(gradients, group),
          states[group],
          params === undefined ? undefined : membersOf(params, group),
        );
        for (const [path, leaf] of Object.entries(changed)) updates.set(path, leaf);
        return [group, state] as const;
      });
      const leaves = treeEntries(gradients).map(
        ([path], i) => updates.get(path) ?? zerosLike(treeLeaves(gradients)[i] as Tensor),
      );
      return [treeUnflatten(gradients, leaves), Object.fromEntries(next) as Record<K, unknown>];
    },
    prepare: (states, factor) =>
      Object.fromEntries(names.map((group) => [group, prepareUpdate(groups[group], states[group], factor)])) as Record<
        K,
        unknown
      >,
  };
  return directed(transform, sideBySide(names.map((group) => groups[group])));
};
