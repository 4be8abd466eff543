/**
 * The program that tidies a run's place up when the run could not: interrupted, or killed. Its argument is the place; its
 * stdin ends when the run does, however that ends.
 */
import { clearPlace } from './leftovers.ts'

for await (const _ of process.stdin);
await clearPlace(process.argv[2] as string, 0)
