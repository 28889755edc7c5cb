/** What comes in time; else it throws that there was no answer, and what comes later is dropped. */
export async function within<T>(work: Promise<T>, limitMs: number, lack = 'no answer'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${lack} within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
