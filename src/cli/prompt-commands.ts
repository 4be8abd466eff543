import type { Command } from 'commander'
import { collect, type Declare, type Flags } from './declare.ts'
import { exitCodes } from './exit-codes.ts'

/** `prompts list | show | render`. */
export const declarePromptCommands: Declare = (program, context, act) => {
  const prompts = program.command('prompts').description('look at the prompts that agents get')
  const withTemplates = (command: Command) =>
    command
      .option('--templates <folder>', 'a templates folder of your own')
      .option('--json', 'machine-readable')
  withTemplates(prompts.command('list').description('tell all types')).action(
    act(async (flags: Flags) => {
      const { promptsList } = await import('../app/prompts.ts')
      const { printDone } = await import('./result.ts')
      const types = await promptsList(context, flags)
      const lines = types.map((one) => `${one.type.padEnd(18)}${one.description}`)
      printDone(context, flags.json === true, { prompts: types }, lines.join('\n'))
      return exitCodes.ok
    }),
  )
  withTemplates(
    prompts.command('show').argument('<type>').description('print a type’s template'),
  ).action(
    act(async (type: string, flags: Flags) => {
      const { promptsShow } = await import('../app/prompts.ts')
      const { printDone } = await import('./result.ts')
      const shown = await promptsShow(context, type, flags)
      printDone(context, flags.json === true, shown, shown.template)
      return exitCodes.ok
    }),
  )
  withTemplates(
    prompts
      .command('render')
      .argument('<type>')
      .description('print a prompt as an agent would get it')
      .option('--set <name=value>', 'a variable (repeatable)', collect),
  ).action(
    act(async (type: string, flags: Flags) => {
      const { promptsRender } = await import('../app/prompts.ts')
      const { printDone } = await import('./result.ts')
      const prompt = await promptsRender(context, type, flags)
      printDone(context, flags.json === true, { type, prompt }, prompt)
      return exitCodes.ok
    }),
  )
}
