import { parseConnectTo, resolveWithDns, verifyAddress } from '../../../src/verify/verify.ts'

// Verifies argv[2] with the mapping argv[3] in a process of its own, as the supervisor does, and prints the outcome.
const [, , url = '', mapping = ''] = process.argv
const outcome = await verifyAddress(
  { url, target: { kind: 'aws', domains: [] }, timeoutMs: 1, connectTo: [parseConnectTo(mapping)] },
  { resolve: resolveWithDns, now: Date.now, sleep: async () => {} },
)
process.stdout.write(JSON.stringify(outcome))
