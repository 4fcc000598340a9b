/** The table at work: products and lookups shared out between threads, runs in pieces, cancellation, the profile. */
import { decodeRows } from '@mirust/quant';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../src/index.ts';
import { activationRoom, paddedColumns, quantizeRows } from './_activations.ts';
import { describeBuilds, type Workbench } from './_builds.ts';
import { execute, type Operation, writeProgram } from './_program.ts';
import { differences, gaussian, uniform } from './_values.ts';
import { PANEL_TYPES, place, ROW_TYPES, randomMatrix } from './_weights.ts';

const runs = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 150 }), fc.constantFrom(31, 32, 33, 96, 128)),
  blocks: fc.integer({ min: 1, max: 3 }),
  tokens: fc.integer({ min: 1, max: 6 }),
  logitsRows: fc.integer({ min: 1, max: 6 }),
  threads: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
});

/** Adds `input` into `target`, f32 [1, columns] each. */
function add(target: number, input: number, columns: number, flags = 0): Operation {
  return { kind: table.ADD, fields: [target, input, columns], flags };
}

function setControl(bench: Workbench, control: number, offset: number, value: number): void {
  const { buffer } = bench.bytes(control, table.CONTROL_BYTES);
  new DataView(buffer).setUint32(control + offset, value, true);
}

describeBuilds('run', (bench) => {
  it.each(PANEL_TYPES)(
    'QUANTIZE and MATMUL_PANELS over $name: every thread its rows, the rows that want logits',
    (type) => {
      fc.assert(
        fc.property(runs, ({ rows, blocks, tokens, logitsRows, threads, seed }) => {
          const columns = blocks * 32;
          const count = Math.min(tokens, logitsRows);
          const tensor = randomMatrix(type, rows, columns, seed);
          const input = gaussian(count * columns, seed ^ 1);
          const whole = (): Float32Array => {
            const codes = quantizeRows(bench.clear(), input, columns);
            const { weight } = place(bench, tensor);
            const at = bench.room(count * rows * 4);
            const workspace = bench.room(bench.kernels.matmulWorkspaceBytes(columns));
            const panels = Math.ceil(rows / 8);
            bench.kernels.matmulPanels(type.kind, weight, rows, columns, codes, count, at, 0, panels, workspace);
            return bench.floats(at, count * rows);
          };
          const expected = whole();
          const { weight } = place(bench.clear(), tensor);
          const codes = activationRoom(bench, columns, count);
          const at = bench.room(count * rows * 4 + 16, 4);
          const flags = table.LOGITS_ROWS;
          const operations = [
            { kind: table.QUANTIZE, fields: [bench.put(input), codes, columns], flags },
            { kind: table.MATMUL_PANELS, fields: [type.kind, weight, rows, paddedColumns(columns), codes, at], flags },
          ];
          const workspaceBytes = Math.ceil(bench.kernels.matmulWorkspaceBytes(columns) / 64) * 64;
          execute(bench, operations, { tokens, logitsRows: count, threads, seed, workspaceBytes });
          expect(differences(bench.floats(at, count * rows), expected)).toEqual([]);
          expect(bench.isUntouched(at + count * rows * 4, 16)).toBe(true);
        }),
        { numRuns: 15 },
      );
    },
  );

  describe.each(ROW_TYPES)('$name', (type) => {
    it('MATMUL_ROWS and EMBEDDING: what the kernels do of it alone, whoever does it', () => {
      fc.assert(
        fc.property(runs, ({ rows, blocks, tokens, threads, seed }) => {
          const columns = blocks * Math.max(type.blockElements, 32);
          const tensor = randomMatrix(type, rows, columns, seed, 16);
          const decoded = new Float32Array(rows * columns);
          decodeRows(tensor, 0, rows, decoded);
          const input = gaussian(tokens * columns, seed ^ 1);
          const next = uniform(seed);
          const ids = Uint32Array.from({ length: tokens }, () => next() * rows);

          const { weight, rowBytes, scales, block } = place(bench.clear(), tensor);
          const x = bench.put(input);
          const product = bench.room(tokens * rows * 4);
          const embedded = bench.room(tokens * columns * 4);
          const alone = bench.room(tokens * rows * 4);
          const { matmulRows } = bench.kernels;
          const row = bench.room(columns * 4);
          const { kind } = type;
          matmulRows(kind, weight, rows, columns, rowBytes, scales, block, x, tokens, alone, 0, rows, row);
          const operations = [
            { kind: table.MATMUL_ROWS, fields: [kind, weight, rows, columns, x, product, rowBytes, scales, block] },
            {
              kind: table.EMBEDDING,
              fields: [kind, weight, columns, rowBytes, bench.put(ids), embedded, scales, block],
            },
          ];
          execute(bench, operations, { tokens, threads, seed, workspaceBytes: Math.ceil(columns / 16) * 64 });
          expect(differences(bench.floats(product, tokens * rows), bench.floats(alone, tokens * rows))).toEqual([]);
          const expected = Float32Array.from({ length: tokens * columns }, (_, i) => {
            return decoded[(ids[Math.floor(i / columns)] as number) * columns + (i % columns)] as number;
          });
          expect(differences(bench.floats(embedded, tokens * columns), expected)).toEqual([]);
        }),
        { numRuns: 6 },
      );
    });
  });

  it('an operation without rows does nothing', () => {
    const at = bench.clear().put(Float32Array.of(1));
    const operations = [add(at, at, 1, table.LOGITS_ROWS)];
    execute(bench, operations, { tokens: 3, logitsRows: 0 });
    expect(bench.floats(at, 1)).toEqual(Float32Array.of(1));
  });

  it('goes on where it stopped', () => {
    const at = bench.clear().put(Float32Array.of(1));
    const control = writeProgram(bench, [add(at, at, 1), add(at, at, 1), add(at, at, 1)], { tokens: 1 });
    expect(bench.kernels.run(control, 0, 0, 2)).toBe(2);
    expect(bench.floats(at, 1)).toEqual(Float32Array.of(4));
    expect(bench.kernels.run(control, 0, 2, 3)).toBe(3);
    expect(bench.floats(at, 1)).toEqual(Float32Array.of(8));
  });

  it('stops at the next barrier once it is cancelled, and gives its index', () => {
    const at = bench.clear().put(Float32Array.of(1));
    const operations = [add(at, at, 1), add(at, at, 1), add(at, at, 1, table.BARRIER_BEFORE), add(at, at, 1)];
    const control = writeProgram(bench, operations, { tokens: 1 });
    setControl(bench, control, table.CANCEL, 1);
    expect(bench.kernels.run(control, 0, 0, 4)).toBe(2);
    expect(bench.floats(at, 1)).toEqual(Float32Array.of(4));
    setControl(bench, control, table.CANCEL, 0);
    expect(bench.kernels.run(control, 0, 2, 4)).toBe(4);
    expect(bench.floats(at, 1)).toEqual(Float32Array.of(16));
  });

  it('measures each operation of each thread where it is told to', () => {
    const at = bench.clear().put(Float32Array.of(1, 1));
    const operations = [add(at, at, 1), add(at + 4, at, 1)];
    const control = writeProgram(bench, operations, { tokens: 1, threads: 2 });
    const profile = bench.put(new Float64Array(5).fill(-1), 8);
    setControl(bench, control, table.PROFILE, profile);
    const start = performance.now();
    bench.kernels.run(control, 1, 0, 2);
    const elapsed = performance.now() - start;
    const [a, b, c, d, behind] = new Float64Array(bench.bytes(profile, 40).slice().buffer);
    // Thread 1 of 2 has the second row of sums.
    expect([a, b, behind]).toEqual([-1, -1, -1]);
    for (const sum of [c, d]) {
      expect(sum).toBeGreaterThanOrEqual(-1);
      expect(sum).toBeLessThanOrEqual(-1 + elapsed);
    }
  });
});
