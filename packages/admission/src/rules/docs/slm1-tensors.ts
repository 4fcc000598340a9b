/** Rules of SLM1: the tensor directory and the data. */
import { SLM1_ALIGNMENT } from '@mirust/slm';
import type { ByteChange, ExampleInput, RuleDocs } from './rule-doc.ts';

const changed = (...changes: readonly ByteChange[]): ExampleInput => ({ artifact: 'SLM1', changes });

/** Other bytes in the directory entry of a tensor. */
const inEntry = (tensor: string, at: number, value: string, meaning: string): ByteChange => ({
  at,
  in: ['entry', tensor],
  to: [value, meaning],
});

export const SLM1_TENSOR_DOCS: RuleDocs = {
  SLM1_TENSOR_BLOCK: {
    about:
      'The block size says how many values share a scale: the whole row for q8, an even divisor of the row for q4, none for f32. From it follows where each scale lies; with another size a reader takes scales from the wrong place, or beyond the last one, and multiplies weights with what it finds there.',
    example: {
      input: changed(inEntry('layers.0.wq.weight', 56, 'u32 4', 'block size of a q8 row of 8')),
      says: 'layers.0.wq.weight (q8) has block size 4, expected 8',
    },
  },
  SLM1_TENSOR_LENGTH: {
    about:
      'Shape, type and block size give the length of the payload exactly; the entry states it again. A reader that allocates by the one and copies by the other writes past its buffer as soon as they differ.',
    example: {
      input: changed(inEntry('layers.0.wq.weight', 40, 'u64 65', 'payload length, 64 by its shape')),
      says: 'layers.0.wq.weight has a payload of 65 bytes, expected 64',
    },
  },
  SLM1_TENSOR_RESERVED: {
    about:
      'The last four bytes of an entry are kept for later and are zero. Whatever a later version says there changes the meaning of the entry, so a reader that does not know it must not go on.',
    example: {
      input: changed(inEntry('layers.0.wq.weight', 60, 'u32 1', 'reserved')),
      says: 'reserved bytes of layers.0.wq.weight are not zero',
    },
  },
  SLM1_TENSOR_ALIGNMENT: {
    about: `Payloads start at multiples of ${SLM1_ALIGNMENT}, a line of the processor's cache, so that kernels can load whole vectors from where the file is mapped. Another place is refused although it could be read: two files with the same weights are to have the same bytes.`,
    example: {
      input: changed(inEntry('norm.weight', 32, 'u64 8224', 'payload offset')),
      says: 'norm.weight starts at 8224, no multiple of 64',
    },
  },
  SLM1_TENSOR_RANGE: {
    about:
      'Payload and scales lie between the start of the data and the end of the file. An offset into the directory would make the entries themselves weights; one past the end reads memory of the process, as CVE-2026-7482 did in another format.',
    example: {
      input: changed(inEntry('norm.weight', 32, 'u64 1099511627776', 'payload offset, 2^40')),
      says: 'norm.weight lies at 1099511627776, outside of the data (960 to 8512)',
    },
  },
  SLM1_TENSOR_OVERLAP: {
    about:
      'No two tensors share a byte. The directory may list them in any order, so this is found by sorting their places; a reader that looks at one entry after the other does not see it. A file with shared bytes was not written by a packer.',
    example: {
      input: {
        described:
          'The directory entry of layers.0.wv.weight has the payload and scale offsets of layers.0.wk.weight, whose shape is the same.',
      },
      says: 'layers.0.wv.weight starts at 7488, but layers.0.wk.weight ends at 7584',
    },
  },
  SLM1_TENSOR_GAP: {
    about: `Between tensors, and behind the last one, there are fewer than ${SLM1_ALIGNMENT} bytes, as many as alignment needs. More would be room for content that no check looks at, and appended bytes are the simplest of all changes to a file.`,
    example: {
      input: { artifact: 'SLM1', changes: [], grownBy: 64 },
      says: '96 bytes behind layers.0.w2.weight belong to nothing',
    },
  },
  SLM1_SCALE_PLACE: {
    about:
      'Scales stand at the next multiple of 4 behind their payload, and the entry must say so. If they could be elsewhere, a tensor might take the scales of another one, or bytes of a payload as scales: the weights would change without a single one of them being touched.',
    example: {
      input: changed(inEntry('layers.0.wq.weight', 48, 'u64 0', 'scale offset')),
      says: 'the scales of layers.0.wq.weight are at 0, expected at 7424',
    },
  },
  SLM1_SCALE_VALUE: {
    about:
      'A scale multiplies a block of weights, so it must be a positive finite number. NaN or infinity in one of them reaches every result within one layer; a negative one turns the signs of its block, and 0 erases it. No encoder writes such a scale, not even for a block of zeros.',
    example: {
      input: {
        artifact: 'SLM1',
        changes: [{ at: 4, in: ['scales', 'layers.0.wq.weight'], to: ['hex 00 00 c0 7f', 'the second scale, NaN'] }],
        resealed: true,
      },
      says: 'scale 1 of layers.0.wq.weight is not a positive finite number',
    },
  },
  SLM1_TENSOR_COUNT: {
    about:
      'The header says how large the model is, and from that follows how many tensors it has. The directory is only read when its length fits, so that the number in the file cannot decide how much work a reader does.',
    example: {
      input: changed({ at: 88, to: ['u32 13', 'tensor_count'] }, { at: 92, to: ['u64 1024', 'tensor_data_offset'] }),
      says: '13 tensors, a model of this shape has 12 (at byte 88)',
    },
  },
  SLM1_TENSOR_MISSING: {
    about:
      'Every tensor of the contract must be listed. Readers that start from zeros or from random values and fill in what they find would run without a layer, and text still comes out.',
    example: {
      input: changed({ at: 32, to: ['u32 2', 'layer_count of a file with one layer'] }),
      says: 'layers.1.attn_norm.weight is missing (at byte 192)',
    },
  },
  SLM1_TENSOR_UNKNOWN: {
    about:
      'The directory does not hold names but their 64-bit hashes, so only names that the contract has can be recognised. A hash of something else is a tensor that nobody can use, by a packer for another model, or room for foreign bytes.',
    example: {
      input: changed({ at: 192, to: ['u64 1', 'name hash of the first entry'] }),
      says: 'entry 0 has the name hash 0000000000000001, which no tensor of this model has (at byte 192)',
    },
  },
  SLM1_TENSOR_DUPLICATE: {
    about:
      'A hash may stand in the directory once. With two entries it depends on the reader whether the first or the last counts, and the weights that were checked need not be those that run.',
    example: {
      input: { described: 'The second directory entry has the name hash of the first, tok_embeddings.weight.' },
      says: 'tok_embeddings.weight is there twice',
    },
  },
  SLM1_TENSOR_SHAPE: {
    about:
      'Rank and dimensions of each tensor must be those that the header gives it. Matrix products run over the sizes of the model and not over those of the tensor, so a smaller tensor is read past its end and a larger one in the wrong places. Dimensions beyond the rank may be 0 or 1, since the published text does not say which.',
    example: {
      input: changed(inEntry('layers.0.wq.weight', 20, 'u32 16', 'second dimension, 8 by the header')),
      says: 'layers.0.wq.weight has shape [8, 16], rank 2, expected [8, 8]',
    },
  },
  SLM1_TENSOR_DTYPE: {
    about:
      'SLM1 knows three storage types: 1 is f32, 2 is q8, 3 is q4. An unknown number has no size and no kernel, and a reader that takes it for f32 reads four times too many bytes or a quarter of them.',
    example: {
      input: changed(inEntry('norm.weight', 8, 'u32 4', 'dtype')),
      says: 'norm.weight has storage type 4',
    },
  },
};
