/** `mirust-run bench` as its users run it. */
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { validateSpeedReport } from '@mirust/schemas';
import { describe, expect, it } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const SHORT = ['--prompt-tokens', '20', '--decode-tokens', '6', '--start-position', '3', '--rounds', '2'];

describe.concurrent('mirust-run bench', () => {
  it('gives raw samples, their percentiles and the operations of both phases as JSON', async () => {
    const { status, stdout, stderr } = await runApp('run', ['bench', STORY, ...SHORT, '--threads', '2', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const result = validateSpeedReport(JSON.parse(stdout));
    if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
    const { prefill, decode, diagnostics } = result.value;
    expect(prefill).toMatchObject({ tokens: 20 });
    expect(prefill.samplesMilliseconds).toHaveLength(2);
    expect(decode.startPosition).toBe(3);
    expect(decode.samplesMilliseconds).toHaveLength(6);
    expect(decode.samplesMilliseconds).toContain(decode.p50Milliseconds);
    expect(decode.p50Milliseconds).toBeLessThanOrEqual(decode.p95Milliseconds);
    expect(decode.p99Milliseconds).toBe(Math.max(...decode.samplesMilliseconds));
    expect(diagnostics.options.threads).toBe(2);
    expect(diagnostics.backend).toMatch(/^wasm-/);
    const row = (phase: string, kind: string) =>
      diagnostics.operations?.find((entry) => entry.phase === phase && entry.kind === kind);
    // 4 layers of 7 matrices, and the logits: 6 profiled tokens.
    expect(row('decode', 'matmul')?.calls).toBe(6 * 29);
    expect(row('prefill', 'matmul')).toMatchObject({
      calls: 29,
      bytes: expect.any(Number),
      operations: expect.any(Number),
    });
    expect(row('decode', 'attention')?.calls).toBe(6 * 4);
  });

  it('prints a table for people', async () => {
    const { status, stdout } = await runApp('run', ['bench', STORY, ...SHORT]);
    expect(status).toBe(0);
    for (const part of ['prefill ', 'decode ', 'tokens/s', 'p99', 'matmul', 'GB/s', '1 thread']) {
      expect(stdout).toContain(part);
    }
  });

  it('refuses what does not fit the context, as a usage error', async () => {
    const { status, stderr } = await runApp('run', ['bench', STORY, '--context', '16', '--prompt-tokens', '17']);
    expect(status).toBe(2);
    expect(stderr).toContain('17 positions are to be measured, the context has 16');
  });
});
