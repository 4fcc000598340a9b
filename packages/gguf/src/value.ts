/** The typed values of a GGUF metadata table, kept with the type the file gave them. */

/** Scalar types of GGUF metadata that fit a JavaScript number. */
export type GgufNumberType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** Every type name of GGUF metadata but `array`. */
export type GgufScalarType = GgufNumberType | 'uint64' | 'int64' | 'bool' | 'string';

/** Typed array that holds the elements of a GGUF number array. */
export type GgufNumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

/** Where a value came from. */
export interface GgufLocated {
  /** Absolute byte offset of the value in the file, for errors; absent where it was made in code. */
  readonly offset?: number;
}

/** A GGUF array. Arrays of arrays do not occur in model files and are refused by the reader. */
export type GgufArray =
  | (GgufLocated & { readonly type: 'array'; readonly elementType: 'string'; readonly values: readonly string[] })
  | (GgufLocated & { readonly type: 'array'; readonly elementType: 'bool'; readonly values: readonly boolean[] })
  | (GgufLocated & {
      readonly type: 'array';
      readonly elementType: GgufNumberType | 'uint64' | 'int64';
      readonly values: GgufNumberArray;
    });

/** One metadata value. */
export type GgufValue =
  | (GgufLocated & { readonly type: GgufNumberType; readonly value: number })
  | (GgufLocated & { readonly type: 'uint64' | 'int64'; readonly value: bigint })
  | (GgufLocated & { readonly type: 'bool'; readonly value: boolean })
  | (GgufLocated & { readonly type: 'string'; readonly value: string })
  | GgufArray;

/** The metadata table. A Map, never an object: keys come from the file (`__proto__` is a legal one). */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;
