/** Every way in which an SLM2 container can be wrong. */

/** One entry for every way in which an SLM2 container can be wrong. */
export const SLM2_ERRORS = {
  SLM2_TRUNCATED: {
    class: 'structure',
    when: 'The file is shorter than its header and section table.',
    remedy: 'Fetch the file again, or pack it again from its source.',
  },
  SLM2_MAGIC: {
    class: 'structure',
    when: 'The file does not start with SLM2.',
    remedy: 'Check that the file is an SLM2 container.',
  },
  SLM2_VERSION: {
    class: 'unsupported',
    when: 'The container has a version other than 1.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_FLAGS: {
    class: 'unsupported',
    when: 'A flag of the header is set that this version does not define.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_FILE_LENGTH: {
    class: 'structure',
    when: 'The file is not as long as its header says: it was cut short, or something was appended.',
    remedy: 'Fetch the file again, or pack it again from its source.',
  },
  SLM2_SECTION_COUNT: {
    class: 'structure',
    when: 'The number of sections is not from 1 to 16.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_RESERVED: {
    class: 'structure',
    when: 'A reserved field of the header or of a section entry is not zero.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_ROOT_DIGEST: {
    class: 'integrity',
    when: 'Header and section table do not have the root digest that the header states.',
    remedy: 'Fetch the file again; it is not the one that was published.',
  },
  SLM2_SECTION_UNKNOWN: {
    class: 'unsupported',
    when: 'A section that this version does not know must be understood to read the file.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_SECTION_FLAGS: {
    class: 'unsupported',
    when: 'A flag of a section is set, or missing, against the definition of this version.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_SECTION_MISSING: {
    class: 'structure',
    when: 'A section that every container has is not there.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_SECTION_DUPLICATE: {
    class: 'structure',
    when: 'A section is there twice.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_SECTION_ORDER: {
    class: 'structure',
    when: 'The sections are not in the order of the format.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_SECTION_SIZE: {
    class: 'structure',
    when: 'A section is empty, or larger than any model needs.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_SECTION_PLACE: {
    class: 'structure',
    when: 'A section does not start directly behind the one before, alignment apart.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_SECTION_RANGE: {
    class: 'structure',
    when: 'A section reaches past the end of the file, or the file goes on behind the last section.',
    remedy: 'Fetch the file again, or pack it again from its source.',
  },
  SLM2_PADDING: {
    class: 'structure',
    when: 'A byte of padding is not zero.',
    remedy: 'Fetch the file again, or pack it again from its source.',
  },
  SLM2_SECTION_DIGEST: {
    class: 'integrity',
    when: 'A section does not have the SHA-256 that the section table states.',
    remedy: 'Fetch the file again; it was damaged or changed.',
  },
  SLM2_DATA_DIGEST: {
    class: 'integrity',
    when: 'The digest of DATA in the section table is not the digest of LEAF.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_LEAF_LENGTH: {
    class: 'structure',
    when: 'LEAF does not hold one digest for every chunk of DATA.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_META_VERSION: {
    class: 'unsupported',
    when: 'META has a formatVersion other than 1.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_META_SCHEMA: {
    class: 'structure',
    when: 'META does not follow its schema.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_META_CANONICAL: {
    class: 'structure',
    when: 'META is not in the canonical form of RFC 8785.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_META_TENSORS: {
    class: 'structure',
    when: 'META and TENS do not name the same tensors.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_TABLE: {
    class: 'structure',
    when: 'TENS is not made of whole entries, at most 3,072, and a name table that covers the rest exactly.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_NAME: {
    class: 'structure',
    when: 'The name of a tensor is empty, too long, or has other characters than printable ASCII.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_ORDER: {
    class: 'structure',
    when: 'Tensors are not sorted by name, or a name is there twice.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_DTYPE: {
    class: 'unsupported',
    when: 'A tensor has a storage type that this version does not know.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_TENSOR_LAYOUT: {
    class: 'unsupported',
    when: 'The values of a tensor are in an order that this version does not read.',
    remedy: 'Use a newer version of this tool, or pack the model again with this one.',
  },
  SLM2_TENSOR_INTERLEAVED: {
    class: 'structure',
    when: 'A tensor is said to have interleaved rows, which its shape, storage type or block size does not allow.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_SHAPE: {
    class: 'structure',
    when: 'The shape of a tensor is not one that weights can have.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_BLOCK: {
    class: 'structure',
    when: 'The block size of a tensor is not one that its storage type and row allow.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_RESERVED: {
    class: 'structure',
    when: 'A reserved field of a tensor entry is not zero.',
    remedy: 'Use a newer version of this tool.',
  },
  SLM2_TENSOR_PLACE: {
    class: 'structure',
    when: 'A tensor or its scales do not lie where the tensors before it put them, or do not have their exact length.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_DATA_LENGTH: {
    class: 'structure',
    when: 'The tensors do not cover DATA exactly.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_SCALE_VALUE: {
    class: 'structure',
    when: 'A scale is not a positive finite number.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
  SLM2_TENSOR_DIGEST: {
    class: 'integrity',
    when: 'A tensor does not have the SHA-256 of its entry, although the chunks are intact.',
    remedy: 'Pack the model again from its source; this file was not written by a correct packer.',
  },
} as const;
