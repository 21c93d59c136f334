/** Why `npm start` cannot go on, as one sentence for the person who ran it. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
