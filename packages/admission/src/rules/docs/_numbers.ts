/** Limits in the text of a paragraph, taken from the code so that they cannot go stale. */

/** `65,536` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `128 MiB`, for limits that are whole binary units; `4,096 bytes` for others. */
export function size(byteLength: number): string {
  if (byteLength >= 2 ** 40 && byteLength % 2 ** 40 === 0) return `${byteLength / 2 ** 40} TiB`;
  if (byteLength >= 2 ** 20 && byteLength % 2 ** 20 === 0) return `${byteLength / 2 ** 20} MiB`;
  return `${count(byteLength)} bytes`;
}
