/** Storage types in a tensor entry: one id per type. */
import { DTYPES, type DTypeName, dtypeFromGgmlId, dtypeInfo } from '@mirust/core';

/** Types that have an id of their own; all other ones are 256 + their ggml id. */
const OWN_IDS: ReadonlyMap<DTypeName, number> = new Map([
  ['f32', 1],
  ['q8', 2],
  ['q4', 3],
  ['f16', 16],
  ['bf16', 17],
]);
const BY_OWN_ID: ReadonlyMap<number, DTypeName> = new Map([...OWN_IDS].map(([name, id]) => [id, name]));
const GGML_BASE = 256;

/** Ids that name a type a second time: refused, or the same model would have two files. */
export const SLM2_ALIAS_IDS: readonly number[] = [...OWN_IDS.keys()].flatMap((name) => {
  const ggmlId = dtypeInfo(name).ggmlId;
  return ggmlId === undefined ? [] : [GGML_BASE + ggmlId];
});

/** The id of a type, or undefined where SLM2 has none (types of safetensors that hold no weights of ours). */
export function slm2DTypeId(name: DTypeName): number | undefined {
  const own = OWN_IDS.get(name);
  if (own !== undefined) return own;
  const { kind, ggmlId } = dtypeInfo(name);
  return kind === 'ggml-block' && ggmlId !== undefined ? GGML_BASE + ggmlId : undefined;
}

/** The type with an id, or undefined where the id is unknown, removed, or an alias. */
export function slm2DType(id: number): DTypeName | undefined {
  const own = BY_OWN_ID.get(id);
  if (own !== undefined) return own;
  const name = dtypeFromGgmlId(id - GGML_BASE);
  return name !== undefined && slm2DTypeId(name) === id ? name : undefined;
}

/** Every type that a tensor of an SLM2 container can have. */
export const SLM2_DTYPES: readonly DTypeName[] = (Object.keys(DTYPES) as DTypeName[]).filter(
  (name) => slm2DTypeId(name) !== undefined,
);
