import type { CommandOption } from './command-row.ts'

// Options and arguments that several commands share and that are not in the options table.

export const json = { flag: '--json', help: 'print JSON instead of text' } as const
export const follow = { flag: '-f, --follow', help: 'keep printing until interrupted' } as const
export const showIdentity = { flag: '--show-identity', help: 'show e-mail and phone too' } as const
export const session = { '<guid>': 'the session’s GUID, or its first digits' } as const
export const promptType = { '<type>': 'the prompt’s type, as in `prompts list`' } as const

/** The options of `register` and `refine` that are not settings of the build. */
export const requestOptions = {
  request: { flag: '--request <text>', help: 'what to build', group: 'Request:' },
  requestFile: {
    flag: '--request-file <file>',
    help: 'file that says what to build (- for stdin)',
    group: 'Request:',
  },
  rebuild: {
    flag: '--rebuild',
    help: 'build again even if this request is already deployed',
    group: 'Request:',
  },
} as const satisfies Record<string, CommandOption>
export const verify = {
  flag: '--no-verify',
  help: 'trust the address that the agent reports',
  group: 'Deployment and verification:',
} as const
export const detach = {
  flag: '--detach',
  help: 'return once the build has been handed over, and print the GUID',
} as const

/** Where `inventory` and `destroy` look, beside the places that the records name. */
export async function loadPlaceOptions() {
  const { parseAwsProfile, parseRegion } = await import('../app/option-parsers.ts')
  return {
    awsProfile: {
      flag: '--aws-profile <name>',
      parse: parseAwsProfile,
      help: 'AWS profile to use',
      defaultText: 'the one used for the deployment',
    },
    region: {
      flag: '--region <name>',
      parse: parseRegion,
      help: 'another AWS region to look in',
    },
  } as const satisfies Record<string, CommandOption>
}

export const question = {
  flag: '--question <id>',
  help: 'which question, if several are open',
} as const
