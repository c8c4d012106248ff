import { expect, it } from 'vitest'
import { withArticle } from './with-article.ts'

it('goes by how a name is spoken', () => {
  expect(['OpenAI', 'xAI', 'Groq', 'Xinference', 'AssemblyAI'].map(withArticle)).toEqual([
    'an OpenAI',
    'an xAI',
    'a Groq',
    'a Xinference',
    'an AssemblyAI',
  ])
})
