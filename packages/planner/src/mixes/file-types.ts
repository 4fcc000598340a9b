/**
 * The file types of llama.cpp's `llama-quantize`. A file type names a mix: its base type is that of most matrices, and
 * rules of the file type give others to some of them (`mix-encodings.ts`).
 *
 * Source: ggml-org/llama.cpp. Names and aliases are those of the table of options in `tools/quantize/quantize.cpp`; base
 * types, and where an importance matrix is required, of `src/llama-quant.cpp` at commit 007dbbf3; ids of `llama.h`.
 * `COPY` is left out: it quantizes nothing.
 */
import type { DTypeName } from '@mirust/core';

/** One file type. */
export interface FileType {
  /** `general.file_type` of GGUF. */
  readonly id: number;
  /** What most matrices are stored as. */
  readonly dtype: DTypeName;
  /** `required`: llama-quantize refuses to write such a file without an importance matrix. */
  readonly importanceMatrix?: 'required';
}

/** All of them, in the order of their bits. */
export const FILE_TYPES = {
  Q1_0: { id: 40, dtype: 'Q1_0' },
  IQ1_S: { id: 24, dtype: 'IQ1_S', importanceMatrix: 'required' },
  TQ1_0: { id: 36, dtype: 'TQ1_0' },
  IQ1_M: { id: 31, dtype: 'IQ1_M', importanceMatrix: 'required' },
  IQ2_XXS: { id: 19, dtype: 'IQ2_XXS', importanceMatrix: 'required' },
  TQ2_0: { id: 37, dtype: 'TQ2_0' },
  Q2_0: { id: 41, dtype: 'Q2_0' },
  IQ2_XS: { id: 20, dtype: 'IQ2_XS', importanceMatrix: 'required' },
  IQ2_S: { id: 28, dtype: 'IQ2_XS', importanceMatrix: 'required' },
  IQ2_M: { id: 29, dtype: 'IQ2_S', importanceMatrix: 'required' },
  Q2_K_S: { id: 21, dtype: 'Q2_K', importanceMatrix: 'required' },
  Q2_K: { id: 10, dtype: 'Q2_K' },
  IQ3_XXS: { id: 23, dtype: 'IQ3_XXS', importanceMatrix: 'required' },
  IQ3_XS: { id: 22, dtype: 'IQ3_S', importanceMatrix: 'required' },
  IQ3_S: { id: 26, dtype: 'IQ3_S' },
  IQ3_M: { id: 27, dtype: 'IQ3_S' },
  Q3_K_S: { id: 11, dtype: 'Q3_K' },
  Q3_K_M: { id: 12, dtype: 'Q3_K' },
  Q3_K_L: { id: 13, dtype: 'Q3_K' },
  MXFP4_MOE: { id: 38, dtype: 'MXFP4' },
  IQ4_XS: { id: 30, dtype: 'IQ4_XS' },
  IQ4_NL: { id: 25, dtype: 'IQ4_NL' },
  Q4_0: { id: 2, dtype: 'Q4_0' },
  Q4_1: { id: 3, dtype: 'Q4_1' },
  Q4_K_S: { id: 14, dtype: 'Q4_K' },
  Q4_K_M: { id: 15, dtype: 'Q4_K' },
  Q5_0: { id: 8, dtype: 'Q5_0' },
  Q5_1: { id: 9, dtype: 'Q5_1' },
  Q5_K_S: { id: 16, dtype: 'Q5_K' },
  Q5_K_M: { id: 17, dtype: 'Q5_K' },
  Q6_K: { id: 18, dtype: 'Q6_K' },
  Q8_0: { id: 7, dtype: 'Q8_0' },
  F16: { id: 1, dtype: 'f16' },
  BF16: { id: 32, dtype: 'bf16' },
  F32: { id: 0, dtype: 'f32' },
} as const;

/** A key of {@link FILE_TYPES}. */
export type FileTypeName = keyof typeof FILE_TYPES;

/** Every name, in table order. */
export const FILE_TYPE_NAMES: readonly FileTypeName[] = Object.keys(FILE_TYPES) as FileTypeName[];

/** Short names that llama-quantize takes for the middle mix of a type. */
export const FILE_TYPE_ALIASES: ReadonlyMap<string, FileTypeName> = new Map([
  ['Q3_K', 'Q3_K_M'],
  ['Q4_K', 'Q4_K_M'],
  ['Q5_K', 'Q5_K_M'],
]);

/** The row of a file type. */
export function fileTypeInfo(name: FileTypeName): FileType {
  return FILE_TYPES[name];
}

/** The file type that a name in any case, or an alias, stands for; undefined where there is none. */
export function findFileType(name: string): FileTypeName | undefined {
  const upper = name.toUpperCase();
  return FILE_TYPE_ALIASES.get(upper) ?? FILE_TYPE_NAMES.find((known) => known === upper);
}
