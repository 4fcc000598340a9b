/** What is taken is given back: by a model that is freed, by a load that fails at any step, by whoever holds a file. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type FileSet, fileSetOf, layoutCheckpoint, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type ByteSource, memorySource } from '@mirust/core';
import { allocateMemory, type LoadOptions, loadModel, type Model } from '@mirust/runtime';
import { createLedger, expectNoLeaks, findLeaks, formatLeaks, LeakError, type Ledger } from '@mirust/runtime/leaks';
import { validateLeakReport } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noiseCheckpoint, openBytes, packCheckpoint, packPath, ROOT, withTokenizer } from './support.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const STORY = join(ROOT, 'fixtures', 'story', 'hf');

/** Small files in every format and layout that is read in a way of its own. */
const files = new Map<string, FileSet>();
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirust-leaks-'));
  const single = (name: string, bytes: Uint8Array): FileSet =>
    fileSetOf(new Map([[name, memorySource(bytes, name)]]), name);
  const packed = await packPath(STORY, { quant: 'q8' });
  await writeFile(join(directory, 'story.slm'), packed);
  files.set('slm2', single('story.slm', packed));
  files.set('slm2 in rows', single('rows.slm', await packPath(STORY, { quant: 'q8', layout: 'rows' })));
  files.set('slm1', single('story.slm1', await packPath(STORY, { quant: 'q8', format: 'slm1' })));
  const names = await readdir(STORY);
  const sources = await Promise.all(
    names.map(async (name): Promise<[string, ByteSource]> => {
      return [name, memorySource(await readFile(join(STORY, name)), name)];
    }),
  );
  files.set('huggingface', fileSetOf(new Map(sources)));
});
afterAll(() => rm(directory, { recursive: true }));

function filesOf(format: string): FileSet {
  const found = files.get(format);
  if (found === undefined) throw new Error(`no files of ${format}`);
  return found;
}

const WAYS: readonly LoadOptions[] = [
  { backend: 'reference', context: 32, debug: true },
  { threads: 1, context: 32, debug: true, kernels: 'simd' },
  { threads: 2, context: 32, debug: true, kernels: 'simd' },
];

/** Loads, generates and frees, as a program does that cleans up whatever happens. */
async function useModel(from: FileSet, options: LoadOptions & { readonly ledger: Ledger }): Promise<void> {
  const { ledger, signal } = options;
  const checkpoint = await openCheckpoint(from, { ledger, ...(signal === undefined ? {} : { signal }) });
  let model: Model;
  try {
    model = await loadModel(checkpoint, options);
  } finally {
    await checkpoint.close();
  }
  try {
    await model.complete('Once', { maxTokens: 3 });
  } finally {
    model.free();
  }
}

describe.each(WAYS)('with %o', (options) => {
  it.each(['slm2', 'slm2 in rows', 'slm1', 'huggingface'])(
    '%s: a freed model has given everything back',
    async (format) => {
      await expectNoLeaks((ledger) => useModel(filesOf(format), { ...options, ledger }), { collect });
    },
  );

  it('a model that is not freed is on the ledger by name, tape by tape', async () => {
    const ledger = createLedger();
    const model = await loadModel(await openCheckpoint(filesOf('slm2')), { ...options, ledger });
    await model.complete('Once', { maxTokens: 3 });
    const report = await findLeaks(ledger, { collect });
    expect(validateLeakReport(report)).toMatchObject({ ok: true });
    expect(report.retained).toEqual([]);
    const bytesOf = (start: string): number =>
      report.open.reduce((sum, { name, bytes = 0 }) => sum + (name.startsWith(start) ? bytes : 0), 0);
    for (const { name, requestedBytes } of model.diagnostics().tapes) {
      expect([name, bytesOf(`${name}/`)]).toEqual([name, requestedBytes]);
    }
    expect(report.open).toContainEqual(
      expect.objectContaining({ kind: 'memory', name: 'model', bytes: model.layout.totalBytes }),
    );
    const weight = report.open.find(({ name }) => name === 'weights/layers.0.wq.weight');
    expect(weight?.where.join('\n')).toMatch(/allocateMemory[\s\S]*loadModel/);
    const threads = report.open.filter(({ kind }) => kind === 'thread');
    expect(threads).toHaveLength(options.threads === 2 ? 2 : 0);
    expect(formatLeaks(report).join('\n')).toMatch(/block +weights\/… \(\d+ blocks\) +[\d.]+ /);
    model.free();
    model.free();
    expect((await findLeaks(ledger, { collect })).open).toEqual([]);
  });

  it('a view that is kept is told apart from memory that was not given back', async () => {
    const ledger = createLedger();
    const logits = await (async () => {
      const model = await loadModel(await openCheckpoint(filesOf('slm2')), { ...options, ledger });
      const view = await model.step(1);
      model.free();
      return view;
    })();
    const report = await findLeaks(ledger, { collect });
    expect(report.open).toEqual([]);
    expect(report.retained).toContainEqual(expect.objectContaining({ kind: 'memory', name: 'model' }));
    expect(logits.length).toBeGreaterThan(0);
  });

  it('a stream that nobody finished is a use of the model that never ended, and gives nothing once it is freed', async () => {
    const ledger = createLedger();
    const model = await loadModel(await openCheckpoint(filesOf('slm2')), { ...options, ledger });
    const stream = model.generate('Once', { maxTokens: 8 });
    await stream.next();
    model.free();
    const { open } = await findLeaks(ledger);
    expect(open.map(({ kind }) => kind)).toEqual(['call']);
    await expect(stream.next()).rejects.toThrow('the model was freed');
    expect((await findLeaks(ledger)).open).toEqual([]);
  });

  it('gives everything back when it is freed in the middle of a run', async () => {
    const ledger = createLedger();
    const model = await loadModel(await openCheckpoint(filesOf('slm2')), { ...options, ledger });
    const running = model.feed([1, 2, 3, 4, 5]).catch((error: unknown) => error);
    model.free();
    await running;
    expect((await findLeaks(ledger)).open).toEqual([]);
  });
});

/** The files, with the read of that number failing; counts reads. */
function failingAt(from: FileSet, fail: (read: number) => void): FileSet {
  let reads = 0;
  const wrap = (source: ByteSource): ByteSource => ({
    name: source.name,
    byteLength: source.byteLength,
    close: () => source.close(),
    async readInto(offset, target, options) {
      fail(reads++);
      await source.readInto(offset, target, options);
    },
  });
  return { ...from, open: async (name) => wrap(await from.open(name)) };
}

/** Starting threads takes time: with them, not every step is tried. */
const strideOf = ({ threads = 1 }: LoadOptions): number => (threads > 1 ? 3 : 1);

/** Tries 0, 1, 2, … until an attempt succeeds; gives the step that did. Nothing may stay of any of them. */
async function failures(
  attempt: (step: number, ledger: Ledger) => Promise<void>,
  reason: string,
  stride = 1,
): Promise<number> {
  for (let step = 0; step < 1000; step += stride) {
    const ledger = createLedger();
    const error = await attempt(step, ledger).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const { open } = await findLeaks(ledger);
    expect({ step, open }).toEqual({ step, open: [] });
    if (error === undefined) return step;
    expect(String(error)).toContain(reason);
  }
  throw new Error('it never succeeds');
}

describe.each(['slm2', 'slm2 in rows', 'slm1', 'huggingface'])('%s, opened and loaded', (format) => {
  const least = format === 'huggingface' ? 20 : 4;

  it.each(WAYS)('leaves nothing behind whichever read fails: %o', async (options) => {
    const attempt = (step: number, ledger: Ledger): Promise<void> => {
      const from = failingAt(filesOf(format), (read) => {
        if (read === step) throw new Error('the disk is gone');
      });
      return useModel(from, { ...options, ledger });
    };
    expect(await failures(attempt, 'the disk is gone', strideOf(options))).toBeGreaterThanOrEqual(least);
  });

  it.each(WAYS)('leaves nothing behind at whichever read it is aborted: %o', async (options) => {
    const attempt = (step: number, ledger: Ledger): Promise<void> => {
      const controller = new AbortController();
      const from = failingAt(filesOf(format), (read) => {
        if (read === step) controller.abort(new Error('enough'));
      });
      return useModel(from, { ...options, ledger, signal: controller.signal });
    };
    // The last read of a format without digests may already be all that is needed.
    expect(await failures(attempt, 'enough', strideOf(options))).toBeGreaterThanOrEqual(least - 1);
  });

  it.each(WAYS)('leaves nothing behind at whatever progress it is aborted: %o', async (options) => {
    const attempt = (step: number, ledger: Ledger): Promise<void> => {
      const controller = new AbortController();
      let calls = 0;
      const onProgress = (): void => {
        if (calls++ === step) controller.abort(new Error('enough'));
      };
      return useModel(filesOf(format), { ...options, ledger, signal: controller.signal, onProgress });
    };
    await failures(attempt, 'enough', strideOf(options));
  });

  it('leaves nothing behind when the caller itself throws on progress', async () => {
    const attempt = (step: number, ledger: Ledger): Promise<void> => {
      let calls = 0;
      const onProgress = (): void => {
        if (calls++ === step) throw new Error('no more of this');
      };
      return useModel(filesOf(format), { threads: 1, context: 32, ledger, onProgress });
    };
    expect(await failures(attempt, 'no more of this')).toBeGreaterThanOrEqual(1);
  });
});

describe('an admission that refuses', () => {
  it.each(WAYS)('leaves nothing behind: %o', async (options) => {
    const admission = async (): Promise<void> => {
      throw new Error('not this one');
    };
    const work = (ledger: Ledger): Promise<void> => useModel(filesOf('slm2'), { ...options, ledger, admission });
    await expect(expectNoLeaks(work, { collect })).rejects.toThrow('not this one');
  });
});

/** 66 MiB at f32: from there on threads of their own read and hash. */
const LARGE = {
  vocabSize: 8192,
  hiddenSize: 1024,
  layerCount: 2,
  headCount: 8,
  kvHeadCount: 8,
  headDim: 128,
  ffnSize: 1536,
  maxContext: 64,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
} as const;

describe('a model that threads of their own load', () => {
  let path = '';
  let bytes: Uint8Array;

  beforeAll(async () => {
    path = join(directory, 'large.slm');
    bytes = await packCheckpoint(withTokenizer(noiseCheckpoint(LARGE)));
    await writeFile(path, bytes);
  });

  it('gives threads, loans of its file and memory back', async () => {
    const ledger = createLedger();
    const kinds = new Set<string>();
    const onProgress = (): void => {
      for (const { kind, name } of ledger.open()) kinds.add(kind === 'block' ? kind : `${kind} ${name}`);
    };
    await useModel(await openPath(path), { threads: 2, context: 16, ledger, onProgress });
    for (const seen of ['memory model', 'thread thread 1 that takes digests', `file ${path}, lent to threads`]) {
      expect([...kinds]).toContain(seen);
    }
    expect(await findLeaks(ledger, { collect })).toMatchObject({ open: [], retained: [] });
  });

  it.each([0, 1, 20, 60])('and after an abort at progress %i', async (step) => {
    const controller = new AbortController();
    let calls = 0;
    const onProgress = (): void => {
      if (calls++ === step) controller.abort(new Error('enough'));
    };
    const work = async (ledger: Ledger): Promise<void> =>
      useModel(await openPath(path), { threads: 2, context: 16, ledger, signal: controller.signal, onProgress });
    await expect(expectNoLeaks(work, { collect })).rejects.toThrow('enough');
  });

  it('and after a changed byte', async () => {
    const changed = bytes.slice();
    changed[changed.length - 5] = (changed.at(-5) ?? 0) ^ 1;
    const other = join(directory, 'changed.slm');
    await writeFile(other, changed);
    const work = async (ledger: Ledger): Promise<void> => useModel(await openPath(other), { threads: 2, ledger });
    await expect(expectNoLeaks(work, { collect })).rejects.toMatchObject({ code: 'CHUNK_DIGEST' });
  });
});

describe('memory that was released', () => {
  it('gives no more views of it in debug mode, on whatever tape', async () => {
    const checkpoint = await openCheckpoint(filesOf('slm2'));
    const layout = layoutCheckpoint(checkpoint, { context: 8 });
    for (const kind of ['plain', 'wasm', 'wasm-shared'] as const) {
      const memory = allocateMemory(layout, { kind, debug: true });
      const views = [
        () => memory.engine(layout.engine.placements[0]?.name ?? ''),
        () => memory.weight('tok_embeddings.weight'),
        () => memory.scratch('logits'),
        () => memory.history(layout.history.placements[0]?.name ?? ''),
      ];
      for (const view of views) expect(view().byteLength).toBeGreaterThan(0);
      memory.release();
      for (const view of views) expect(view).toThrow('after its tape was cleared');
    }
  });
});

describe('files', () => {
  it('that are open are on the ledger by name, until their checkpoint is closed', async () => {
    const path = join(directory, 'story.slm');
    const ledger = createLedger();
    const checkpoint = await openCheckpoint(await openPath(path), { ledger });
    expect(ledger.open()).toMatchObject([{ kind: 'file', name: path }]);
    await checkpoint.close();
    await checkpoint.close();
    expect(ledger.open()).toEqual([]);
  });

  it('of another tokenizer are closed when it was read', async () => {
    const ledger = createLedger();
    const checkpoint = await openCheckpoint(filesOf('slm2'), { ledger, tokenizer: filesOf('huggingface') });
    const before = ledger.taken.count;
    await checkpoint.readTokenizer();
    expect(ledger.taken.count).toBeGreaterThan(before);
    expect(ledger.open()).toHaveLength(1);
    await checkpoint.close();
    expect(ledger.open()).toEqual([]);
  });

  it.each(['slm2 in rows', 'slm1'])('of %s: what is kept of them between reads goes with them', async (format) => {
    const ledger = createLedger();
    const checkpoint = await openCheckpoint(filesOf(format), { ledger });
    const [tensor] = checkpoint.tensors.values();
    if (tensor === undefined) throw new Error('no tensors');
    await loadModel(checkpoint, { backend: 'reference', context: 8 }).then((model) => model.free());
    const kept = ledger.open().filter(({ kind }) => kind === 'buffer');
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(4);
    await checkpoint.close();
    expect(ledger.open()).toEqual([]);
  });
});

describe('expectNoLeaks', () => {
  it('gives what the work gives, and throws what it throws', async () => {
    expect(await expectNoLeaks(() => 7)).toBe(7);
    await expect(expectNoLeaks(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    const thrower = (): never => {
      throw new Error('at once');
    };
    await expect(expectNoLeaks(thrower)).rejects.toThrow('at once');
  });

  it('names what was left, and where it was taken', async () => {
    async function forgetful(ledger: Ledger): Promise<void> {
      await loadModel(await openBytes(await readFile(join(directory, 'story.slm'))), { threads: 1, ledger });
    }
    const error = await expectNoLeaks(forgetful).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LeakError);
    expect(String(error)).toMatch(
      /not given back:\n {2}kind +name +bytes +where\n[\s\S]*memory +model [\s\S]*forgetful/,
    );
    expect((error as LeakError).report.open.length).toBeGreaterThan(10);
  });

  it('prefers the leak to the failure that caused it, which it keeps', async () => {
    const error = await expectNoLeaks((ledger) => {
      ledger.take({ name: 'mine', kind: 'buffer', bytes: 4 });
      throw new Error('half-way');
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LeakError);
    expect(error).toMatchObject({ cause: new Error('half-way'), message: expect.stringMatching(/buffer +mine +4 B/) });
  });
});
