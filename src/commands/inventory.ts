import type { Context } from '../context.ts'
import type { InventoryFlags, Item } from '../deploy/aws/inventory.ts'
import { openHome } from './open.ts'
import { resolveGuid } from './resolve-guid.ts'

/** What exists in AWS of one session or of all, with what it costs roughly a month. */
export async function inventory(
  context: Context,
  guidOrPrefix: string | undefined,
  flags: InventoryFlags,
): Promise<{ readonly resources: readonly Item[]; readonly monthly_dollars: number }> {
  const { store } = openHome(context, { create: false })
  const guid = guidOrPrefix === undefined ? undefined : resolveGuid(context, guidOrPrefix)
  const { readInventory } = await import('../deploy/aws/inventory.ts')
  const resources = await readInventory(context, store, guid, flags)
  const dollars = resources.reduce((sum, one) => sum + one.monthly_dollars, 0)
  return { resources, monthly_dollars: Math.round(dollars * 100) / 100 }
}
