/** The yardstick: `node:http` in front, undici `dispatch` behind, headers handed over as they are, and nothing else. */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2], { connections: 256 })
const hop = new Set(['host', 'connection', 'transfer-encoding', 'content-length', 'keep-alive'])

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const headers = []
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    if (!hop.has(req.rawHeaders[i].toLowerCase())) headers.push(req.rawHeaders[i], req.rawHeaders[i + 1])
  }
  let abort
  res.on('close', () => {
    if (!res.writableFinished) abort?.()
  })
  pool.dispatch(
    { path: req.url, method: req.method, headers, body: req },
    {
      onConnect: (stop) => {
        abort = stop
      },
      onHeaders: (status, raw, resume) => {
        const out = []
        for (let i = 0; i < raw.length; i += 2) {
          const name = raw[i].toString('latin1')
          if (!hop.has(name.toLowerCase()) || name.toLowerCase() === 'content-length')
            out.push(name, raw[i + 1].toString('latin1'))
        }
        res.writeHead(status, out)
        res.on('drain', resume)
        return true
      },
      onData: (chunk) => res.write(chunk),
      onComplete: () => res.end(),
      onError: () => res.destroy(),
    },
  )
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))
process.on('disconnect', () => process.exit())
