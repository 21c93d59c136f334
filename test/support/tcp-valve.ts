import { Transform, type TransformCallback } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NetworkFault } from './network-fault.ts'

/** One direction of a connection: lets bytes through, or late, or not at all, but never out of order. */
export class TcpValve extends Transform {
  #fault: NetworkFault | undefined
  #release: (() => void) | undefined
  #left = 0
  #late: Promise<void> | undefined
  readonly #onCut: () => void

  /** @param onCut Called when as many bytes have passed as a `cut` allows. */
  constructor(onCut: () => void) {
    super()
    this.#onCut = onCut
  }

  set(fault: NetworkFault | undefined): void {
    this.#fault = fault
    if (fault?.kind === 'cut') this.#left = fault.bytes
    if (fault?.kind === 'stall') return
    this.#release?.()
    this.#release = undefined
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const fault = this.#fault
    if (fault?.kind === 'stall') {
      this.#release = () => this._transform(chunk, _encoding, done)
    } else if (fault?.kind === 'cut') {
      const left = this.#left
      this.#left -= chunk.length
      if (left > 0 && this.#left <= 0) this.#onCut()
      done(null, chunk.subarray(0, Math.max(0, left)))
    } else if (fault?.kind === 'delay' || this.#late !== undefined) {
      this.#pushLate(chunk, fault?.kind === 'delay' ? fault.ms : 0)
      done()
    } else {
      done(null, chunk)
    }
  }

  /** The end comes behind the last byte. */
  override _flush(done: TransformCallback): void {
    if (this.#fault?.kind === 'stall') this.#release = () => this._flush(done)
    else void (this.#late ?? Promise.resolve()).then(() => done())
  }

  #pushLate(chunk: Buffer, ms: number): void {
    const due = sleep(ms)
    const late = (this.#late ?? Promise.resolve()).then(async () => {
      await due
      if (!this.destroyed) this.push(chunk)
      if (this.#late === late) this.#late = undefined
    })
    this.#late = late
  }
}
