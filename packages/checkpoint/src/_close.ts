/** Giving files back. */
import type { ByteSource } from '@mirust/core';

/** Closes every source, also where another one fails to; then throws the first failure. */
export async function closeAll(sources: Iterable<ByteSource>): Promise<void> {
  const results = await Promise.allSettled([...sources].map((source) => source.close()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Closes sources because of an error that is on its way to the caller: a failure to close would only hide it. */
export async function closeAfterError(sources: Iterable<ByteSource>): Promise<void> {
  await closeAll(sources).catch(() => {});
}
