/** Stands between an SDK and Ownkey and notes the heads of the answers, for SDKs that show none of them. */
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AnswerHead {
  path: string
  status: number
  header(name: string): string | undefined
}

export interface AnswerRecorder {
  url: string
  /** Oldest first. */
  heads: AnswerHead[]
  close(): Promise<void>
}

/** @param target where requests go, byte for byte */
export async function recordAnswers(target: string): Promise<AnswerRecorder> {
  const { hostname, port } = new URL(target)
  const heads: AnswerHead[] = []
  const server = createServer((incoming, response) => {
    const { method, url: path = '/', rawHeaders } = incoming
    const outgoing = request({ hostname, port, method, path, headers: rawHeaders as never, agent: false }, (answer) => {
      const { headers } = answer
      heads.push({
        path,
        status: answer.statusCode ?? 0,
        header: (name) => headers[name]?.toString(),
      })
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders as never)
      answer.on('error', () => response.destroy())
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    incoming.pipe(outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
