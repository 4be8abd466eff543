import * as v from 'valibot'

/** US dollars. JSON can say 1e999, which would come back from the records as nothing at all. */
export const amountSchema = v.pipe(v.number(), v.finite(), v.minValue(0))
