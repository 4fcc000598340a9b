/** Components by what they are for: a chart of fifteen colours says nothing, one of six does. */
import type { PlanComponent } from '@mirust/schemas';

/** A family of components, in the order in which they are drawn. */
export type FamilyKey = 'weights' | 'cache' | 'working' | 'engine' | 'host' | 'padding';

/** Components of one family. */
export interface Family {
  readonly key: FamilyKey;
  readonly title: string;
  readonly bytes: number;
  readonly components: readonly PlanComponent[];
}

const FAMILIES: readonly { readonly key: FamilyKey; readonly title: string; readonly names: RegExp }[] = [
  // Padding of anything is padding: it comes first, so that the other patterns need not except it.
  { key: 'padding', title: 'Padding', names: /\bpadding$/ },
  { key: 'weights', title: 'Weights', names: /^(?:weights|adapter|lora)\b/i },
  { key: 'cache', title: 'KV cache', names: /^(?:kv[ -])?cache\b/i },
  { key: 'working', title: 'Working buffers', names: /^(?:working buffers|scratch|logits)\b/i },
  {
    key: 'host',
    title: 'Process and margin',
    names: /\b(?:host|process|node|chromium|heap|code|threads|tokenizer|objects|loading|margin)\b/i,
  },
  // What is left: program, engine, and names that a later version adds.
  { key: 'engine', title: 'Engine', names: /^/ },
];

const ORDER: readonly FamilyKey[] = ['weights', 'cache', 'working', 'engine', 'host', 'padding'];

/** The family of a component, by its name. */
export function familyOf({ name }: Pick<PlanComponent, 'name'>): FamilyKey {
  return FAMILIES.find(({ names }) => names.test(name))?.key ?? 'engine';
}

/** What a family is called. */
export function familyTitle(key: FamilyKey): string {
  return FAMILIES.find((family) => family.key === key)?.title ?? key;
}

/** The families that occur, with their components in the report's order. */
export function groupByFamily(components: readonly PlanComponent[]): Family[] {
  return ORDER.flatMap((key) => {
    const members = components.filter((component) => familyOf(component) === key);
    if (members.length === 0) return [];
    return [{ key, title: familyTitle(key), bytes: sumBytes(members), components: members }];
  });
}

/** Bytes of some rows together. */
export function sumBytes(rows: readonly { readonly bytes: number }[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}
