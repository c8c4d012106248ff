import { expect, it } from 'vitest'
import { describeCatalogue } from './describe-catalogue.ts'

it('the page about the providers is what the catalogue says (vitest -u writes it anew)', async () => {
  await expect(describeCatalogue()).toMatchFileSnapshot('../../docs/providers.md')
})
