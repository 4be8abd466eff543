/** Whether all repetitions and the longest tests are wanted: `npm run test:full`, which `.ci/run` runs too. */
export const isFull = Boolean(process.env.TEST_FULL)

/** All rows of a table of tests in the full form, else its first ones. */
export const few = <Row>(count: number, rows: readonly Row[]): Row[] =>
  isFull ? [...rows] : rows.slice(0, count)
