/** Rules that every reader shares: reading within the file, arithmetic, text, shapes, and the disk or server behind. */
import type { RuleDocs } from './rule-doc.ts';

export const CORE_DOCS: RuleDocs = {
  TRUNCATED: {
    about:
      'Before a value is read or room is made for it, the bytes that it needs must be in the file. A reader that trusts the announced length instead allocates what a 40-byte file tells it to, reads memory that is not its own, or fills the rest with zeros and calls them weights. Nearly always a download was cut; a length like 2^62 was written by someone who hopes that a server runs out of memory.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 3', 'version'],
          ['u64 0', 'no tensors'],
          ['u64 1', 'one metadata entry'],
          ['u64 4611686018427387904', 'a key of 2^62 bytes'],
          ['hex 00 00 00 00 00 00', 'and the file ends'],
        ],
      },
      says: 'metadata key 0 needs 4611686018427387904 bytes, 6 are left (at byte 32)',
    },
  },
  OVERFLOW: {
    about:
      'Every sum and product of numbers from a file is formed with a check, and 64-bit values stay exact until they are known to be small. Where such arithmetic wraps, a tensor of 2^64 + 4 elements passes for one of 4: a small buffer is allocated and a large one is written, which several heap overflows of GGUF readers between 2024 and 2026 come down to. Doubles do not wrap, but they round above 2^53, and an offset that is off by one is as wrong.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 3', 'version'],
          ['u64 1', 'one tensor'],
          ['u64 0', 'no metadata'],
          ['string "t"', 'its name'],
          ['u32 3', 'rank'],
          ['u64 4194305', 'dimensions whose'],
          ['u64 4194305', 'product is'],
          ['u64 211106198978564', '4 modulo 2^64'],
          ['u32 0', 'type F32'],
          ['u64 0', 'offset'],
        ],
      },
      says: 'tensor "t": element count: 211106198978564 * 4194305 passes 2^53 - 1 (at byte 37)',
    },
  },
  INVALID_UTF8: {
    about:
      'Names, keys, tokens and templates must be valid UTF-8, byte for byte. Readers that put U+FFFD in the place of a bad byte make two different names equal, change the vocabulary, and show a person another text than the machine works with. Exporters cause it by cutting a string inside a character; overlong and half-finished sequences are also a way past filters that look at bytes.',
    example: {
      input: {
        file: 'model.gguf',
        rows: [
          ['"GGUF"', 'magic'],
          ['u32 3', 'version'],
          ['u64 0', 'no tensors'],
          ['u64 1', 'one metadata entry'],
          ['u64 2', 'a key of two bytes'],
          ['hex c3 28', 'c3 announces a second byte from 80 to bf'],
          ['u32 0', 'its type, u8'],
          ['u8 0', 'its value'],
        ],
      },
      says: 'metadata key 0 is not valid UTF-8 (at byte 32)',
    },
  },
  SHAPE_INVALID: {
    about:
      'A tensor of weights has one to four dimensions, each at least 1. A dimension of 0 is what divisions by zero in readers and planners start from, and no format that is read has more than four. The readers name what stands in a file by codes of their own, such as GGUF_DIMENSION and SLM2_TENSOR_SHAPE; this one is met by programs that describe a tensor before it is written.',
    example: {
      input: { described: 'A program asks whether a tensor w may have the shape [32, 0].' },
      says: 'tensor w has a dimension of 0',
    },
  },
  BLOCK_MISMATCH: {
    about:
      'Block formats such as Q4_0 store 32 values of one row together, k-quants 256; a row must be made of whole blocks. With 33 columns there is no right answer: one reader rounds down and drops a column, another rounds up and reads the last row past the end of the tensor. Quantizing tools fall back to another type for such tensors; a file that has one anyway was made by a tool that does not, or by hand.',
    example: {
      input: { gguf: { tensors: [['t', 'Q4_0', [32, 33]]] } },
      says: 'a row of 33 values does not divide into Q4_0 blocks of 32',
    },
  },
  SOURCE_NOT_FOUND: {
    about:
      'The path or address that was given must lead to something. The verdict is then "undetermined", never "admitted": a gate that takes a missing file for a harmless one lets everything pass as soon as someone mistypes a pattern or a step before it fails to download.',
    example: { input: { described: 'mirust-admit models/missing.gguf' }, says: 'models/missing.gguf does not exist' },
  },
  SOURCE_READ: {
    about:
      'Every read that the checks ask for must succeed. A disk error, a revoked permission or a connection that breaks says nothing about the model, so the file is neither rejected nor admitted. It matters that this is no pass: whoever can make a read fail could otherwise choose which check does not happen.',
    example: {
      input: { described: 'The disk reports an error at the first byte of model.slm.' },
      says: 'reading model.slm failed',
    },
  },
  SOURCE_CHANGED: {
    about:
      'From the first byte that is read to the last, the file must stay the same: its length, its identity and the time of its last change on a disk, length and validator on a server. Otherwise the header that was checked and the weights that are used can be of two files, which is the classic gap between check and use. Innocent causes are a sync client, or a job that still writes the model.',
    example: {
      input: {
        described: 'A server sends model.gguf with another entity tag (ETag) at the second request than at the first.',
      },
      says: 'https://models.example/model.gguf is another version than the one that was opened',
    },
  },
  SOURCE_NO_RANGES: {
    about:
      'A model on a server is read in pieces, so the server must answer range requests exactly and say how long the file is. One that sends the whole file each time would be asked for gigabytes over and over; one that compresses its answers numbers other bytes than those of the file, and every offset would be wrong.',
    example: {
      input: { described: 'A server answers "Range: bytes=0-0" with status 200 and the whole of model.gguf.' },
      says: 'https://models.example/model.gguf answers a range with the whole file',
    },
  },
};
