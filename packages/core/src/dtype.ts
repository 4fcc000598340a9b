/**
 * The one table of storage types: ours, the plain floats and integers, and every ggml block type.
 *
 * A type stores `blockElements` values of a row in `blockBytes` bytes. Plain types have blocks of one value. The two
 * types of our own, `q8` and `q4`, keep their scales apart from the payload (`encoding.ts` has their sizes); ggml's
 * `Q8_0` and `Q4_0` hold theirs inside each block of 32. Never call one the other.
 *
 * Sources: ggml ids and block sizes, `ggml.h` and `ggml-common.h` of ggml-org/llama.cpp (gguf-py's constants.py
 * states Q8_1 as 40 bytes; the struct in ggml-common.h has 36); safetensors names, `safetensors/src/tensor.rs`; SLM
 * ids, the container formats of this project.
 */

/** How the values of a type are to be understood. */
export type DTypeKind = 'float' | 'integer' | 'ggml-block' | 'scaled';

/** One row of the table. */
export interface DType {
  readonly kind: DTypeKind;
  /** Values per block; a row must hold a whole number of blocks. 1 for plain types and for q8/q4 payloads. */
  readonly blockElements: number;
  /** Bytes per block. For `q4`, whose values take half a byte, two values per byte: see `encoding.ts`. */
  readonly blockBytes: number;
  /** ggml_type id in GGUF. */
  readonly ggmlId?: number;
  /** dtype id in an SLM1 directory entry. */
  readonly slm1Id?: number;
  /** dtype name in a safetensors header. */
  readonly safetensorsName?: string;
}

/** The table. Keys are the names used throughout this project, in reports and in rules. */
export const DTYPES = {
  f32: { kind: 'float', blockElements: 1, blockBytes: 4, ggmlId: 0, slm1Id: 1, safetensorsName: 'F32' },
  f16: { kind: 'float', blockElements: 1, blockBytes: 2, ggmlId: 1, safetensorsName: 'F16' },
  bf16: { kind: 'float', blockElements: 1, blockBytes: 2, ggmlId: 30, safetensorsName: 'BF16' },
  f64: { kind: 'float', blockElements: 1, blockBytes: 8, ggmlId: 28, safetensorsName: 'F64' },
  f8_e4m3: { kind: 'float', blockElements: 1, blockBytes: 1, safetensorsName: 'F8_E4M3' },
  f8_e5m2: { kind: 'float', blockElements: 1, blockBytes: 1, safetensorsName: 'F8_E5M2' },
  f8_e8m0: { kind: 'float', blockElements: 1, blockBytes: 1, safetensorsName: 'F8_E8M0' },
  bool: { kind: 'integer', blockElements: 1, blockBytes: 1, safetensorsName: 'BOOL' },
  u8: { kind: 'integer', blockElements: 1, blockBytes: 1, safetensorsName: 'U8' },
  i8: { kind: 'integer', blockElements: 1, blockBytes: 1, ggmlId: 24, safetensorsName: 'I8' },
  u16: { kind: 'integer', blockElements: 1, blockBytes: 2, safetensorsName: 'U16' },
  i16: { kind: 'integer', blockElements: 1, blockBytes: 2, ggmlId: 25, safetensorsName: 'I16' },
  u32: { kind: 'integer', blockElements: 1, blockBytes: 4, safetensorsName: 'U32' },
  i32: { kind: 'integer', blockElements: 1, blockBytes: 4, ggmlId: 26, safetensorsName: 'I32' },
  u64: { kind: 'integer', blockElements: 1, blockBytes: 8, safetensorsName: 'U64' },
  i64: { kind: 'integer', blockElements: 1, blockBytes: 8, ggmlId: 27, safetensorsName: 'I64' },
  /** Ours: one i8 per value, one f32 or f16 scale per row. */
  q8: { kind: 'scaled', blockElements: 1, blockBytes: 1, slm1Id: 2 },
  /** Ours: one signed nibble per value, one f32 or f16 scale per block; two values are one byte. */
  q4: { kind: 'scaled', blockElements: 2, blockBytes: 1, slm1Id: 3 },
  Q4_0: { kind: 'ggml-block', blockElements: 32, blockBytes: 18, ggmlId: 2 },
  Q4_1: { kind: 'ggml-block', blockElements: 32, blockBytes: 20, ggmlId: 3 },
  Q5_0: { kind: 'ggml-block', blockElements: 32, blockBytes: 22, ggmlId: 6 },
  Q5_1: { kind: 'ggml-block', blockElements: 32, blockBytes: 24, ggmlId: 7 },
  Q8_0: { kind: 'ggml-block', blockElements: 32, blockBytes: 34, ggmlId: 8 },
  Q8_1: { kind: 'ggml-block', blockElements: 32, blockBytes: 36, ggmlId: 9 },
  Q2_K: { kind: 'ggml-block', blockElements: 256, blockBytes: 84, ggmlId: 10 },
  Q3_K: { kind: 'ggml-block', blockElements: 256, blockBytes: 110, ggmlId: 11 },
  Q4_K: { kind: 'ggml-block', blockElements: 256, blockBytes: 144, ggmlId: 12 },
  Q5_K: { kind: 'ggml-block', blockElements: 256, blockBytes: 176, ggmlId: 13 },
  Q6_K: { kind: 'ggml-block', blockElements: 256, blockBytes: 210, ggmlId: 14 },
  Q8_K: { kind: 'ggml-block', blockElements: 256, blockBytes: 292, ggmlId: 15 },
  IQ2_XXS: { kind: 'ggml-block', blockElements: 256, blockBytes: 66, ggmlId: 16 },
  IQ2_XS: { kind: 'ggml-block', blockElements: 256, blockBytes: 74, ggmlId: 17 },
  IQ3_XXS: { kind: 'ggml-block', blockElements: 256, blockBytes: 98, ggmlId: 18 },
  IQ1_S: { kind: 'ggml-block', blockElements: 256, blockBytes: 50, ggmlId: 19 },
  IQ4_NL: { kind: 'ggml-block', blockElements: 32, blockBytes: 18, ggmlId: 20 },
  IQ3_S: { kind: 'ggml-block', blockElements: 256, blockBytes: 110, ggmlId: 21 },
  IQ2_S: { kind: 'ggml-block', blockElements: 256, blockBytes: 82, ggmlId: 22 },
  IQ4_XS: { kind: 'ggml-block', blockElements: 256, blockBytes: 136, ggmlId: 23 },
  IQ1_M: { kind: 'ggml-block', blockElements: 256, blockBytes: 56, ggmlId: 29 },
  TQ1_0: { kind: 'ggml-block', blockElements: 256, blockBytes: 54, ggmlId: 34 },
  TQ2_0: { kind: 'ggml-block', blockElements: 256, blockBytes: 66, ggmlId: 35 },
  MXFP4: { kind: 'ggml-block', blockElements: 32, blockBytes: 17, ggmlId: 39 },
  NVFP4: { kind: 'ggml-block', blockElements: 64, blockBytes: 36, ggmlId: 40 },
  Q1_0: { kind: 'ggml-block', blockElements: 128, blockBytes: 18, ggmlId: 41 },
  Q2_0: { kind: 'ggml-block', blockElements: 64, blockBytes: 18, ggmlId: 42 },
} as const;

/** A key of {@link DTYPES}. */
export type DTypeName = keyof typeof DTYPES;

/** ggml ids that once had a meaning and must not be read as anything else now. */
export const REMOVED_GGML_IDS: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
]);

/** Every name, in table order. */
export const DTYPE_NAMES: readonly DTypeName[] = Object.keys(DTYPES) as DTypeName[];

const BY_GGML_ID: ReadonlyMap<number, DTypeName> = new Map(
  DTYPE_NAMES.flatMap((name) => {
    const id = dtypeInfo(name).ggmlId;
    return id === undefined ? [] : [[id, name] as const];
  }),
);

const BY_SAFETENSORS_NAME: ReadonlyMap<string, DTypeName> = new Map(
  DTYPE_NAMES.flatMap((name) => {
    const stored = dtypeInfo(name).safetensorsName;
    return stored === undefined ? [] : [[stored, name] as const];
  }),
);

/** The row of a type. */
export function dtypeInfo(name: DTypeName): DType {
  return DTYPES[name];
}

/** Whether a string is the name of a type of the table. */
export function isDTypeName(name: string): name is DTypeName {
  return Object.hasOwn(DTYPES, name);
}

/** The type with a ggml id, or undefined where the id is unknown or removed. */
export function dtypeFromGgmlId(id: number): DTypeName | undefined {
  return BY_GGML_ID.get(id);
}

/** The type with a safetensors name, or undefined where it is unknown. */
export function dtypeFromSafetensors(name: string): DTypeName | undefined {
  return BY_SAFETENSORS_NAME.get(name);
}
