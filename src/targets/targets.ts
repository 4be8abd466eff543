import type { Build } from '../store/builds.ts'
import { awsTarget } from './aws/aws-target.ts'
import { localTarget } from './local/local-target.ts'
import type { Target } from './target.ts'

const targets: Readonly<Record<Build['target'], Target>> = { aws: awsTarget, local: localTarget }

/** The target that a build's record names. */
export const targetOf = (name: Build['target']): Target => targets[name]
