/** Random numbers that can be had again: TEST_SEED=… repeats a run's choices (not its timing). */
export interface Random {
  /** A whole number, `from` and `to` included. */
  between(from: number, to: number): number
  pick<T>(items: readonly T[]): T
}

/** The run's seed: `TEST_SEED`, or another one each time. */
export const chooseSeed = (): number => Number(process.env.TEST_SEED ?? Date.now() % 1_000_000_000)

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return { between, pick: (items) => items[between(0, items.length - 1)] as (typeof items)[number] }
}

/** Prints its seed. */
export function seededRandom(what: string): Random {
  const seed = chooseSeed()
  console.log(`${what}: TEST_SEED=${seed}`)
  return randomFrom(seed)
}
