/** What a family of models is to this package: how its configuration is read, and which tensors follow from it. */
import type { FieldTable } from '@mirust/model';
import type { OutlineTensor } from '../outline.ts';
import type { OutlineParameters } from '../parameters.ts';

/** A family: models whose tensors follow one rule. */
export interface OutlineFamily {
  /** GGUF's name of the architecture; two families may share it, as Llama and Mixtral do. */
  readonly architecture: string;
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** First of `architectures` in config.json: the class with this very head. */
  readonly className: string;
  /**
   * Layers that see all positions in a GGUF that declares a window: every n-th one, or none of them for 0. Absent: the
   * architecture has no windows, whatever the file declares.
   */
  readonly fullAttentionEvery?: number;
  /** Parameters of a configuration, unchecked; undefined for a variant whose tensors are not known. */
  read(config: FieldTable): OutlineParameters | undefined;
  /** Tensors outside the layers. */
  outside(p: OutlineParameters): OutlineTensor[];
  /** Tensors of one layer. */
  layer(p: OutlineParameters, layer: number): OutlineTensor[];
}
