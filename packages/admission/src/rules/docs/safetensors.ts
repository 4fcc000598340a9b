/** Rules of safetensors files: length, header, entries, coverage. */
import {
  MAX_SAFETENSORS_HEADER_BYTES,
  MAX_SAFETENSORS_INDEX_TENSORS,
  MAX_SAFETENSORS_NAME_LENGTH,
  MAX_SAFETENSORS_OPENED_BYTES,
  MAX_SAFETENSORS_RANK,
  MAX_SAFETENSORS_SHARDS,
  MAX_SAFETENSORS_TENSORS,
} from '@mirust/safetensors';
import { count, size } from './_numbers.ts';
import type { ExampleInput, RuleDocs } from './rule-doc.ts';

/** A file of a header and so many bytes of data. */
const withHeader = (header: string, dataBytes = 0): ExampleInput => ({
  file: 'model.safetensors',
  rows: [
    [`string ${JSON.stringify(header)}`, 'length and header'],
    ...(dataBytes === 0 ? [] : [[`zeros ${dataBytes}`, 'data'] as const]),
  ],
});

const entry = (name: string, dtype: string, shape: string, offsets: string): string =>
  `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

export const SAFETENSORS_DOCS: RuleDocs = {
  SAFETENSORS_TOO_SHORT: {
    about:
      'A safetensors file starts with the length of its header, eight bytes. One that is shorter holds nothing at all. It is what an interrupted download or a full disk leaves behind.',
    example: {
      input: { file: 'model.safetensors', rows: [['hex 02 00 00 00 00 00 00', 'seven bytes']] },
      says: 'the file has 7 bytes (at byte 0)',
    },
  },
  SAFETENSORS_HEADER_TOO_LARGE: {
    about: `The format itself limits the header to ${count(MAX_SAFETENSORS_HEADER_BYTES)} bytes, because a reader has to hold and parse all of it. The length is the first thing in the file that an attacker chooses, and a reader that allocates it unseen can be asked for any amount of memory by eight bytes. A model with 100,000 tensors needs about a tenth of the limit; text that was saved under this name exceeds it by far, since eight letters make a number of some 10^18.`,
    example: {
      input: {
        file: 'model.safetensors',
        rows: [
          ['u64 18446744073709551615', 'length of the header'],
          ['"{}"', 'and the file ends'],
        ],
      },
      says: 'the header has 18446744073709551615 bytes (at byte 0)',
    },
  },
  SAFETENSORS_HEADER_LENGTH: {
    about:
      'The header must lie inside the file. Where it does not, the file was cut, or its first eight bytes are no length at all. A reader that takes what is there, and goes on, parses half a header.',
    example: {
      input: {
        file: 'model.safetensors',
        rows: [
          ['u64 3', 'length of the header'],
          ['"{}"', 'and the file ends'],
        ],
      },
      says: 'the header has 3 bytes, 2 are left (at byte 0)',
    },
  },
  SAFETENSORS_HEADER_START: {
    about:
      'The specification says that the header begins with "{". Padding stands behind it, never in front, so that a file can be told by its ninth byte. The reference reader in Rust lets white space in front pass, others do not: such a file exists for some tools and not for others. A byte-order mark in front comes from an editor for text.',
    example: { input: withHeader(' {}'), says: 'the header does not start with "{" (at byte 8)' },
  },
  SAFETENSORS_HEADER_LIMIT: {
    about: `The format allows a header of 100 MB, which as parsed JSON takes ten times that. Files that are opened may have ${size(MAX_SAFETENSORS_OPENED_BYTES)} and ${count(MAX_SAFETENSORS_TENSORS)} tensors, an index ${count(MAX_SAFETENSORS_INDEX_TENSORS)}: shards of the largest checkpoints have about a thousand. It is read member by member and given up at the limit, however much follows.`,
    example: {
      input: { described: 'model.safetensors has a header of 4,194,305 bytes.' },
      says: 'the header has 4194305 bytes',
    },
  },
  SAFETENSORS_LIMIT: {
    about: `Tensor names have at most ${count(MAX_SAFETENSORS_NAME_LENGTH)} characters, and an index names at most ${count(MAX_SAFETENSORS_SHARDS)} files; real ones have about a hundred and a few hundred. Names are repeated in every message and report, so one of a megabyte floods logs, and a list of a million files makes the reader open them.`,
    example: {
      input: { described: 'A tensor of model.safetensors has a name of 1,048,576 times the letter n.' },
      says: 'a tensor name has 1048576 characters',
    },
  },
  SAFETENSORS_METADATA: {
    about:
      'Under __metadata__ stand strings only. Readers with static types refuse anything else, those with dynamic types pass it on, and a program that expects the text "pt" gets a list or an object. Exporters that write numbers or nested settings there make files that only their own library opens.',
    example: {
      input: withHeader('{"__metadata__":{"format":"pt","step":1000}}'),
      says: '__metadata__ "step" is not a string (at byte 24)',
    },
  },
  SAFETENSORS_NAME: {
    about:
      'A tensor must have a name, by which the model finds its weights. An empty one is legal as a JSON key and matches no model, so that what it holds is carried along unseen. Look-ups that take an empty text for "not given" may hand it out for any name.',
    example: {
      input: withHeader(`{${entry('', 'U8', '[1]', '[0,1]')}}`, 1),
      says: 'a tensor has an empty name (at byte 12)',
    },
  },
  SAFETENSORS_ENTRY: {
    about:
      'An entry has three fields, no fewer and no others. A field that this reader does not know could change what the bytes mean (strides, a scale, a compression), and to ignore it would be to read other weights than the writer meant. Entries with one field missing have been filled in with defaults by some readers, which is as bad.',
    example: {
      input: withHeader('{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"strides":[1]}}', 1),
      says: 'tensor "t" has the unknown field "strides" (at byte 13)',
    },
  },
  SAFETENSORS_DTYPE: {
    about:
      'The type must be one that the format lists, spelled as it is there. The length of the data follows from it; a reader that maps unknown names to a default, or compares without case, reads every value wrongly. Names of block formats such as Q4_0 belong to GGUF and have no meaning here.',
    example: {
      input: withHeader(`{${entry('t', 'Q4_0', '[32]', '[0,18]')}}`, 18),
      says: 'the dtype of tensor "t" is "Q4_0" (at byte 13)',
    },
  },
  SAFETENSORS_SHAPE: {
    about: `Dimensions are whole numbers from 0 on, at most ${MAX_SAFETENSORS_RANK} of them. A negative one, or a text that looks like a number, is converted silently by readers in dynamic languages, and the size that they compute then has nothing to do with the data. The reference has no limit on the rank, but nothing that is stored has more than five dimensions.`,
    example: {
      input: withHeader(`{${entry('t', 'U8', '[-1]', '[0,1]')}}`, 1),
      says: 'tensor "t" has a dimension that is not a whole number from 0 on (at byte 13)',
    },
  },
  SAFETENSORS_OFFSETS: {
    about:
      'Begin and end of a tensor count from the first byte behind the header, and the end is not before the begin. A reader that subtracts them unsigned gets 2^64 - 1 bytes for [1, 0]; one that takes a negative begin reads its way back into the header.',
    example: {
      input: withHeader(`{${entry('t', 'U8', '[1]', '[1,0]')}}`, 1),
      says: 'the data_offsets of tensor "t" are not two whole numbers in order (at byte 13)',
    },
  },
  SAFETENSORS_SIZE: {
    about:
      'Type and shape say how long the data are, and the offsets say it a second time; both must agree. Readers use the one or the other: with a span that is too short the one that goes by the shape reads into the next tensor, or past the end of the file.',
    example: {
      input: withHeader(`{${entry('t', 'I32', '[2,2]', '[0,4]')}}`, 4),
      says: 'tensor "t" is i32 [2, 2], 16 bytes, and has 4 (at byte 13)',
    },
  },
  SAFETENSORS_OVERLAP: {
    about:
      'Tensors lie one behind the other, none inside another. Shared bytes would let a header of a few megabytes claim terabytes of weights, which a reader that copies tensor by tensor then allocates. Weights that a model ties together are stored once, under one name.',
    example: {
      input: withHeader(`{${entry('a', 'U8', '[2]', '[0,2]')},${entry('b', 'U8', '[2]', '[1,3]')}}`, 3),
      says: 'tensor "b" starts at 1 of the data, before the one in front of it ends at 2 (at byte 65)',
    },
  },
  SAFETENSORS_HOLE: {
    about:
      'The data are covered from the first byte on. The format forbids holes, because what lies in one is carried along and seen by no one: an archive, a script, a second model. A file with a hole can be a valid safetensors file and a valid file of another kind at the same time.',
    example: {
      input: withHeader(`{${entry('a', 'U8', '[2]', '[0,2]')},${entry('b', 'U8', '[2]', '[3,5]')}}`, 5),
      says: 'tensor "b" starts at 3 of the data, which leaves a hole from 2 on (at byte 65)',
    },
  },
  SAFETENSORS_DATA_TRUNCATED: {
    about:
      'The last tensor must end inside the file. Its header is complete, so a tool that only lists tensors sees nothing wrong; one that maps the file faults at the end or finds zeros in the last layers. This is what a download that stopped at 99 % looks like.',
    example: {
      input: withHeader(`{${entry('a', 'U8', '[2]', '[0,2]')}}`, 1),
      says: 'the tensors take 2 bytes, the file has 1 behind its header (at byte 62)',
    },
  },
  SAFETENSORS_TRAILING_BYTES: {
    about:
      'The file ends with its last tensor. Appended bytes are the simplest way to hide something in a file that still loads, and zip archives, which are found from their end, can be appended as they are: the same file is then weights for one program and an archive for another.',
    example: {
      input: withHeader(`{${entry('a', 'U8', '[2]', '[0,2]')}}`, 3),
      says: '1 bytes follow the last tensor (at byte 63)',
    },
  },
  SAFETENSORS_DTYPE_UNSUPPORTED: {
    about:
      "The type is one of the format's own, but its values are smaller than a byte, complex, or floats of 8 bits with another bias than usual. To take it for a similar one would read every weight wrongly by a factor or a sign; it is refused by name instead. The file is sound, and other tools may use it.",
    example: {
      input: withHeader(`{${entry('t', 'F4', '[2]', '[0,1]')}}`, 1),
      says: 'the dtype of tensor "t" is "F4" (at byte 13)',
    },
  },
};
