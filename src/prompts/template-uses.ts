/// <reference types="handlebars" />

/** One variable, helper or partial that a template uses. */
export type Use =
  | { readonly kind: 'variable'; readonly name: string; readonly line: number }
  | { readonly kind: 'helper'; readonly name: string; readonly line: number }
  | {
      readonly kind: 'partial'
      readonly name: string
      /** The extra variables that the partial gets, beside those of its template. */
      readonly given: readonly string[]
      readonly line: number
    }
  | { readonly kind: 'unsupported'; readonly what: string; readonly line: number }

type Node = hbs.AST.Node
type Call = Pick<hbs.AST.MustacheStatement, 'path' | 'params' | 'hash' | 'loc'>

/**
 * Lists what a parsed template uses, in the order of its text. All variables are plain text, so `each`, `with`,
 * `@data` and `a.b` cannot work: they are reported as problems, because they would render as an empty text.
 */
export function templateUses(program: hbs.AST.Program | undefined): Use[] {
  return (program?.body ?? []).flatMap(statementUses)
}

/** Lists the names of the partials that a template includes directly. */
export function partialNames(program: hbs.AST.Program): string[] {
  return templateUses(program).flatMap((use) => (use.kind === 'partial' ? [use.name] : []))
}

function statementUses(node: hbs.AST.Statement): Use[] {
  switch (node.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return []
    case 'MustacheStatement':
      return callUses(node as hbs.AST.MustacheStatement)
    case 'BlockStatement': {
      const block = node as hbs.AST.BlockStatement
      return [
        ...callUses(block, true),
        ...templateUses(block.program),
        ...templateUses(block.inverse),
      ]
    }
    case 'PartialStatement':
      return partialUses(node as hbs.AST.PartialStatement)
    default:
      return [unsupported(node, node.type)]
  }
}

/** `{{name}}` is a variable; `{{name …}}`, `(name …)` and `{{#name …}}` are helpers. */
function callUses(call: Call, isBlock = false): Use[] {
  const pairs = call.hash?.pairs ?? []
  if (!isBlock && call.params.length === 0 && pairs.length === 0)
    return [variable(call.path as hbs.AST.PathExpression)]
  const name = (call.path as hbs.AST.PathExpression).original
  return [
    { kind: 'helper', name: String(name), line: call.loc.start.line },
    ...call.params.flatMap(valueUses),
    ...pairs.flatMap((pair) => valueUses(pair.value)),
  ]
}

function valueUses(node: hbs.AST.Expression): Use[] {
  if (node.type === 'SubExpression') return callUses(node as hbs.AST.SubExpression, true)
  if (node.type !== 'PathExpression') return []
  return [variable(node as hbs.AST.PathExpression)]
}

/** Takes the path as it is written, because only a bare name can be known. (`{{"name"}}` is a lookup too.) */
const variable = (path: hbs.AST.PathExpression): Use => ({
  kind: 'variable',
  name: String(path.original),
  line: path.loc.start.line,
})

function partialUses(node: hbs.AST.PartialStatement): Use[] {
  if (node.name.type === 'SubExpression')
    return [unsupported(node, 'a partial with a computed name')]
  if (node.params.length > 0) return [unsupported(node, 'a partial with a context of its own')]
  const name = String((node.name as hbs.AST.PathExpression).original)
  const pairs = node.hash?.pairs ?? []
  return [
    { kind: 'partial', name, given: pairs.map((pair) => pair.key), line: node.loc.start.line },
    ...pairs.flatMap((pair) => valueUses(pair.value)),
  ]
}

const unsupported = (node: Node, what: string): Use => ({
  kind: 'unsupported',
  what,
  line: node.loc.start.line,
})
