/** Tells which methods a path knows, so that a wrong method is told apart from a wrong address. */
export function createMethodFinder(known: readonly { method: string; path: string }[]): (path: string) => string[] {
  const patterns = known.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replaceAll(/:[a-zA-Z]+/g, '[^/]+').replaceAll('.', '\\.')}/?$`),
  }))
  return (path) => [...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))]
}
