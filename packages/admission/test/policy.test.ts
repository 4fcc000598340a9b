/** Policies: read strictly, and every demand of theirs held against models that meet it and that do not. */
import { fileSetOf, openCheckpoint } from '@mirust/checkpoint';
import { isMirustError, memorySource } from '@mirust/core';
import { sha256, toHex } from '@mirust/integrity';
import { createSigner, digestArtifact, publicKeyPem, type Signer, signStatement } from '@mirust/provenance';
import { validateAdmissionPolicy, validateAdmissionReport } from '@mirust/schemas';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  GGUF_METADATA,
  type GgufTensor,
  ggufFile,
  ggufTensors,
  ggufVocabulary,
  slm2File,
} from '../../checkpoint/test/_artifacts.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { type TestFiles, tinyDirectory } from '../../checkpoint/test/_support.ts';
import {
  type AdmissionReport,
  type AdmitOptions,
  admit,
  allRules,
  createPolicy,
  findRule,
  POLICY_ERRORS,
  PRESETS,
  parsePolicy,
  RULE_IDS,
  starterPolicy,
} from '../src/index.ts';
import { isFixed } from '../src/rules/rules.ts';
import { memoryFiles } from './_support.ts';

const NOW = new Date('2026-06-15T12:00:00Z');

/** A sound model, its tensors as they are or changed. */
function model(change: (tensor: GgufTensor) => GgufTensor = (tensor) => tensor): TestFiles {
  return { 'a.gguf': ggufFile([...GGUF_METADATA, ...ggufVocabulary()], ggufTensors().map(change)) };
}

/** The model, with all values of a tensor 0: a warning, MR-W002. */
function zeroed(): TestFiles {
  return model((tensor) =>
    tensor.name === 'blk.0.ffn_up.weight' ? { ...tensor, bytes: new Uint8Array(tensor.bytes.byteLength) } : tensor,
  );
}

const ZEROED_NAME = 'layers.0.w3.weight';

async function judge(policy: object, files: TestFiles = model(), options: AdmitOptions = {}): Promise<AdmissionReport> {
  const [only, ...others] = Object.keys(files);
  const set = memoryFiles(files, others.length === 0 ? only : undefined);
  const report = await admit(set, { now: NOW, policy: createPolicy({ version: 1, ...policy }), ...options });
  expect(validateAdmissionReport(report)).toMatchObject({ ok: true });
  return report;
}

/** `severity rule` of everything that was found. */
function found({ findings }: AdmissionReport): string[] {
  return findings.map(({ severity, rule }) => `${severity} ${rule}`);
}

/** What a policy is refused for. */
function refusal(text: string): string {
  try {
    parsePolicy(text);
  } catch (error) {
    if (isMirustError(error))
      return `${error.code}: ${error.message}${error.offset === undefined ? '' : ` @${error.offset}`}`;
    throw error;
  }
  return 'accepted';
}

describe('a policy', () => {
  it('may have comments and trailing commas, and is strict JSON beside', () => {
    expect(parsePolicy('{ "version": 1, // one\n /* two */ "formats": ["gguf",], }')).toMatchObject({
      formats: ['gguf'],
    });
    expect(parsePolicy('{"version": 1, "description": "http://a // no comment"}').description).toContain('// no');
  });

  it.each([
    ['a byte that is no JSON', '{"version": 1 "a": 2}', /^POLICY_SYNTAX: .* @14$/],
    ['the place behind a comment', '/* é */ {"version": 1 "a": 2}', /^POLICY_SYNTAX: .* @2[23]$/],
    ['a key that stands twice', '{"version": 1, "version": 1}', /^POLICY_SYNTAX: .*version/],
    ['nothing', '', /^POLICY_SYNTAX: /],
    ['another version', '{"version": 2}', /^POLICY_INVALID: the policy\/version: /],
    ['no object', '[]', /^POLICY_INVALID: the policy: /],
    ['an unknown field', '{"version": 1, "licences": []}', /^POLICY_INVALID: .*\(licences\)/],
    ['an unknown format', '{"version": 1, "formats": ["onnx"]}', /^POLICY_INVALID: the policy\/formats\/0/],
    [
      'an empty list, which nothing could meet',
      '{"version": 1, "formats": []}',
      /^POLICY_INVALID: the policy\/formats: /,
    ],
    ['an unknown preset', '{"version": 1, "extends": "lax"}', /^POLICY_INVALID: the policy\/extends: /],
    [
      'a size in no unit',
      '{"version": 1, "maxFileBytes": "1 parsec"}',
      /^POLICY_INVALID: the policy\/maxFileBytes: not a byte/,
    ],
    [
      'a size beyond 2^53',
      '{"version": 1, "maxFileBytes": "99999999999TiB"}',
      /^POLICY_INVALID: the policy\/maxFileBytes/,
    ],
    [
      'a digest in capitals',
      `{"version": 1, "rootDigests": ["${'A'.repeat(64)}"]}`,
      /^POLICY_INVALID: .*rootDigests\/0/,
    ],
    [
      'an unknown rule',
      '{"version": 1, "severities": {"MR-W999": "error"}}',
      /^POLICY_INVALID: .*there is no rule MR-W999/,
    ],
    [
      'one rule in two ways',
      '{"version": 1, "severities": {"MR-W002": "error", "ADMISSION_WEIGHT_ZERO": "warning"}}',
      /stands twice/,
    ],
    [
      'a rule that must stay',
      '{"version": 1, "severities": {"MR-S001": "warning"}}',
      /MR-S001 cannot be made a warning/,
    ],
    [
      'a suppression of what must stay',
      '{"version": 1, "suppressions": [{"rule": "CHUNK_DIGEST", "reason": "too strict", "expires": "2027-01-01"}]}',
      /suppressions\/0: MR-I006 cannot be suppressed/,
    ],
    [
      'a suppression without a reason',
      '{"version": 1, "suppressions": [{"rule": "MR-W002", "expires": "2027-01-01"}]}',
      /^POLICY_INVALID: .*reason/,
    ],
    [
      'a suppression for ever',
      '{"version": 1, "suppressions": [{"rule": "MR-W002", "reason": "pruned"}]}',
      /^POLICY_INVALID: .*expires/,
    ],
    [
      'a day that there is not',
      '{"version": 1, "suppressions": [{"rule": "MR-W002", "reason": "pruned", "expires": "2027-02-30"}]}',
      /2027-02-30 is no date/,
    ],
    ['text of the file, made harmless', '{"version": 1, "\\u001b[31m": 1}', /^POLICY_INVALID: [ -~]*\\u\{1b\}[ -~]*$/],
  ])('is refused for %s', (_, text, message) => {
    expect(refusal(text)).toMatch(message);
  });

  it('works its preset in: own fields count, severities are merged', () => {
    const policy = createPolicy({
      version: 1,
      extends: 'strict',
      severities: { POLICY_PROVENANCE: 'error', 'mr-w005': 'error' },
    });
    expect(policy.provenance).toEqual({ require: ['license'] });
    expect(policy.severities.get('POLICY_PROVENANCE')).toBe('error');
    expect(policy.severities.get('ADMISSION_WEIGHT_SCALE')).toBe('error');
    expect(policy.severities.get('ADMISSION_WEIGHT_ZERO')).toBe('error');
    const small = createPolicy({ version: 1, extends: 'browser-512mb', maxFileBytes: 1000 });
    expect(small).toMatchObject({ maxFileBytes: 1000, memory: { budgetBytes: 2 ** 29, context: 2048 } });
  });

  it.each(Object.keys(PRESETS) as (keyof typeof PRESETS)[])(
    '%s is a valid policy, and so is what init writes',
    (name) => {
      expect(validateAdmissionPolicy(PRESETS[name])).toMatchObject({ ok: true });
      createPolicy(PRESETS[name]);
      expect(parsePolicy(starterPolicy(name)).formats).toEqual(createPolicy(PRESETS[name]).formats);
    },
  );

  it('has a starter whose every comment is a valid field once it is none', () => {
    const text = starterPolicy('server')
      .replace(/^ {2}\/\/ (?=[" }\]])/gm, '  ')
      .replace(/^ {2}\/\/ {3}/gm, '  ')
      .replaceAll('<64 hexadecimal digits>', 'ab'.repeat(32));
    const policy = parsePolicy(text);
    const fields = [
      'formats',
      'architectures',
      'dtypes',
      'licenses',
      'maxFileBytes',
      'maxParameters',
      'memory',
    ] as const;
    for (const key of [...fields, 'rootDigests', 'fileDigests', 'provenance', 'behaviour'] as const) {
      expect(policy[key], key).toBeDefined();
    }
    expect([policy.severities.size, policy.suppressions.length]).toEqual([1, 1]);
  });

  it('can make lighter only what the runtime does not mind', () => {
    const open = allRules().filter((rule) => !isFixed(rule) && rule.severity !== 'warning');
    expect(open.every(({ code }) => /^(ADMISSION|POLICY|TEMPLATE|PROVENANCE)_/.test(code))).toBe(true);
    for (const code of ['ADMISSION_DTYPE', 'TRUNCATED', 'SOURCE_READ', 'MODEL_TENSOR_MISSING', 'CHECKPOINT_PICKLE']) {
      expect(isFixed(findRule(code) as NonNullable<ReturnType<typeof findRule>>)).toBe(true);
    }
  });
});

describe('a demand', () => {
  const root = 'ab'.repeat(32);

  it.each<[string, object, readonly string[]]>([
    ['nothing', {}, []],
    ['its format', { formats: ['gguf', 'slm2'] }, []],
    ['another format', { formats: ['slm2'] }, ['error POLICY_FORMAT']],
    ['its architecture', { architectures: ['llama'] }, []],
    ['another architecture', { architectures: ['qwen2'] }, ['error POLICY_ARCHITECTURE']],
    ['its type', { dtypes: ['f32'] }, []],
    ['other types', { dtypes: ['q8', 'q4'] }, ['error POLICY_DTYPE']],
    ['enough bytes', { maxFileBytes: '1MiB' }, []],
    ['too few bytes', { maxFileBytes: 1000 }, ['error POLICY_SIZE']],
    ['too few parameters', { maxParameters: 100 }, ['error POLICY_SIZE']],
    ['enough memory', { memory: { budget: '1MiB', context: 8 } }, []],
    ['too little memory', { memory: { budget: 1000, context: 8 } }, ['error POLICY_MEMORY']],
    ['memory for more positions than it has', { memory: { budget: '1GiB', context: 100000 } }, []],
    ['a root digest, which a GGUF has not', { rootDigests: [root] }, ['error POLICY_DIGEST']],
    ['a licence', { licenses: ['bsd-3-clause'] }, ['error POLICY_LICENSE']],
    ['a base model', { provenance: { baseModels: ['a'] } }, ['error POLICY_BASE_MODEL']],
    ['sources', { provenance: { sourceDigests: [root] } }, ['error POLICY_SOURCES']],
    [
      'to be told everything',
      { provenance: { require: ['license', 'baseModel', 'sources', 'recipe'] } },
      Array.from({ length: 3 }, () => 'error POLICY_PROVENANCE'),
    ],
    [
      'to be run, where nothing runs it',
      { behaviour: { probes: [{ prompt: '', expected: '' }] } },
      ['undetermined POLICY_NOT_RUN'],
    ],
  ])('of %s', async (_, policy, expected) => {
    const report = await judge(policy);
    expect(found(report)).toEqual(expected);
    const verdict = expected.length === 0 ? 'admitted' : expected[0]?.startsWith('error') ? 'rejected' : 'undetermined';
    expect(report.verdict).toBe(verdict);
  });

  it('of types names each once, with its first tensor', async () => {
    const [finding] = (await judge({ dtypes: ['q8'] })).findings;
    expect(finding).toMatchObject({ tensor: 'tok_embeddings.weight' });
    expect(finding?.message).toMatch(
      /^\d+ tensors, the first tok_embeddings.weight, are stored as f32, allowed are q8$/,
    );
  });

  it('of one artifact lets that one pass, and no other', async () => {
    const bytes = await slm2File();
    const { rootDigest } = (await judge({}, { 'a.slm': bytes })).artifact;
    expect(found(await judge({ rootDigests: [root, rootDigest] }, { 'a.slm': bytes }))).toEqual([]);
    const other = await judge({ rootDigests: [root] }, { 'a.slm': bytes });
    expect(found(other)).toEqual(['error POLICY_DIGEST']);
    expect(other.findings[0]?.message).toContain(rootDigest);
    const digest = toHex(await sha256(bytes));
    expect(found(await judge({ rootDigests: [root], fileDigests: [digest] }, { 'a.slm': bytes }))).toEqual([]);
  });

  it('of files wants every file of a directory that is read, the configuration too', async () => {
    const files = tinyDirectory();
    const digests = await Promise.all(Object.values(files).map(async (bytes) => toHex(await sha256(bytes))));
    const noTokenizer = 'error ADMISSION_TOKENIZER_MISSING';
    expect(found(await judge({ fileDigests: digests }, files))).toEqual([noTokenizer]);
    const changed = { ...files, 'config.json': new Uint8Array([...(files['config.json'] ?? []), 0x0a]) };
    const report = await judge({ fileDigests: digests }, changed);
    expect(found(report)).toEqual([noTokenizer, 'error POLICY_DIGEST']);
    expect(report.findings[1]?.message).toMatch(/^config.json has the SHA-256 [0-9a-f]{64}/);
  });

  it('of facts is met by an SLM2 that has them', async () => {
    const bytes = await slm2File({ license: 'Apache-2.0', baseModel: 'tiny/base' });
    const checkpoint = await openCheckpoint(fileSetOf(new Map([['a.slm', memorySource(bytes)]]), 'a.slm'));
    const sources = (checkpoint.facts.sources ?? []).map(({ sha256: digest }) => digest);
    await checkpoint.close();
    const policy = {
      licenses: ['apache-2.0'],
      provenance: { require: ['license', 'baseModel', 'recipe'], baseModels: ['TINY/base'] },
    };
    expect(found(await judge(policy, { 'a.slm': bytes }))).toEqual([]);
    expect(found(await judge({ licenses: ['mit'] }, { 'a.slm': bytes }))).toEqual(['error POLICY_LICENSE']);
    expect(sources.length).toBeGreaterThan(0);
    expect(found(await judge({ provenance: { sourceDigests: sources } }, { 'a.slm': bytes }))).toEqual([]);
  });

  it('of signatures is met by keys that are trusted, and by enough of them', async () => {
    const files = model();
    const [first, second, other] = await Promise.all(
      [1, 2, 3].map((byte) => createSigner('ed25519', new Uint8Array(32).fill(byte))),
    );
    const [firstKey, secondKey, otherKey] = [first, second, other].map((signer) =>
      publicKeyPem((signer as Signer).publicKey),
    );
    const subject = await digestArtifact(memoryFiles(files, 'a.gguf'));
    const statement = { subject, predicateType: 'https://example.com/any', predicate: {} };
    const signature = signStatement(statement, [first as Signer, second as Signer]);
    const judged = async (
      signatures: object,
      options: AdmitOptions = { signature },
      changed = files,
    ): Promise<string[]> => {
      return found(await judge({ signatures }, changed, options));
    };
    expect(await judged({ keys: [firstKey] })).toEqual([]);
    expect(await judged({ keys: [firstKey, otherKey, secondKey], minimum: 2 })).toEqual([]);
    expect(await judged({ keys: [firstKey, otherKey], minimum: 2 })).toEqual(['error POLICY_SIGNATURE']);
    expect(await judged({ keys: [firstKey, `${firstKey}\n`], minimum: 2 })).toEqual(['error POLICY_SIGNATURE']);
    expect(await judged({ keys: [otherKey] })).toEqual(['error PROVENANCE_NO_SIGNATURE']);
    expect(await judged({ keys: [firstKey] }, {})).toEqual(['error POLICY_SIGNATURE']);
    expect(await judged({ keys: ['x'] })).toEqual(['error PROVENANCE_KEY']);
    // A replay: the signature of one model beside another.
    expect(await judged({ keys: [firstKey] }, { signature }, zeroed())).toContain('error PROVENANCE_SUBJECT');
    // The file beside it counts, too.
    const beside = memoryFiles({ ...files, 'a.gguf.sig': signature }, 'a.gguf');
    const policy = createPolicy({ version: 1, signatures: { keys: [firstKey] } });
    expect(found(await admit(beside, { policy }))).toEqual([]);
  });

  it('does not run what is broken', async () => {
    let runs = 0;
    const runner = async (): Promise<never> => {
      runs++;
      throw new Error('not to be called');
    };
    const policy = { formats: ['slm2'], behaviour: { probes: [{ prompt: '', expected: '' }] } };
    const report = await judge(policy, model(), { runner });
    expect([runs, report.checks?.at(-1)]).toEqual([0, { name: 'behaviour', outcome: 'skipped' }]);
  });

  it.each<[string, object, readonly string[]]>([
    ['the text', { probes: [{ prompt: 'a', expected: 'said a' }] }, []],
    ['another text', { probes: [{ name: 'p', prompt: 'a', expected: 'said b' }] }, ['error POLICY_PROBE']],
    ['a ceiling above', { perplexity: { file: 't', maximum: 9 } }, []],
    ['a ceiling below', { perplexity: { file: 't', maximum: 7 } }, ['error POLICY_PERPLEXITY']],
    [
      'a number, where it is none',
      { divergence: { reference: 'r', file: 't', maximum: 9 } },
      ['error POLICY_DIVERGENCE'],
    ],
  ])('of behaviour: %s', async (_, behaviour, expected) => {
    let freed = 0;
    const runner = async () => ({
      complete: async (prompt: string) => `said ${prompt}`,
      perplexity: async () => 8,
      divergence: async () => Number.NaN,
      free: async () => {
        freed++;
      },
    });
    expect(found(await judge({ behaviour }, model(), { runner }))).toEqual(expected);
    expect(freed).toBe(1);
  });
});

describe('every code of a policy', () => {
  it('is provoked above', () => {
    const demands = Object.keys(POLICY_ERRORS).filter((code) => RULE_IDS[code] !== undefined);
    const here = [
      'FORMAT',
      'ARCHITECTURE',
      'DTYPE',
      'SIZE',
      'MEMORY',
      'DIGEST',
      'SIGNATURE',
      'LICENSE',
      'BASE_MODEL',
      'SOURCES',
    ];
    const rest = ['PROVENANCE', 'PROBE', 'PERPLEXITY', 'DIVERGENCE', 'NOT_RUN'];
    expect(demands).toEqual([...here, ...rest].map((name) => `POLICY_${name}`));
  });
});

describe('the weight of a finding', () => {
  it('is a warning, an error by the policy, or nothing', async () => {
    expect(found(await judge({}, zeroed()))).toEqual(['warning ADMISSION_WEIGHT_ZERO']);
    const strict = await judge({ severities: { 'MR-W002': 'error' } }, zeroed());
    expect([strict.verdict, ...found(strict)]).toEqual(['rejected', 'error ADMISSION_WEIGHT_ZERO']);
  });

  const accepted = { rule: 'MR-W002', reason: 'pruned on purpose', expires: '2026-06-15' };

  it.each<[string, object, string, string]>([
    ['is nothing on the last day of a suppression', accepted, 'suppressed ADMISSION_WEIGHT_ZERO', 'admitted'],
    ['is as it was a day later', { ...accepted, expires: '2026-06-14' }, 'error ADMISSION_WEIGHT_ZERO', 'rejected'],
    [
      'is nothing for its tensor',
      { ...accepted, tensor: 'layers.*.w3.*' },
      'suppressed ADMISSION_WEIGHT_ZERO',
      'admitted',
    ],
    ['is as it was for others', { ...accepted, tensor: 'layers.1.*' }, 'error ADMISSION_WEIGHT_ZERO', 'rejected'],
    ['is nothing in its file', { ...accepted, file: '*.gguf' }, 'suppressed ADMISSION_WEIGHT_ZERO', 'admitted'],
    ['is as it was in others', { ...accepted, file: '.gguf' }, 'error ADMISSION_WEIGHT_ZERO', 'rejected'],
    ['is as it was for other rules', { ...accepted, rule: 'MR-W003' }, 'error ADMISSION_WEIGHT_ZERO', 'rejected'],
  ])('%s', async (_, suppression, expected, verdict) => {
    const report = await judge({ severities: { 'MR-W002': 'error' }, suppressions: [suppression] }, zeroed());
    expect([report.verdict, ...found(report)]).toEqual([verdict, expected]);
    expect(report.findings[0]?.tensor).toBe(ZEROED_NAME);
    if (verdict === 'admitted') {
      expect(report.findings[0]?.suppression).toEqual({
        reason: 'pruned on purpose',
        expires: '2026-06-15',
        severity: 'error',
      });
    }
  });

  it('says that a suppression has expired', async () => {
    const report = await judge({ suppressions: [{ ...accepted, expires: '2026-01-01' }] }, zeroed());
    expect(report.findings[0]?.message).toContain('(its suppression expired on 2026-01-01)');
  });

  it('is left out where the baseline has it, and stays where the model cannot be used', async () => {
    const strict = { severities: { 'MR-W002': 'error' } };
    const baseline = await judge(strict, zeroed());
    const again = await judge(strict, zeroed(), { baseline });
    expect([again.verdict, again.knownFindings, ...found(again)]).toEqual(['admitted', 1]);
    const cut = { 'a.gguf': (model()['a.gguf'] as Uint8Array).subarray(0, -1) };
    const broken = await judge({}, cut);
    expect(broken.verdict).toBe('rejected');
    expect(found(await judge({}, cut, { baseline: broken }))).toEqual(found(broken));
  });
});
