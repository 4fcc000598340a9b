/** Which build is chosen, and that a dot which gives one wrong number is never used. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kernelBytes } from '../src/bytes.ts';
import { compileKernels, instantiateKernels, KERNEL_VARIANTS, type KernelVariant } from '../src/index.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Stands between the package and the engine: what it makes of a build's bytes is what the engine is given. */
const engine = vi.hoisted(() => ({ alter: (bytes: Bytes): Bytes | undefined => bytes }));

vi.mock('#platform', async (original) => {
  const platform = await original<typeof import('#platform')>();
  return {
    ...platform,
    compileRelaxed: async (bytes: Bytes) => {
      const altered = engine.alter(bytes);
      return altered === undefined ? undefined : platform.compileRelaxed(altered);
    },
  };
});

afterEach(() => {
  engine.alter = (bytes) => bytes;
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Opcodes behind the prefix of vectors, LEB128. (WebAssembly core specification, 5.4.9) */
const I32X4_RELAXED_DOT_ADD = [0xfd, 0x93, 0x02];
const F32X4_RELAXED_MADD = [0xfd, 0x85, 0x02];
const I16X8_RELAXED_DOT = [0xfd, 0x92, 0x02];
const I16X8_RELAXED_Q15MULR = [0xfd, 0x91, 0x02];

/** The same build for an engine that translates `wanted` as if it were `other`. Counts the places. */
function replaced(bytes: Bytes, wanted: readonly number[], other: readonly number[]): { bytes: Bytes; count: number } {
  const copy = bytes.slice();
  let count = 0;
  for (let at = 0; at + wanted.length <= copy.length; at++) {
    if (!wanted.every((byte, i) => copy[at + i] === byte)) continue;
    copy.set(other, at);
    count++;
  }
  return { bytes: copy, count };
}

function memory(shared: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared });
}

const AVAILABLE: readonly KernelVariant[] = (
  await Promise.all(KERNEL_VARIANTS.map((variant) => compileKernels({ variant })))
).flatMap((compiled) => (compiled === undefined ? [] : [compiled.variant]));

describe.each(KERNEL_VARIANTS)('%s', (variant) => {
  const here = it.skipIf(!AVAILABLE.includes(variant));

  here.each([true, false])('is compiled for a memory that is shared: %s', async (shared) => {
    const compiled = await compileKernels({ variant, shared });
    expect(compiled?.variant).toBe(variant);
    const { module } = compiled as { module: WebAssembly.Module };
    expect(instantiateKernels(module, memory(shared)).argmax(0, 0)).toBe(-1);
    expect(() => instantiateKernels(module, memory(!shared))).toThrow(WebAssembly.LinkError);
  });

  here('keeps its constants below 1,024, and touches nothing else when another thread begins', async () => {
    const { module } = (await compileKernels({ variant })) as { module: WebAssembly.Module };
    const common = memory(false);
    const { dataEnd } = instantiateKernels(module, common);
    const end = Number(dataEnd.value);
    expect(end).toBeGreaterThan(0);
    expect(end).toBeLessThanOrEqual(1024);
    const bytes = new Uint8Array(common.buffer);
    bytes.fill(0xa5, end);
    const before = bytes.slice();
    instantiateKernels(module, common);
    expect(Buffer.compare(bytes, before)).toBe(0);
  });
});

it.runIf(process.arch === 'x64' || process.arch === 'arm64')(
  'every supported Node has all builds, and their dots right',
  () => {
    // Otherwise the suites would pass without having tried a build.
    expect(AVAILABLE).toEqual(KERNEL_VARIANTS);
  },
);

describe('the choice', () => {
  it('is a build that the engine has', async () => {
    const chosen = await compileKernels();
    expect(AVAILABLE).toContain(chosen?.variant);
    // The fastest: the portable build only where there is nothing else.
    if (AVAILABLE.length > 1) expect(chosen?.variant).not.toBe('simd');
  });

  it('falls back to plain SIMD where relaxed instructions are missing', async () => {
    engine.alter = () => undefined;
    expect((await compileKernels())?.variant).toBe('simd');
    expect(await compileKernels({ variant: 'relaxed' })).toBeUndefined();
    expect(await compileKernels({ variant: 'fused' })).toBeUndefined();
  });

  it('is nothing without SIMD, and without WebAssembly', async () => {
    engine.alter = () => undefined;
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(await compileKernels()).toBeUndefined();
    vi.stubGlobal('WebAssembly', undefined);
    expect(await compileKernels()).toBeUndefined();
    expect(await compileKernels({ variant: 'simd' })).toBeUndefined();
  });
});

describe.skipIf(AVAILABLE.length === 1)('an engine whose dot is wrong', () => {
  it.each([
    ['in 32-bit lanes', I32X4_RELAXED_DOT_ADD, F32X4_RELAXED_MADD],
    ['in 16-bit lanes', I16X8_RELAXED_DOT, I16X8_RELAXED_Q15MULR],
  ])('%s is given the portable build', async (_, wanted, other) => {
    const given: Bytes[] = [];
    engine.alter = (bytes) => {
      const altered = replaced(bytes, wanted, other);
      expect(altered.count).toBeGreaterThan(0);
      given.push(altered.bytes);
      return altered.bytes;
    };
    expect((await compileKernels())?.variant).toBe('simd');
    for (const variant of ['relaxed', 'fused'] as const) {
      expect(await compileKernels({ variant })).toBeUndefined();
    }
    // It was not that they could not be compiled.
    for (const bytes of given) expect(WebAssembly.validate(bytes)).toBe(true);
  });

  it('only in the fused build is given the other one', async () => {
    const fused = kernelBytes('fused', false);
    engine.alter = (bytes) => {
      if (Buffer.compare(bytes, fused) !== 0) return bytes;
      return replaced(bytes, I32X4_RELAXED_DOT_ADD, F32X4_RELAXED_MADD).bytes;
    };
    expect((await compileKernels())?.variant).toBe('relaxed');
    expect(await compileKernels({ variant: 'fused' })).toBeUndefined();
  });
});
