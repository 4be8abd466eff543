import { type Command, Option } from 'commander'
import { collect, type Declare, type Flags, withApp } from './declare.ts'

/** `register` and `refine`: what starts a build. */
export const declareBuildCommands: Declare = (program, context, act) => {
  withBuildOptions(
    program
      .command('register')
      .description('build a request and print its verified address')
      .option('--email <address>', 'whose session it is')
      .option('--phone <number>', 'whose session it is')
      .option('--project <name>', 'a session of its own for this identity')
      .option('--ttl <duration>', 'when gc --remote destroys what it made in AWS (default never)'),
  ).action(
    act(async (flags: Flags) => {
      const { register } = await import('./register.ts')
      return register(context, flags)
    }),
  )

  withBuildOptions(
    program
      .command('refine')
      .argument('<guid>', 'the session')
      .description('build a change onto what is deployed'),
  ).action(
    act(async (guid: string, flags: Flags) => {
      const { refine } = await import('./refine.ts')
      return withApp(context, (app) => refine(context, app, guid, flags))
    }),
  )
}

/** What `register` and `refine` share. Defaults are resolved later: flag, environment, config.yaml, default. */
function withBuildOptions(command: Command): Command {
  return command
    .option('--request <text>', 'what to build')
    .option('--request-file <file>', 'what to build, from a file (- for stdin)')
    .option('--agent <name>', 'claude (default) or demo')
    .option('--agent-option <name=value>', 'an option of the agent (repeatable)', collect)
    .option('--agent-env <name>', 'a variable that the agent may see too (repeatable)', collect)
    .addOption(new Option('--target <target>', 'aws (default; local for the demo agent) or local'))
    .option('--timeout <duration>', 'the build’s time limit (default 4h); a joiner’s own patience')
    .option('--max-attempts <number>', 'how often the agent may try (default 3)')
    .option('--attempt-timeout <duration>', 'one attempt’s time limit (default none)')
    .option('--stall-timeout <duration>', 'how long without a sign of life (default 15m)')
    .option('--retry-delay <duration>', 'pause before the second attempt; it doubles (default 5s)')
    .option('--wait-for-limit <duration>', 'how long a usage limit is waited for (default 6h)')
    .option('--budget-usd <dollars>', 'what the agent may spend, by its own accounting')
    .option('--on-question <way>', 'wait (default), fail, approve, reject or default')
    .option('--approval-timeout <duration>', 'then the safe answer is given (default 24h)')
    .option('--no-verify', 'believe the address that the agent claims')
    .option(
      '--verify-timeout <duration>',
      'how long the address may take (default 35m aws, 30s local)',
    )
    .option(
      '--connect-to <host:port:address:port>',
      'as in curl, for verification (repeatable)',
      collect,
    )
    .option('--domain <host>', 'a further host that the address may have (repeatable)', collect)
    .option('--templates <folder>', 'a templates folder of your own')
    .option('--aws-profile <name>', 'for the agent (default sunware)')
    .option('--aws-account <id>', 'an account that may be used (repeatable; default any)', collect)
    .option(
      '--aws-agent-role <arn>',
      'the role that the agent works with, and no more (default none)',
    )
    .option('--require-proof <proof>', 'live (default), resource or marker, on aws')
    .option('--region <name>', 'AWS region (default us-east-1)')
    .option('--max-cost-threshold <dollars>', 'monthly cost that needs an approval (default 100)')
    .option('--clarification-strategy <strategy>', 'autonomous (default) or ask')
    .option('--rebuild', 'build again what is deployed already')
    .option('--detach', 'return when the build is handed over; prints the GUID')
    .option('--json', 'events and the result as one object a line')
}
