import type { Context } from 'hono'
import type * as z from 'zod/mini'
import { type InputError, invalidRequest, Problem } from './problem.ts'
import { jsonPointer } from './problem-of.ts'

/**
 * The parameters of a URL. One that the schema does not know is refused, as is one that is given more than once, unless it
 * is named in `repeatable`: those are read as lists.
 * @throws Problem `invalid-request` that names each wrong parameter.
 */
export function readQuery<Schema extends z.ZodMiniType>(
  c: Context,
  schema: Schema,
  repeatable: readonly string[] = [],
): z.output<Schema> {
  const { searchParams } = new URL(c.req.url)
  const names = [...new Set(searchParams.keys())]
  const given = names.map((name) => {
    const values = searchParams.getAll(name)
    return [name, repeatable.includes(name) || values.length > 1 ? values : values[0]] as const
  })
  const read = schema.safeParse(Object.fromEntries(given))
  if (read.success) return read.data
  throw invalidRequest(read.error.issues.flatMap(parameterErrors))
}

/**
 * A JSON body.
 * @throws Problem `unsupported-media-type` unless it says that it is JSON; `invalid-request` that points at what is wrong.
 */
export async function readJson<Schema extends z.ZodMiniType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('Content-Type') ?? '')) {
    throw new Problem('unsupported-media-type', { detail: 'send the body as application/json' })
  }
  const read = schema.safeParse(parse(await c.req.text()))
  if (read.success) return read.data
  throw invalidRequest(read.error.issues.flatMap(pointerErrors))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidRequest([{ pointer: '', detail: 'is not JSON' }])
  }
}

type Issue = z.core.$ZodIssue

function parameterErrors(issue: Issue): readonly InputError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((parameter) => ({ parameter, detail: 'is not a parameter of this resource' }))
  }
  return [{ parameter: String(issue.path[0]), detail: issue.message }]
}

function pointerErrors(issue: Issue): readonly InputError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: jsonPointer([...issue.path, key]), detail: 'is not a known field' }))
  }
  return [{ pointer: jsonPointer(issue.path), detail: issue.message }]
}
