import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, type Tags } from 'yaml'
import { packageRoot } from '../../../src/world/package-root.ts'
import { runEdgeFunction } from '../../support/aws-edge.ts'
import { runCfnLint } from '../../support/moto.ts'

const file = join(packageRoot, 'templates', 'aws', 'site.yaml')
const text = readFileSync(file, 'utf8')

/** `!Ref x` and the others become `{ Ref: x }`. */
const tags: Tags = ['Ref', 'Sub', 'GetAtt', 'Select', 'Split'].flatMap((name) => {
  const resolve = (value: unknown) => ({ [name]: value }) as never
  return [
    { tag: `!${name}`, resolve },
    { tag: `!${name}`, collection: 'seq' as const, resolve },
  ]
})
const template = parse(text, { customTags: tags })

/** What the function at the edge makes of a path. */
function route(path: string, mode: string, release = 'r1') {
  const code = template.Resources.Router.Properties.FunctionCode.Sub.replaceAll(
    '${Release}',
    release,
  ).replaceAll('${Mode}', mode)
  return runEdgeFunction(code, path)
}

describe('the site’s template', () => {
  it.skipIf(!runCfnLint)('is clean for cfn-lint', () => {
    expect(runCfnLint?.(file)).toBe('')
  })

  it('keeps the bucket private, encrypted and behind TLS, and names nothing', () => {
    const { Bucket, BucketPolicy } = template.Resources
    expect(Object.values(Bucket.Properties.PublicAccessBlockConfiguration)).toEqual(
      Array(4).fill(true),
    )
    expect(Bucket.Properties.BucketName).toBeUndefined()
    expect(Bucket.DeletionPolicy).toBe('RetainExceptOnCreate')
    expect(Bucket.Properties.OwnershipControls.Rules).toEqual([
      { ObjectOwnership: 'BucketOwnerEnforced' },
    ])
    const statements = BucketPolicy.Properties.PolicyDocument.Statement
    expect(statements[0]).toMatchObject({ Effect: 'Deny', Principal: '*' })
    for (const statement of statements.slice(1))
      expect(statement).toMatchObject({
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceArn': expect.anything() } },
      })
  })

  it.each([
    ['/', '/r1/index.html', '/r1/index.html'],
    ['/todos/7/', '/r1/index.html', '/r1/todos/7/index.html'],
    ['/about/', '/r1/index.html', '/r1/about/index.html'],
    ['/app.js', '/r1/app.js', '/r1/app.js'],
    ['/a+b/c+d.png', ...Array(2).fill('/r1/a%2Bb/c%2Bd.png')],
    ['/v1.2/page/', '/r1/index.html', '/r1/v1.2/page/index.html'],
    ['/.well-known/tmux-builder.json', ...Array(2).fill('/r1/.well-known/tmux-builder.json')],
  ])('routes %s inside the live release', (path, spa, mpa) => {
    expect(route(path, 'spa').uri).toBe(spa)
    expect(route(path, 'mpa').uri).toBe(mpa)
  })

  it.each([
    ['/about', '/about/'],
    ['/v1.2/page', '/v1.2/page/'],
    ['/about?a=1&b=x%20y&flag', '/about/?a=1&b=x%20y&flag'],
    ['/about?a=1&a=2', '/about/?a=1&a=2'],
    ['//elsewhere.example/x', '/elsewhere.example/x/'],
    ['/\\elsewhere', '/elsewhere/'],
  ])('leads %s to its folder, in mpa alone', (path, location) => {
    expect(route(path, 'mpa')).toEqual({
      statusCode: 301,
      statusDescription: 'Moved Permanently',
      headers: { location: { value: location } },
    })
    expect(route(path, 'spa').uri).toBe('/r1/index.html')
  })

  it('leaves the query alone where it answers', () => {
    expect(route('/about/?a=1', 'mpa')).toMatchObject({
      uri: '/r1/about/index.html',
      querystring: { a: { value: '1' } },
    })
  })

  it('is small enough for the function’s limit and for a request', () => {
    expect(template.Resources.Router.Properties.FunctionCode.Sub.length).toBeLessThan(10_000)
    expect(text.length).toBeLessThan(51_200)
  })
})
