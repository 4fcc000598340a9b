/** Rules of the gate itself: values of weights, tokenizers in use, its own bounds; and digests of chunks. */
import { MAX_FINDINGS } from '../../findings.ts';
import type { RuleDocs } from './rule-doc.ts';

export const ADMISSION_DOCS: RuleDocs = {
  CHUNK_DIGEST: {
    about:
      'The data of an SLM2 artifact are verified in pieces of 1 MiB, each against its SHA-256 in LEAF, which the root digest covers. The message says which piece it is and which tensors lie in it, so damage can be told from an exchanged layer. The runtime checks the same digests over the bytes that it loads, not over a path that it was once told about.',
    example: {
      input: { artifact: 'SLM2', changes: [{ at: 0, in: ['payload', 'norm.weight'], to: ['u8 255', 'first byte'] }] },
      says: 'chunk 0 (bytes 8192 to 15743: layers.0.attn_norm.weight, layers.0.ffn_norm.weight, layers.0.w1.weight and 9 more) does not match its SHA-256',
    },
  },
  ADMISSION_TOKENIZER_MISSING: {
    about:
      'Weights alone turn ids into ids. Without a tokenizer beside them every user brings his own, and one that merely looks similar gives other ids for the same text: results get worse, and nothing fails. GGUF and SLM files carry it inside; a Hugging Face directory must have it as a file.',
    example: {
      input: { described: 'A directory has config.json and model.safetensors, and no tokenizer.' },
      says: 'the model brings no tokenizer',
    },
  },
  ADMISSION_ROUND_TRIP: {
    about:
      'Four short texts, in many scripts, with an emoji, digits and line breaks, are encoded and decoded again. Tokenizers with all bytes give them back as they were; one that does not has lost characters, drops spaces, or belongs to another decoder. Some tokenizers replace what they do not know by design, so this is a warning.',
    example: {
      input: { described: 'tokenizer.json knows the letters a and b and an unknown token, and nothing else.' },
      says: '4 of 4 probes do not survive encoding and decoding',
    },
  },
  ADMISSION_DTYPE: {
    about:
      'What is admitted must also run: every tensor has to be in a type that the runtime has kernels for. The rest of the file may be sound, and another program may use it. It is named here and not when the model is loaded in production.',
    example: {
      input: { described: 'blk.0.attn_q.weight in model.gguf is of type I32.' },
      says: 'tensor layers.0.wq.weight is stored as i32',
    },
  },
  ADMISSION_WEIGHT_NOT_FINITE: {
    about:
      'Every value of every tensor is looked at, whatever it is stored in. NaN spreads: a single one in a matrix makes a row of results NaN, the next normalization all of them, and the sampler then picks a token by accident or the same one forever. Causes are a training that diverged, an overflow in a conversion to f16, and damage of the file.',
    example: {
      input: { described: 'The third value of model.norm.weight in model.safetensors is NaN.' },
      says: 'tensor norm.weight has 1 value that is NaN or infinite, the first at index 2',
    },
  },
  ADMISSION_WEIGHT_ZERO: {
    about:
      'A tensor of nothing but zeros contributes nothing, or erases what passes through it. Mostly an export reserved the space and never wrote it, as sharded training does when a rank is missing; sparse files and truncated copies look the same. Some models zero a layer on purpose, so this is a warning.',
    example: {
      input: { described: 'All values of model.layers.0.self_attn.q_proj.weight are 0.' },
      says: 'all values of tensor layers.0.wq.weight are 0',
    },
  },
  ADMISSION_WEIGHT_CONSTANT: {
    about:
      'A matrix whose values are all the same has rank one at most and has learned nothing; it is what an initialization leaves behind if no training or no checkpoint followed. Vectors of ones are not reported, since that is what a norm starts from. It is a warning, because such a model runs.',
    example: {
      input: { described: 'All values of model.layers.0.self_attn.q_proj.weight are 0.5.' },
      says: 'all values of tensor layers.0.wq.weight are 0.5',
    },
  },
  ADMISSION_WEIGHT_SCALE: {
    about:
      'The greatest magnitude of each row is held against the median of all rows that are not zero. A flipped bit in the exponent of a scale, or a row of bytes of another type, gives values thousands of times too large, which drown everything else in a product. Trained matrices have outliers too, by factors of tens, so the limit is a thousand and the finding a warning; q8 and q4 of an SLM2 are not looked at for it, since their scales were checked when they were packed.',
    example: {
      input: {
        described: 'Row 2 of model.layers.0.mlp.up_proj.weight has values of a million, the others of one.',
      },
      says: 'row 2 of tensor layers.0.w3.weight has values up to 1.00e+6, where 1.00 is typical',
    },
  },
  ADMISSION_SAMPLED: {
    about:
      'A policy may ask for speed over certainty and have an eighth of each large tensor looked at. Damage that is spread out is still found, a single bad value mostly not; so the report says that a part was passed over. Digests are verified over everything, whatever is sampled.',
    example: {
      input: {
        described: 'A tensor has 20,000 rows of 1,024 values, and the policy says "weights": { "scan": "sampled" }.',
      },
      says: 'of 1 tensor a sample was looked at',
    },
  },
  ADMISSION_UNSAFE_NEIGHBOUR: {
    about:
      'MiRust reads safetensors, tokenizer and JSON of a directory and opens nothing else. Whoever loads the same directory with another tool may get more: a pickle runs code as it is read, and a Python file runs once somebody trusts the model. Folders below the directory count too, and so do weights in formats that MiRust does not read, and safetensors that are no part of the model. Such files come along when a whole repository is copied, so this is a warning; the policy strict refuses them.',
    example: {
      input: { described: 'Beside model.safetensors lie pytorch_model.bin and modeling_tiny.py.' },
      says: 'other tools load or execute what was not looked at: pytorch_model.bin, modeling_tiny.py',
    },
  },
  ADMISSION_NOT_SCANNED: {
    about:
      'Values are read a few whole rows at a time, into memory that is bounded whatever the file says. A tensor whose rows do not fit is not read in parts but reported, and the verdict stays open: a check that did not happen must not look like one that passed. No published model has rows of such a length.',
    example: {
      input: {
        described: 'A tensor is stored in f32 and has 8 rows of 33,554,432 values, a gigabyte.',
      },
      says: 'the rows of a tensor are too long to look at their values',
    },
  },
  ADMISSION_FINDINGS_OMITTED: {
    about: `A hostile file can have a hundred thousand things wrong, and a report of all of them would fill logs and disks. Beyond ${MAX_FINDINGS} findings are only counted, errors taking the places of warnings; the verdict is over all of them. Fix what is listed, and the rest shows itself.`,
    example: {
      input: { described: 'model.safetensors has 300 tensors that the architecture does not know.' },
      says: '101 more findings are not listed',
    },
  },
};
