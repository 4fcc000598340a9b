/** The bytes of examples. */
import type { ByteRow } from './rule-doc.ts';

const NUMBERS: Readonly<
  Record<string, { readonly byteLength: number; readonly write: (view: DataView, value: string) => void }>
> = {
  u8: { byteLength: 1, write: (view, value) => view.setUint8(0, Number(value)) },
  u16: { byteLength: 2, write: (view, value) => view.setUint16(0, Number(value), true) },
  u32: { byteLength: 4, write: (view, value) => view.setUint32(0, Number(value), true) },
  u64: { byteLength: 8, write: (view, value) => view.setBigUint64(0, BigInt(value), true) },
  i32: { byteLength: 4, write: (view, value) => view.setInt32(0, Number(value), true) },
  f32: { byteLength: 4, write: (view, value) => view.setFloat32(0, Number(value), true) },
};

/** The bytes of one value, such as `u32 3`. Throws TypeError for a value that has no meaning. */
export function encodeValue(value: string): Uint8Array<ArrayBuffer> {
  if (value.startsWith('"')) return new TextEncoder().encode(JSON.parse(value) as string);
  const space = value.indexOf(' ');
  const [type, rest] = [value.slice(0, space), value.slice(space + 1)];
  if (type === 'hex') return Uint8Array.from(rest.split(' '), (digits) => Number.parseInt(digits, 16));
  if (type === 'zeros') return new Uint8Array(Number(rest));
  if (type === 'string') {
    const text = encodeValue(rest);
    return join([encodeValue(`u64 ${text.byteLength}`), text]);
  }
  const number = NUMBERS[type];
  if (number === undefined) throw new TypeError(`"${value}" is no value of an example`);
  const bytes = new Uint8Array(number.byteLength);
  number.write(new DataView(bytes.buffer), rest);
  return bytes;
}

/** The bytes of rows, one behind the other. */
export function encodeRows(rows: readonly ByteRow[]): Uint8Array<ArrayBuffer> {
  return join(rows.map(([value]) => encodeValue(value)));
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
