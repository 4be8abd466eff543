import { GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import type { Account } from './account.ts'
import { isNamed } from './errors.ts'

export interface Tagged {
  readonly arn: string
  readonly guid: string
}

const tagName = 'tmux-builder:guid'

/** Everything in the account's region, and of CloudFront, that carries a GUID, or this one. */
export async function listTagged(account: Account, guid: string | undefined): Promise<Tagged[]> {
  const found = new Map<string, Tagged>()
  for (const client of [account.tags, account.globalTags])
    for (let token: string | undefined; ; ) {
      const page = await client.send(
        new GetResourcesCommand({
          TagFilters: [{ Key: tagName, ...(guid === undefined ? {} : { Values: [guid] }) }],
          ...(token ? { PaginationToken: token } : {}),
        }),
      )
      for (const { ResourceARN: arn = '', Tags = [] } of page.ResourceTagMappingList ?? [])
        found.set(arn, { arn, guid: Tags.find(({ Key }) => Key === tagName)?.Value ?? '' })
      token = page.PaginationToken
      if (!token) break
    }
  return [...found.values()]
}

export const distributionIdOf = (arn: string): string | undefined =>
  /:cloudfront:.*:distribution\/(\w+)$/.exec(arn)?.[1]

export const bucketNameOf = (arn: string): string | undefined => /:s3:::([^/]+)$/.exec(arn)?.[1]

/** Does that distribution answer at the host? */
export async function hasHost(account: Account, id: string, host: string): Promise<boolean> {
  try {
    const { Distribution } = await account.cloudFront.send(new GetDistributionCommand({ Id: id }))
    const aliases = Distribution?.DistributionConfig?.Aliases?.Items ?? []
    return Distribution?.DomainName === host || aliases.includes(host)
  } catch (error) {
    if (isNamed(error, 'NoSuchDistribution')) return false
    throw error
  }
}
