/**
 * A scripted Anthropic Messages API on loopback, for tests with the real Claude Code (measured at 2.1.330):
 * the program calls `HEAD /`, then `POST /v1/messages?beta=true` with `stream: true`. Its main conversation carries
 * `tools` and the header `x-claude-code-session-id`; side requests (a title, a summary) carry no tools.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ToolName = 'Bash' | 'Write' | 'Edit' | 'Read'
export type ReplyBlock =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_use'
      readonly name: ToolName | (string & {})
      readonly input: Readonly<Record<string, unknown>>
      /** Made up when absent. */
      readonly id?: string
    }
/** Blocks end the turn unless one of them is a tool call; `hang` never answers. */
export type Reply =
  | readonly ReplyBlock[]
  | {
      readonly status: number
      readonly body: unknown
      readonly headers?: Readonly<Record<string, string>>
    }
  | 'hang'

export interface ToolResult {
  readonly id: string
  readonly text: string
  readonly isError: boolean
}

export interface Turn {
  /** The `--session-id` that the program was started with. */
  readonly conversation: string
  /** Counts the requests of this conversation, from 0. */
  readonly requestIndex: number
  /** What the user said last, without the program's own reminders. */
  readonly lastUserText: string
  /** Every text of the user in this request's history, oldest first. */
  readonly userTexts: readonly string[]
  /** Every tool result in this request's history, oldest first. */
  readonly toolResults: readonly ToolResult[]
  readonly messages: readonly Message[]
  readonly system: string
}

export type Script = (turn: Turn) => Reply | Promise<Reply>

export interface Message {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: string | readonly Block[]
}
export interface Block {
  readonly type: string
  readonly text?: string
  readonly id?: string
  readonly name?: string
  readonly input?: Record<string, unknown>
  readonly tool_use_id?: string
  readonly is_error?: boolean
  readonly content?: string | readonly Block[]
}

export interface MessagesApi {
  readonly url: string
  /** The main conversation's requests, in the order in which they came. */
  readonly requests: readonly Turn[]
  /** Requests without tools, as they came. */
  readonly sideRequests: readonly unknown[]
  /** What the user said in a conversation according to its latest request; of all conversations when none is named. */
  userTexts(conversation?: string): readonly string[]
  close(): Promise<void>
}

export const say = (text: string): Reply => [{ type: 'text', text }]
export const call = (name: ToolName, input: Record<string, unknown>, id?: string): Reply => [
  { type: 'tool_use', name, input, ...(id === undefined ? {} : { id }) },
]
export const bash = (command: string, id?: string): Reply => call('Bash', { command }, id)
/** An error as the real API words it. */
export const apiError = (
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({ status, headers, body: { type: 'error', error: { type, message } } })

export async function startMessagesApi(script: Script): Promise<MessagesApi> {
  const requests: Turn[] = []
  const sideRequests: unknown[] = []
  const counts = new Map<string, number>()

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'POST' || !request.url?.startsWith('/v1/messages')) {
      response.writeHead(request.method === 'HEAD' ? 200 : 404).end()
      return
    }
    const body = JSON.parse(await readAll(request))
    if (request.url.includes('/count_tokens')) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ input_tokens: 1000 }))
      return
    }
    if (!body.tools?.length) {
      sideRequests.push(body)
      await send(response, say('Build'), body)
      return
    }
    const conversation = String(request.headers['x-claude-code-session-id'] ?? '')
    const requestIndex = counts.get(conversation) ?? 0
    counts.set(conversation, requestIndex + 1)
    const turn = readTurn(conversation, requestIndex, body)
    requests.push(turn)
    await send(response, await script(turn), body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      console.error('messages-api: the script failed:', error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sideRequests,
    userTexts: (conversation) => {
      const latest = new Map(requests.map((turn) => [turn.conversation, turn]))
      return [...latest.values()]
        .filter((turn) => conversation === undefined || turn.conversation === conversation)
        .flatMap((turn) => turn.userTexts)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function readTurn(
  conversation: string,
  requestIndex: number,
  body: { messages: Message[]; system?: string | Block[] },
): Turn {
  const userBlocks = body.messages
    .filter((message) => message.role === 'user')
    .flatMap((message) => blocksOf(message.content))
  const userTexts = userBlocks
    .filter((block) => block.type === 'text')
    .map((block) => block.text ?? '')
    .filter((text) => !text.startsWith('<system-reminder>'))
  const toolResults = userBlocks
    .filter((block) => block.type === 'tool_result')
    .map((block) => ({
      id: block.tool_use_id ?? '',
      text: textOf(block.content ?? ''),
      isError: block.is_error === true,
    }))
  return {
    conversation,
    requestIndex,
    lastUserText: userTexts.at(-1) ?? '',
    userTexts,
    toolResults,
    messages: body.messages,
    system: textOf(body.system ?? ''),
  }
}

export const blocksOf = (content: string | readonly Block[]): readonly Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

const textOf = (content: string | readonly Block[]): string =>
  blocksOf(content)
    .map((block) => block.text ?? '')
    .join('\n')

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 20)}`

async function send(
  response: ServerResponse,
  reply: Reply,
  body: { model?: string; stream?: boolean },
): Promise<void> {
  if (reply === 'hang') return
  if ('status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
    response.end(JSON.stringify(reply.body))
    return
  }
  const content = reply.map((block) =>
    block.type === 'text' ? block : { ...block, id: block.id ?? newId('toolu') },
  )
  const stop_reason = content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn'
  const usage = { input_tokens: 1000, output_tokens: 50 }
  const message = {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model: body.model ?? 'claude',
    stop_sequence: null,
  }
  if (body.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...message, content, stop_reason, usage }))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const event = (type: string, fields: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
  event('message_start', { message: { ...message, content: [], stop_reason: null, usage } })
  for (const [index, block] of content.entries()) {
    const isText = block.type === 'text'
    event('content_block_start', {
      index,
      content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} },
    })
    event('content_block_delta', {
      index,
      delta: isText
        ? { type: 'text_delta', text: block.text }
        : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
    })
    event('content_block_stop', { index })
  }
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage })
  event('message_stop', {})
  response.end()
}
