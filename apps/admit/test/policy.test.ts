/** Policies, baselines and directories on the command line of mirust-admit. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePolicy } from '@mirust/admission';
import { assetPath, ROOT, runApp } from '@mirust/cli/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-policy-'));
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  expect(await runApp('pack', [STORY, at('story.slm'), '--quant', 'q8'])).toMatchObject({ status: 0 });
  mkdirSync(at('models', 'nested'), { recursive: true });
  cpSync(at('story.slm'), at('models', 'b.slm'));
  cpSync(STORY, at('models', 'nested', 'hf'), { recursive: true });
  writeFileSync(at('models', 'README.md'), '# no model\n');
  writeFileSync(at('models', 'notes.json'), '{}');
  // Called like nothing, and a pickle all the same.
  writeFileSync(at('models', 'weights'), Uint8Array.of(0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e));
  // No magic at all, but called as pickles are.
  writeFileSync(at('models', 'old.pt'), 'c__builtin__\neval\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function policy(name: string, document: object): string {
  writeFileSync(at(name), JSON.stringify({ version: 1, ...document }));
  return at(name);
}

async function report(...args: string[]): Promise<{ status: number | null; document: Document }> {
  const { status, stdout, stderr } = await runApp('admit', [...args, '--json']);
  expect(stderr).toBe('');
  return { status, document: JSON.parse(stdout) };
}

/** What greedy decoding gives from the begin token alone. */
const PROBE = { prompt: '', expected: 'Once upon a time, there', maxTokens: 6 };

interface Report {
  readonly file: string;
  readonly verdict: string;
  readonly findings: readonly { readonly rule: string; readonly severity: string; readonly message: string }[];
}

type Document = Report & { readonly reports: readonly Report[] };

describe.concurrent('a policy', () => {
  it.each<[string, object, number, string | undefined]>([
    ['that is met', { formats: ['slm2'], memory: { budget: '64MiB' } }, 0, undefined],
    ['of other formats', { formats: ['gguf'] }, 19, 'POLICY_FORMAT'],
    ['of a licence', { licenses: ['mit'] }, 20, 'POLICY_LICENSE'],
    ['of the text that it gives', { behaviour: { probes: [PROBE] } }, 0, undefined],
    ['of another text', { behaviour: { probes: [{ ...PROBE, expected: 'no' }] } }, 21, 'POLICY_PROBE'],
  ])('%s', async (name, document, status, rule) => {
    const result = await report(at('story.slm'), '--policy', policy(`${name.replaceAll(' ', '-')}.json`, document));
    expect([result.status, result.document.findings[0]?.rule]).toEqual([status, rule]);
  });

  it('runs the model: texts, perplexity, divergence from where it was made', async () => {
    writeFileSync(at('text.txt'), readFileSync(join(ROOT, 'fixtures', 'story', 'heldout.txt'), 'utf8').slice(0, 1500));
    const behaviour = {
      perplexity: { file: 'text.txt', maximum: 2 },
      divergence: { reference: 'models/nested/hf', file: 'text.txt', maximum: 0.01 },
    };
    expect(await report(at('story.slm'), '--policy', policy('run.json', { behaviour }))).toMatchObject({ status: 0 });
    const tight = {
      perplexity: { file: 'text.txt', maximum: 1 },
      divergence: { reference: 'models/nested/hf', file: 'text.txt', maximum: 0 },
    };
    const { status, document } = await report(at('story.slm'), '--policy', policy('tight.json', { behaviour: tight }));
    expect([status, ...document.findings.map(({ rule }) => rule)]).toEqual([
      21,
      'POLICY_PERPLEXITY',
      'POLICY_DIVERGENCE',
    ]);
    expect(document.findings[1]?.message).toMatch(/^the divergence from the reference is \d\.?\d*e?-?\d* nats/);
  });

  it('that names a text which is not there leaves the verdict open', async () => {
    const behaviour = { perplexity: { file: 'absent.txt', maximum: 2 } };
    const { status, document } = await report(at('story.slm'), '--policy', policy('absent.json', { behaviour }));
    expect([status, document.verdict, document.findings[0]?.rule]).toEqual([4, 'undetermined', 'POLICY_NOT_RUN']);
  });

  it.each([
    ['that is none', '{"version": 1, "formats": "slm2"}', 'bad.json: the policy/formats: must be array'],
    ['that is no JSON', '{version: 1}', 'bad.json: '],
  ])('%s is wrong usage', async (_, text, message) => {
    const path = at(`${_.length}-bad.json`);
    writeFileSync(path, text);
    const result = await runApp('admit', [at('story.slm'), '--policy', path]);
    expect([result.status, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain(message);
  });

  it('strict is passed by the shipped model and by stories260K, with the warnings that they deserve', async () => {
    const { status, document } = await report(STORY, '--policy', 'strict');
    expect([status, document.verdict, ...document.findings.map(({ rule }) => rule)]).toEqual([
      0,
      'admitted',
      ...document.findings.filter(({ severity }) => severity === 'warning').map(({ rule }) => rule),
    ]);
    const stories = assetPath('stories260k/stories260K.gguf');
    if (stories === undefined) return;
    const other = await report(stories, '--policy', 'strict');
    expect([other.status, ...other.document.findings.map(({ rule, severity }) => `${severity} ${rule}`)]).toEqual([
      0,
      'warning SPECIAL_ID_ABSENT',
      'warning POLICY_PROVENANCE',
    ]);
  });
});

describe.concurrent('a policy of signatures', () => {
  it('is met by a model that was signed, and by no other', async () => {
    const own = (name: string): string => at('signed', name);
    mkdirSync(at('signed'));
    cpSync(at('story.slm'), own('a.slm'));
    expect(await runApp('admit', ['keygen', '--out', own('key')])).toMatchObject({ status: 0 });
    const keys = [readFileSync(own('key.pub.pem'), 'utf8')];
    const demand = policy('signed.json', { signatures: { keys } });
    const unsigned = await report(own('a.slm'), '--policy', demand);
    expect([unsigned.status, unsigned.document.findings[0]?.rule]).toEqual([20, 'POLICY_SIGNATURE']);
    expect(await runApp('admit', ['sign', own('a.slm'), '--key', own('key.pem')])).toMatchObject({ status: 0 });
    expect(await report(own('a.slm'), '--policy', demand)).toMatchObject({ status: 0 });
    // Another model, sound in itself, under the same signature.
    expect(await runApp('pack', [STORY, own('b.slm'), '--quant', 'q4'])).toMatchObject({ status: 0 });
    const replayed = await report(own('b.slm'), '--policy', demand, '--signature', own('a.slm.sig'));
    expect([replayed.status, replayed.document.findings[0]?.rule]).toEqual([20, 'PROVENANCE_SUBJECT']);
    cpSync(STORY, own('hf'), { recursive: true });
    expect(await runApp('admit', ['sign', own('hf'), '--key', own('key.pem')])).toMatchObject({ status: 0 });
    expect(await report(own('hf'), '--policy', demand)).toMatchObject({ status: 0 });
    writeFileSync(own('hf/extra.json'), '{}');
    const more = await report(own('hf'), '--policy', demand);
    expect([more.status, more.document.findings[0]?.rule]).toEqual([20, 'PROVENANCE_FILE_UNSIGNED']);
  });
});

describe.concurrent('init', () => {
  it('writes a policy that can be used at once, and nothing over another', async () => {
    const path = at('mine.jsonc');
    expect(await runApp('admit', ['init', path, '--preset', 'browser-512mb'])).toMatchObject({ status: 0, stderr: '' });
    expect(parsePolicy(readFileSync(path, 'utf8')).memory?.context).toBe(2048);
    expect((await report(at('story.slm'), '--policy', path)).status).toBe(0);
    const again = await runApp('admit', ['init', path]);
    expect([again.status, again.stderr]).toEqual([
      2,
      expect.stringContaining('is there already: --force writes over it'),
    ]);
    expect(await runApp('admit', ['init', path, '--force'])).toMatchObject({ status: 0 });
    expect(readFileSync(path, 'utf8')).toContain('"extends": "server"');
  });

  it('prints it, too', async () => {
    const { status, stdout } = await runApp('admit', ['init', '-', '--preset', 'strict']);
    expect([status, parsePolicy(stdout).provenance]).toEqual([0, { require: ['license'] }]);
  });
});

describe.concurrent('a baseline', () => {
  it('leaves out what it has, and nothing else', async () => {
    const demands = policy('demands.json', { formats: ['gguf'], maxParameters: 10 });
    const first = await runApp('admit', [at('story.slm'), '--policy', demands, '--json']);
    expect(first.status).toBe(19);
    writeFileSync(at('baseline.json'), first.stdout);
    const same = await report(at('story.slm'), '--policy', demands, '--baseline', at('baseline.json'));
    expect([same.status, same.document.findings, 'knownFindings' in same.document]).toEqual([0, [], true]);
    const more = policy('more.json', { formats: ['gguf'], maxParameters: 10, maxFileBytes: 10 });
    const other = await report(at('story.slm'), '--policy', more, '--baseline', at('baseline.json'));
    expect([other.status, other.document.findings.length]).toEqual([19, 1]);
    expect(other.document.findings[0]?.message).toMatch(/^its files have/);
  });

  it('that is no report is wrong usage', async () => {
    writeFileSync(at('no-report.json'), '{"reports": [{"file": 1}]}');
    const result = await runApp('admit', [at('story.slm'), '--baseline', at('no-report.json')]);
    expect([result.status, result.stderr]).toEqual([2, expect.stringContaining('is no report of mirust-admit --json')]);
  });
});

describe.concurrent('a directory of models', () => {
  it('stands for all of them, pickles by content and by name too', async () => {
    const { status, document } = await report(at('models'));
    expect(status).toBe(14);
    expect(document.reports.map(({ file, verdict }) => [file.slice(at('models').length + 1), verdict])).toEqual([
      ['b.slm', 'admitted'],
      [join('nested', 'hf'), 'admitted'],
      ['old.pt', 'rejected'],
      ['weights', 'rejected'],
    ]);
  });

  it('of safetensors without configuration or index stands for each of them', async () => {
    mkdirSync(at('loose'));
    const bytes = readFileSync(join(STORY, 'model.safetensors'));
    writeFileSync(at('loose', 'a.safetensors'), bytes);
    writeFileSync(at('loose', 'b.safetensors'), bytes.subarray(0, -1));
    const { document } = await report(at('loose'));
    expect(document.reports.map(({ findings }) => findings[0]?.rule)).toEqual([
      'CHECKPOINT_INCOMPLETE',
      'SAFETENSORS_DATA_TRUNCATED',
    ]);
  });

  it('that is one checkpoint stands for the other models in it and below, too', async () => {
    cpSync(STORY, at('one'), { recursive: true });
    mkdirSync(at('one', 'below', '.hidden'), { recursive: true });
    mkdirSync(at('one', '.git'));
    const pickle = Buffer.from([0x80, 2]);
    for (const name of ['b.gguf', 'b.bin', 'weights', '.git/b.gguf']) writeFileSync(at('one', name), pickle);
    for (const name of ['c.onnx', '.c.slm', '.hidden/d.gguf', '.hidden/e.pkl', 'f.safetensors']) {
      writeFileSync(at('one', 'below', name), pickle);
    }
    const { document } = await report(at('one'));
    const paths = document.reports.map(({ file, verdict }) => [file.slice(at('one').length + 1), verdict]);
    const below = (...names: string[]): string => join('below', ...names);
    expect(paths).toEqual([
      ['', 'admitted'],
      ['b.gguf', 'rejected'],
      // One safetensors file makes a folder a checkpoint.
      [below(), 'rejected'],
      [below('.c.slm'), 'rejected'],
      [below('.hidden', 'd.gguf'), 'rejected'],
      ['weights', 'rejected'],
    ]);
    expect(document.reports[0]?.findings[0]?.message).toMatch(/: b.bin, below\/.hidden\/e.pkl, below\/c.onnx$/);
  });

  it('without any stands for itself', async () => {
    mkdirSync(at('empty'), { recursive: true });
    const { status, document } = await report(at('empty'));
    expect([status, document.verdict]).toEqual([12, 'rejected']);
  });
});

describe('many files', () => {
  it('are looked at by threads, in the order in which they were given, with the same reports', async () => {
    const good = readFileSync(at('story.slm'));
    mkdirSync(at('many'), { recursive: true });
    const names = Array.from({ length: 40 }, (_, index) => `${String(index).padStart(2, '0')}.slm`);
    for (const [index, name] of names.entries()) {
      const bytes = Buffer.from(good);
      if (index % 3 === 1) bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
      writeFileSync(at('many', name), index % 3 === 2 ? bytes.subarray(0, 1000 * index) : bytes);
    }
    const files = names.map((name) => at('many', name));
    const one = await runApp('admit', [...files, '--json', '--threads', '1']);
    const three = await runApp('admit', [...files, '--json', '--threads', '3']);
    expect([three.status, three.stderr]).toEqual([one.status, '']);
    expect(three.stdout).toBe(one.stdout);
    const { reports } = JSON.parse(three.stdout) as Document;
    expect(reports.map(({ verdict }) => verdict).filter((verdict) => verdict === 'admitted')).toHaveLength(14);
  });
});
