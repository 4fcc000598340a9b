import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DTypeName,
  findPanelFault,
  type PanelFault,
  type PanelType,
  panelCount,
  panelGeometry,
} from '../src/index.ts';

const TYPES: readonly PanelType[] = [
  { dtype: 'q8', scaleType: 'f32' },
  { dtype: 'q8', scaleType: 'f16' },
  { dtype: 'q4', scaleType: 'f32' },
  { dtype: 'q4', scaleType: 'f16' },
  { dtype: 'Q8_0', scaleType: 'f32' },
  { dtype: 'Q4_0', scaleType: 'f32' },
];

/** What a byte of a payload is, found by walking the picture in panel.ts in its order. */
type Role = 'scale' | 'code' | 'padding';

function rolesOf({ dtype, scaleType }: PanelType, rows: number, columns: number): Role[] {
  const isOurs = dtype === 'q8' || dtype === 'q4';
  const scaleBytes = isOurs && scaleType === 'f32' ? 4 : 2;
  const columns32 = Math.ceil(columns / 32) * 32;
  const groupColumns = dtype === 'q8' ? columns32 : 32;
  const nibbles = dtype === 'q4' || dtype === 'Q4_0';
  const roles: Role[] = [];
  for (let panel = 0; panel < Math.ceil(rows / 8); panel++) {
    for (let group = 0; group < columns32 / groupColumns; group++) {
      for (let r = 0; r < 8; r++) {
        // What ggml's scales may be is not ours to say: they count as codes.
        const role = panel * 8 + r >= rows ? 'padding' : isOurs ? 'scale' : 'code';
        for (let i = 0; i < scaleBytes; i++) roles.push(role);
      }
      for (let step = 0; step < (nibbles ? 4 : groupColumns / 4); step++) {
        for (let r = 0; r < 8; r++) {
          for (let i = 0; i < 4; i++) {
            const padded = panel * 8 + r >= rows || (!nibbles && group * groupColumns + step * 4 + i >= columns);
            roles.push(padded ? 'padding' : 'code');
          }
        }
      }
    }
  }
  return roles;
}

/** A payload that keeps all rules: codes 0xff, scales with the bits of 1. */
function soundBytes(type: PanelType, roles: readonly Role[]): Uint8Array {
  const one = type.scaleType === 'f32' ? [0, 0, 0x80, 0x3f] : [0, 0x3c];
  return Uint8Array.from(roles, (role, at) =>
    role === 'code' ? 255 : role === 'scale' ? (one[at % one.length] as number) : 0,
  );
}

const cases = fc
  .record({
    type: fc.constantFrom(...TYPES),
    rows: fc.integer({ min: 1, max: 18 }),
    columns: fc.integer({ min: 1, max: 70 }),
  })
  .map(({ type, rows, columns }) => {
    const length = type.dtype === 'q8' ? columns : Math.ceil(columns / 32) * 32;
    const roles = rolesOf(type, rows, length);
    return { type, shape: [rows, length], roles, bytes: soundBytes(type, roles) };
  });

/** Looks at a payload in pieces that end at multiples of 4. */
function inPieces(type: PanelType, shape: readonly number[], bytes: Uint8Array, size: number): PanelFault | undefined {
  for (let at = 0; at < bytes.byteLength; at += size) {
    const fault = findPanelFault(type, shape, bytes.subarray(at, at + size), at);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

describe('the rules of interleaved bytes', () => {
  it('hold in a sound payload, in whatever pieces it is looked at', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 200 }), ({ type, shape, roles, bytes }, size) => {
        const { panelBytes } = panelGeometry(type, shape[1] ?? 0);
        expect(roles.length).toBe(panelCount(shape[0] ?? 0) * panelBytes);
        expect(inPieces(type, shape, bytes, size * 4)).toBeUndefined();
      }),
    );
  });

  it('find any byte of padding that is not zero, and its place', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 200 }), fc.nat(), ({ type, shape, roles, bytes }, size, pick) => {
        const padding = roles.flatMap((role, at) => (role === 'padding' ? [at] : []));
        fc.pre(padding.length > 0);
        const at = padding[pick % padding.length] as number;
        bytes[at] = 1;
        const fault = inPieces(type, shape, bytes, size * 4);
        expect(fault).toEqual({ kind: 'padding', offset: at });
      }),
    );
  });

  it('find any scale that is zero, negative, infinite or not a number', () => {
    const bad = { f32: [0, 0xbf800000, 0x7f800000, 0x7fc00000], f16: [0, 0xbc00, 0x7c00, 0x7e00] } as const;
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: 1, max: 200 }),
        fc.nat(),
        fc.constantFrom(0, 1, 2, 3),
        ({ type, shape, roles, bytes }, size, pick, kind) => {
          const step = type.scaleType === 'f32' ? 4 : 2;
          const scales = roles.flatMap((role, at) => (role === 'scale' && at % step === 0 ? [at] : []));
          fc.pre(scales.length > 0);
          const at = scales[pick % scales.length] as number;
          const view = new DataView(bytes.buffer);
          const bits = bad[type.scaleType][kind];
          if (step === 4) view.setUint32(at, bits, true);
          else view.setUint16(at, bits, true);
          expect(inPieces(type, shape, bytes, size * 4)).toMatchObject({ kind: 'scale', offset: at });
        },
      ),
    );
  });

  it('name row and column of a scale', () => {
    const type = { dtype: 'q4' as DTypeName, scaleType: 'f16' as const };
    const bytes = soundBytes(type, rolesOf(type, 16, 96));
    bytes.fill(0, 3 * 144 + 144 + 2 * 5, 3 * 144 + 144 + 2 * 5 + 2);
    expect(findPanelFault(type, [16, 96], bytes, 0)).toEqual({
      kind: 'scale',
      offset: 3 * 144 + 144 + 10,
      row: 13,
      column: 32,
    });
  });
});
