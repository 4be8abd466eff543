import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { type Account, globalRegion } from './account.ts'

export interface Tagged {
  readonly arn: string
  readonly guid: string
}

const tagName = 'tmux-builder:guid'

/** Everything in the account's region, and of CloudFront, that carries a GUID, or this one. What is new may be missing for minutes. */
export async function listTagged(account: Account, guid: string | undefined): Promise<Tagged[]> {
  const found = new Map<string, Tagged>()
  const clients =
    account.region === globalRegion ? [account.tags] : [account.tags, account.globalTags]
  for (const client of clients)
    for (let token: string | undefined; ; ) {
      const page = await client.send(
        new GetResourcesCommand({
          TagFilters: [{ Key: tagName, ...(guid === undefined ? {} : { Values: [guid] }) }],
          ...(token ? { PaginationToken: token } : {}),
        }),
      )
      // There, what belongs to that region is another place's.
      for (const { ResourceARN: arn = '', Tags = [] } of page.ResourceTagMappingList ?? [])
        if (client === account.tags || arn.includes(':cloudfront:'))
          found.set(arn, { arn, guid: Tags.find(({ Key }) => Key === tagName)?.Value ?? '' })
      token = page.PaginationToken
      if (!token) break
    }
  return [...found.values()]
}
