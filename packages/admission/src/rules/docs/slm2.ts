/** Rules of SLM2: header, sections, digests, META. */
import { SLM2_DATA_ALIGNMENT, SLM2_MAX_BYTES, SLM2_MAX_SECTIONS, SLM2_SECTION_ALIGNMENT } from '@mirust/slm';
import { size } from './_numbers.ts';
import type { ByteChange, ExampleInput, RuleDocs } from './rule-doc.ts';

/** An SLM2 file with other bytes whose digests still are those of the file before. */
const damaged = (...changes: readonly ByteChange[]): ExampleInput => ({ artifact: 'SLM2', changes });

/** The same with digests made right again: so that the rule behind them is reached. */
const forged = (...changes: readonly ByteChange[]): ExampleInput => ({ artifact: 'SLM2', changes, resealed: true });

export const SLM2_DOCS: RuleDocs = {
  SLM2_TRUNCATED: {
    about:
      'Header and section table come first, and both must be there before any of their numbers is used. Less than that is left by a download that ended at once.',
    example: {
      input: { described: 'model.slm is the first 63 bytes of an SLM2 file.' },
      says: 'the file has 63 bytes, header and section table need 64',
    },
  },
  SLM2_MAGIC: {
    about:
      'The first four bytes name the container. The gate goes by them when it chooses a reader, so this rule is for programs that open a file as SLM2 whatever it is.',
    example: {
      input: { described: 'A file that starts with "SLM1" is opened as SLM2.' },
      says: 'the file starts with "SLM1"',
    },
  },
  SLM2_FILE_LENGTH: {
    about:
      'The header states the length of the whole file, and the root digest covers that number. So a cut or appended file is found by a look at 64 bytes, before gigabytes are hashed, and nobody can append a thing without changing the name of the artifact.',
    example: {
      input: { artifact: 'SLM2', changes: [], grownBy: -1 },
      says: 'the header says 15744 bytes, the file has 15743',
    },
  },
  SLM2_SECTION_COUNT: {
    about: `A container has five sections of its own and room for others, ${SLM2_MAX_SECTIONS} at most, so that header and table stay within one page. The bound is there for what a count of 2^32 - 1 would otherwise allocate.`,
    example: { input: damaged({ at: 16, to: ['u32 17', 'section_count'] }), says: '17 sections (at byte 16)' },
  },
  SLM2_RESERVED: {
    about:
      'Bytes that have no meaning yet are zero. When a later version gives them one, older readers must refuse the file and not misread it; and until then they are no place to put anything.',
    example: {
      input: forged({ at: 28, to: ['u32 1', 'reserved'] }),
      says: 'reserved bytes of the header are not zero (at byte 24)',
    },
  },
  SLM2_ROOT_DIGEST: {
    about:
      'The root digest is the SHA-256 of header and section table, which hold the digests of everything else; so these 32 bytes name the artifact, and whoever has them from a trusted place can verify every byte. If they do not fit, a digest in the table was exchanged, or the head of the file is damaged.',
    example: {
      input: damaged({ at: 60, in: ['entry', 'TOKN'], to: ['u32 1', 'reserved'] }),
      says: 'header and section table do not have the stated root digest',
    },
  },
  SLM2_SECTION_MISSING: {
    about:
      'META, TOKN, TENS, LEAF and DATA are in every container. There is no artifact without digests of its data or without a tokenizer, and so no reader has to decide what their absence would mean.',
    example: { input: { sections: ['META', 'TOKN', 'TENS', 'LEAF'] }, says: 'there is no section DATA' },
  },
  SLM2_SECTION_DUPLICATE: {
    about:
      'A kind occurs once. Of two METAs a viewer might show the first and a runtime use the second, each with a valid digest. The digests prove that nobody changed the file; they do not say which of the two was meant.',
    example: {
      input: { sections: ['META', 'META', 'TOKN', 'TENS', 'LEAF', 'DATA'] },
      says: 'section META is there twice',
    },
  },
  SLM2_SECTION_ORDER: {
    about:
      'Sections stand in one fixed order, sections of later versions between LEAF and DATA. Readers that stream can then verify each part before the next begins, and one model has one sequence of bytes.',
    example: {
      input: { sections: ['TOKN', 'META', 'TENS', 'LEAF', 'DATA'] },
      says: 'section TOKN is out of order',
    },
  },
  SLM2_SECTION_SIZE: {
    about: `A section has at least one byte and at most what the largest models need: ${size(SLM2_MAX_BYTES.META)} of META, ${size(SLM2_MAX_BYTES.TOKN)} of TOKN, ${size(SLM2_MAX_BYTES.DATA)} of DATA. All but DATA are held in memory, so these limits and the length of the file are what opening can cost.`,
    example: {
      input: forged({ at: 16, in: ['entry', 'META'], to: ['u64 9223372036854775808', 'length'] }),
      says: 'section META has 9223372036854775808 bytes',
    },
  },
  SLM2_SECTION_PLACE: {
    about: `Each section starts at the next multiple of ${SLM2_SECTION_ALIGNMENT} behind the one before, DATA at the next multiple of ${SLM2_DATA_ALIGNMENT.toLocaleString('en-US')}. Offsets are stated and could be computed; only the computed one is accepted. So sections cannot overlap, and there is no gap to fill.`,
    example: {
      input: forged({ at: 8, in: ['entry', 'TOKN'], to: ['u64 384', 'offset, where META is'] }),
      says: 'section TOKN starts at 384, expected at 2752',
    },
  },
  SLM2_SECTION_RANGE: {
    about:
      'The sections together end exactly where the file ends. A longer DATA would lead a loader past the end; a shorter one would leave bytes at the end that no digest covers.',
    example: {
      input: forged({ at: 16, in: ['entry', 'DATA'], to: ['u64 4398046511104', 'length, 4 TiB'] }),
      says: 'section DATA ends at 4398046519296, the file at 15744',
    },
  },
  SLM2_PADDING: {
    about:
      'Bytes that fill up to the next section or tensor are zero. Those between sections lie outside of all digests, so without this rule they could be changed in a published artifact, and its name would stay the same.',
    example: {
      input: damaged({ at: -1, in: ['content', 'DATA'], to: ['u8 1', 'padding in front of DATA'] }),
      says: 'the padding byte at 8191 is 1, expected 0',
    },
  },
  SLM2_LEAF_LENGTH: {
    about:
      'LEAF has one SHA-256 for every MiB of DATA, the last piece included. With a digest too few the end of the data would be unverified; one too many has nothing that it speaks of.',
    example: {
      input: { described: 'LEAF has two digests of 32 bytes for data of one chunk; all digests are right.' },
      says: 'LEAF has 64 bytes for 1 chunks',
    },
  },
  SLM2_SECTION_DIGEST: {
    about:
      'The content of a section must have the SHA-256 of its entry in the table. Since the root digest covers the table, this is a change of content alone: a damaged block, or an edit of the tokenizer or of META by someone who could not change the head.',
    example: {
      input: damaged({ at: 0, in: ['content', 'TOKN'], to: ['u8 1', 'first byte'] }),
      says: 'section TOKN does not have its SHA-256',
    },
  },
  SLM2_DATA_DIGEST: {
    about:
      'The table has a digest for DATA, too: that of LEAF, which has those of the pieces. If it differs, the two ways to verify the data lead to different results, and it would depend on the reader which file is genuine.',
    example: {
      input: { described: "The section table has another digest for DATA than LEAF's; the root digest is right." },
      says: 'the digest of DATA is not that of LEAF',
    },
  },
  SLM2_META_SCHEMA: {
    about:
      'META must follow its JSON Schema, which is closed: unknown keys are refused. A key that a reader does not know might change what the weights mean, and a misspelt one would be ignored without a word. Notes go into annotations.',
    example: {
      input: { meta: { from: '"architecture":"llama"', to: '"architecture":"llama","attention":"causal"' } },
      says: 'META must NOT have additional properties (attention)',
    },
  },
  SLM2_META_CANONICAL: {
    about:
      'META is written in the one form that RFC 8785 defines: sorted keys, no white space, one spelling of each number. Two artifacts of the same content then have the same digest, and there is no freedom in the text in which a message could hide.',
    example: { input: { meta: { from: '', to: ' ' } }, says: 'META is not in canonical form' },
  },
  SLM2_META_TENSORS: {
    about:
      'META says for each tensor how it was quantized and how well, TENS where it lies. Both must speak of the same tensors. Statistics of a tensor that is not there, or a tensor without any, would make the record of the conversion a matter of belief.',
    example: {
      input: { described: 'META has no record of norm.weight, which is in TENS; all digests are right.' },
      says: 'META says nothing of norm.weight',
    },
  },
  SLM2_VERSION: {
    about:
      'There is one version of the container. Another one may place its sections and digests elsewhere, and a digest that is looked for in the wrong place proves nothing.',
    example: { input: forged({ at: 4, to: ['u32 2', 'version'] }), says: 'container version 2 (at byte 4)' },
  },
  SLM2_FLAGS: {
    about:
      'No flag of the header is defined yet. A set one asks for something that this reader cannot know, such as another meaning of the data.',
    example: { input: forged({ at: 20, to: ['u32 1', 'flags'] }), says: 'header flags 0x1 (at byte 20)' },
  },
  SLM2_SECTION_UNKNOWN: {
    about:
      'A section of a kind that is not known is skipped only if it says that it may be. With flag bit 0 it says the opposite: without it the rest is misunderstood. Kinds are four capital letters or digits, so that an escape sequence cannot be one.',
    example: {
      input: { sections: ['META', 'TOKN', 'TENS', 'LEAF', 'NEWS (flags 1)', 'DATA'] },
      says: 'section NEWS is not known and must be understood',
    },
  },
  SLM2_SECTION_FLAGS: {
    about:
      'The five known sections carry flag bit 0, skipped ones carry none, and other bits do not exist. A META that claims to be optional invites an older reader to go on without it, and every reader would decide for itself what then applies.',
    example: {
      input: forged({ at: 4, in: ['entry', 'META'], to: ['u32 0', 'flags'] }),
      says: 'section META has flags 0x0',
    },
  },
  SLM2_META_VERSION: {
    about:
      'META has a version of its own, which changes when the meaning of its keys does. It is looked at before the schema: a document of a later version is not wrong, only unknown, and should not be blamed for keys that are legal there.',
    example: {
      input: { meta: { from: '"formatVersion":1', to: '"formatVersion":2' } },
      says: 'META has formatVersion 2',
    },
  },
};
