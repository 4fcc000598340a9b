/** Every way in which an SLM1 container can be wrong, and the status codes that SLM1 published for some of them. */
import { isMirustError } from '@mirust/core';

/** One entry for every way in which an SLM1 container can be wrong. */
export const SLM1_ERRORS = {
  SLM1_TRUNCATED: {
    class: 'structure',
    when: 'The file is shorter than an SLM1 header.',
    remedy: 'Fetch the file again, or pack it again from its source.',
  },
  SLM1_MAGIC: {
    class: 'structure',
    when: 'The file does not start with SLM1.',
    remedy: 'Check that the file is an SLM1 container.',
  },
  SLM1_VERSION: {
    class: 'unsupported',
    when: 'The container has a version other than 1.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM1_MODEL_TYPE: {
    class: 'unsupported',
    when: 'The container holds a model of a type other than 1.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM1_FLAGS: {
    class: 'unsupported',
    when: 'A flag is set that this version does not define.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM1_HEADER_FIELD: {
    class: 'structure',
    when: 'A field of the header has a value that no model can have, or that contradicts another field.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_SECTION_RANGE: {
    class: 'structure',
    when: 'The header, the tokenizer, the directory or the data reaches past the end of the file.',
    remedy: 'Fetch the file again, or pack it again from its source.',
  },
  SLM1_SECTION_PLACE: {
    class: 'structure',
    when: 'A section is misaligned, overlaps the one before, or leaves a gap.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_PADDING: {
    class: 'structure',
    when: 'A byte of padding is not zero.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TOKENIZER_KIND: {
    class: 'tokenizer',
    when: 'The tokenizer section is neither BTOK nor BPE1.',
    remedy: 'Use a newer version of this tool, or pack the model as SLM2.',
  },
  SLM1_TOKENIZER_VERSION: {
    class: 'unsupported',
    when: 'The tokenizer section has a version other than 1.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM1_TOKENIZER_LENGTH: {
    class: 'tokenizer',
    when: 'The tokenizer section is shorter than its own header, or a BTOK section has not exactly 28 bytes.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TOKENIZER_VOCAB: {
    class: 'tokenizer',
    when: "The tokenizer's vocabulary size is not the header's.",
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_COUNT: {
    class: 'contract',
    when: 'The directory has more tensors than a model of this shape.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_MISSING: {
    class: 'contract',
    when: 'A tensor that a model of this shape needs is not in the directory.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_UNKNOWN: {
    class: 'contract',
    when: 'A name hash of the directory belongs to no tensor of a model of this shape.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_DUPLICATE: {
    class: 'contract',
    when: 'The directory names a tensor twice.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_DTYPE: {
    class: 'unsupported',
    when: 'A tensor has a storage type other than f32, q8 and q4.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM1_TENSOR_SHAPE: {
    class: 'contract',
    when: 'A tensor does not have the shape that a model of this shape gives it.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_BLOCK: {
    class: 'structure',
    when: 'The block size of a tensor is not one that its storage type and row allow.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_LENGTH: {
    class: 'structure',
    when: 'The payload length of a tensor is not the one that follows from its shape and storage type.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_RESERVED: {
    class: 'structure',
    when: 'A reserved field of a directory entry is not zero.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM1_TENSOR_ALIGNMENT: {
    class: 'structure',
    when: 'A payload does not start on a multiple of 64.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_RANGE: {
    class: 'structure',
    when: 'A tensor starts before the data or reaches past the end of the file.',
    remedy: 'Fetch the file again, or pack it again from its source.',
  },
  SLM1_TENSOR_OVERLAP: {
    class: 'structure',
    when: 'Two tensors lie over the same bytes.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_TENSOR_GAP: {
    class: 'structure',
    when: 'Between two tensors, or behind the last one, lie bytes that belong to nothing.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_SCALE_PLACE: {
    class: 'structure',
    when: 'The scales of a tensor do not lie directly behind its payload.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_SCALE_VALUE: {
    class: 'structure',
    when: 'A scale is not a positive finite number.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_CHECKSUM_ZERO: {
    class: 'structure',
    when: 'The stored checksum is zero.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM1_CHECKSUM: {
    class: 'integrity',
    when: 'The checksum of the file is not the one in its header.',
    remedy: 'Fetch the file again; it was damaged.',
  },
  SLM1_CANNOT_HOLD: {
    class: 'unsupported',
    when: 'The model has something that SLM1 cannot hold exactly.',
    remedy: 'Write the other container: --format slm2.',
  },
} as const;

/** The status codes that SLM1's runtime contract published. */
export const SLM1_STATUS = {
  Ok: 0,
  NullPointer: 1,
  InvalidLength: 2,
  InvalidUtf8: 3,
  InvalidModelMagic: 4,
  UnsupportedModelVersion: 5,
  InvalidHeader: 6,
  InvalidTensorDirectory: 7,
  MissingTensor: 8,
  ShapeMismatch: 9,
  UnsupportedDType: 10,
  ContextExceeded: 11,
  ModelNotLoaded: 12,
  GenerationFailed: 13,
  OutputBufferExceeded: 14,
} as const;

/** Name of a published status. */
export type Slm1StatusName = keyof typeof SLM1_STATUS;

/** The published status of each of our codes. The statuses without a row belong to calls, not to files. */
export const SLM1_STATUS_OF: Readonly<Record<keyof typeof SLM1_ERRORS, Slm1StatusName>> = {
  SLM1_TRUNCATED: 'InvalidLength',
  SLM1_MAGIC: 'InvalidModelMagic',
  SLM1_VERSION: 'UnsupportedModelVersion',
  SLM1_MODEL_TYPE: 'InvalidHeader',
  SLM1_FLAGS: 'InvalidHeader',
  SLM1_HEADER_FIELD: 'InvalidHeader',
  SLM1_SECTION_RANGE: 'InvalidHeader',
  SLM1_SECTION_PLACE: 'InvalidHeader',
  SLM1_PADDING: 'InvalidHeader',
  SLM1_TOKENIZER_KIND: 'InvalidHeader',
  SLM1_TOKENIZER_VERSION: 'InvalidHeader',
  SLM1_TOKENIZER_LENGTH: 'InvalidHeader',
  SLM1_TOKENIZER_VOCAB: 'InvalidHeader',
  SLM1_TENSOR_COUNT: 'InvalidTensorDirectory',
  SLM1_TENSOR_MISSING: 'MissingTensor',
  SLM1_TENSOR_UNKNOWN: 'InvalidTensorDirectory',
  SLM1_TENSOR_DUPLICATE: 'InvalidTensorDirectory',
  SLM1_TENSOR_DTYPE: 'UnsupportedDType',
  SLM1_TENSOR_SHAPE: 'ShapeMismatch',
  SLM1_TENSOR_BLOCK: 'InvalidTensorDirectory',
  SLM1_TENSOR_LENGTH: 'InvalidTensorDirectory',
  SLM1_TENSOR_RESERVED: 'InvalidTensorDirectory',
  SLM1_TENSOR_ALIGNMENT: 'InvalidTensorDirectory',
  SLM1_TENSOR_RANGE: 'InvalidTensorDirectory',
  SLM1_TENSOR_OVERLAP: 'InvalidTensorDirectory',
  SLM1_TENSOR_GAP: 'InvalidTensorDirectory',
  SLM1_SCALE_PLACE: 'InvalidTensorDirectory',
  SLM1_SCALE_VALUE: 'InvalidTensorDirectory',
  SLM1_CHECKSUM_ZERO: 'InvalidHeader',
  SLM1_CHECKSUM: 'InvalidHeader',
  SLM1_CANNOT_HOLD: 'InvalidHeader',
};

/** The published status number of an error of this package's SLM1 reader, or undefined for any other error. */
export function slm1Status(error: unknown): number | undefined {
  if (!isMirustError(error) || !Object.hasOwn(SLM1_STATUS_OF, error.code)) return undefined;
  return SLM1_STATUS[SLM1_STATUS_OF[error.code as keyof typeof SLM1_ERRORS]];
}
